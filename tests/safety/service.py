"""The server that an agent's tools call, full of hostile pages, and one that nobody may call."""

import base64
import html
import json
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit


class Decoy:
    """Counts whoever connects, whatever they say; a context manager."""

    def __init__(self) -> None:
        """Listens on a port of its own, on every address of this machine."""
        self.visits = 0
        self._socket = socket.create_server(("", 0))
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        """Watch until the block ends."""
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port."""
        self._socket.close()

    def _watch(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


class Service:
    """Gives `pages` out in many forms, and keeps what it is sent; a context manager.

    Attributes:
        pages: Texts by number.
        requests: (path, body) of each request, in order.
    """

    def __init__(self) -> None:
        self.pages: Mapping[str, str] = {}
        self.requests: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        """Serve until the block ends."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def authority(self) -> str:
        """`host:port`, as an allow-list names it."""
        return f"127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, authorization: str) -> tuple[int, str, dict[str, str], bytes]:
        """Status, reason, headers and body."""
        url = urlsplit(path)
        _, kind, *rest = url.path.split("/")
        page = self.pages.get(rest[0], "") if rest else ""
        if kind == "redirect":
            return 302, "Found", {"Location": parse_qs(url.query)["to"][0]}, b""
        if kind == "error":
            return 404, page, {}, b""
        if kind == "header":
            return 200, "OK", {"X-Note": page}, b"fine"
        found: Any = page
        if kind == "field":
            found = {"items": [{"comments": [{"by": "a", "text": page}]}]}
        if kind.startswith("echo_"):
            found = {"seen": _echo(authorization, kind.removeprefix("echo_")), "note": page}
        if kind == "send":
            found = {"stored": True}
        if isinstance(found, str):
            kinds = {"csv": "text/csv", "status": "text/plain"}
            status = 418 if kind == "status" else 200
            head = {"Content-Type": f"{kinds.get(kind, 'text/html')}; charset=utf-8"}
            return status, "OK", head, found.encode(errors="replace")
        return 200, "OK", {"Content-Type": "application/json"}, json.dumps(found).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                service.requests.append((self.path, self.rfile.read(length).decode()))
                given = self.headers.get("Authorization", "")
                status, reason, headers, body = service.answer(self.path, given)
                self.send_response_only(status, reason)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Requests are the only record."""

        return Handler


def _echo(text: str, form: str) -> Any:
    """A text as servers like to repeat it."""
    raw = text.encode()
    forms: dict[str, Any] = {
        "plain": text,
        "json": json.dumps({"headers": {"authorization": text}}),
        "base64": base64.b64encode(raw).decode(),
        "base64url": base64.urlsafe_b64encode(b"x" + raw).decode(),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "percent": quote(text, safe=""),
        "html": html.escape(text),
        "key": {text: True},
        "lines": f"Authorization:\n  {text}\n",
    }
    return forms[form]
