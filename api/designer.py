"""The web designer: a static export, served under a strict content security policy.

An export holds inline scripts, which the policy admits by their hashes. Styles that a library adds
while the page runs need the nonce of the page's meta element.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from api.errors import NotFound

EXPORT = Path(__file__).resolve().parents[1] / "ui" / "out"
_HEAD = "<head>"
_INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class Document:
    """An exported page, and the hashes of its inline scripts."""

    text: str
    hashes: tuple[str, ...]


class Designer:
    """ASGI app for every path that no route of the API took."""

    def __init__(self, folder: Path = EXPORT) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = self._response(scope)
        await response(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        path = scope["path"].strip("/")
        if not self._folder.is_dir():
            return self._not_built(path)
        file = self._file(path)
        if file is not None:
            immutable = path.startswith("_next/static/")
            return FileResponse(file, headers=_FOREVER if immutable else _ASK_AGAIN)
        page = self._file(f"{path or 'index'}.html")
        if page is not None:
            return _page(page, 200)
        missing = self._file("404.html")
        if missing is None or path.startswith("api/"):
            raise NotFound(f"there is nothing at /{path}")
        return _page(missing, 404)

    def _file(self, path: str) -> Path | None:
        """A file of the export; None when there is none, or it lies elsewhere."""
        if "\x00" in path or path.endswith(".html.html"):
            return None
        file = (self._folder / path).resolve()
        inside = file.is_relative_to(self._folder.resolve())
        try:
            return file if inside and file.is_file() else None
        except OSError:  # a name that is too long
            return None

    @staticmethod
    def _not_built(path: str) -> Response:
        if path:
            raise NotFound(f"there is nothing at /{path}")
        return RedirectResponse("/docs")


def _page(file: Path, status: int) -> Response:
    document = _read(file, file.stat().st_mtime_ns)
    nonce = secrets.token_urlsafe(16)
    headers = {"Content-Security-Policy": _policy(document, nonce), "Cache-Control": "no-store"}
    meta = f'<meta name="csp-nonce" content="{nonce}">'
    return HTMLResponse(document.text.replace(_HEAD, _HEAD + meta, 1), status, headers)


@lru_cache(maxsize=100)
def _read(file: Path, _changed: int) -> Document:
    text = file.read_text("utf-8")
    hashes = [
        _hash(found["code"])
        for found in _INLINE.finditer(text)
        if "src=" not in unescape(found["attributes"])
    ]
    return Document(text, tuple(dict.fromkeys(hashes)))


def _hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _policy(document: Document, nonce: str) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *document.hashes]),
        # Attributes position what the canvas draws; a style sheet needs the nonce.
        "style-src": f"'self' 'nonce-{nonce}'",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
