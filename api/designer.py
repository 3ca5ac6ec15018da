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

from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

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
    """ASGI app for every path that no route of the API knows."""

    def __init__(self, folder: Path, otherwise: ASGIApp) -> None:
        """`folder` is where the export is, or will be; `otherwise` turns away what is no page."""
        self._folder = folder
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = self._response(scope) if scope["type"] == "http" else None
        await (response or self._otherwise)(scope, receive, send)

    def _response(self, scope: Scope) -> Response | None:
        path = scope["path"].strip("/")
        reading = scope["method"] in ("GET", "HEAD")
        if not reading or path.partition("/")[0] == "api" or path == "404":
            return None
        if not self._folder.is_dir():
            return None if path else RedirectResponse("/docs")
        # A page is only served by its own name, and so never without its policy.
        file = None if path.endswith(".html") else self._file(path)
        if file is not None:
            immutable = path.startswith("_next/static/")
            return FileResponse(file, headers=_FOREVER if immutable else _ASK_AGAIN)
        return self._page(f"{path or 'index'}.html", 200) or self._page("404.html", 404)

    def _page(self, name: str, status: int) -> Response | None:
        file = self._file(name)
        try:
            document = _read(file, file.stat().st_mtime_ns) if file else None
        except OSError:  # a build is just replacing it
            return None
        return _page(document, status) if document else None

    def _file(self, path: str) -> Path | None:
        """A file of the export; None when there is none, or it lies elsewhere, or is hidden."""
        if "\x00" in path or any(part.startswith(".") for part in path.split("/")):
            return None
        try:
            file = (self._folder / path).resolve()
            inside = file.is_relative_to(self._folder.resolve())
            return file if inside and file.is_file() else None
        except (OSError, RuntimeError):  # too long a name; a link to itself
            return None


def _page(document: Document, status: int) -> Response:
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
        "media-src": "blob:",
        "font-src": "'self'",
        # Chromium 150 counts a picture that the page made itself as a connection.
        "connect-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
