"""A server that gives back what it is sent, in the ways in which servers commonly do."""

import base64
import html
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote_plus, urlsplit


class Echo(BaseHTTPRequestHandler):
    """Paths: `/json`, `/text`, `/html`, `/bytes`, `/redirect`, `/status/<n>`, `/flaky/<id>`."""

    seen: Counter[str] = Counter()

    def do_GET(self) -> None:
        """Whatever was asked."""
        size = int(self.headers.get("Content-Length") or 0)
        url = urlsplit(self.path)
        given = {
            "path": self.path,
            "query": unquote_plus(url.query),
            "headers": dict(self.headers),
            "body": self.rfile.read(size).decode("utf-8", "replace"),
        }
        kind, _, rest = url.path.strip("/").partition("/")
        getattr(self, f"_{kind}", self._json)(given, rest)

    do_POST = do_PUT = do_GET

    def _json(self, given: dict[str, object], _rest: str) -> None:
        told = " ".join([self.path, *map(str, self.headers.values()), str(given["body"])])
        encoded = {
            "given": given,
            "hex": told.encode().hex(),
            "base64": base64.b64encode(told.encode()).decode(),
            "percent": quote(told),
            "again": [json.dumps(given), {told: None}],
        }
        self._send(200, json.dumps(encoded), "application/json")

    def _text(self, given: dict[str, object], _rest: str) -> None:
        self._send(200, str(given), "text/plain; charset=utf-8")

    def _html(self, given: dict[str, object], _rest: str) -> None:
        self._send(200, f"<p>{html.escape(json.dumps(given))}</p>", "text/html")

    def _bytes(self, given: dict[str, object], _rest: str) -> None:
        self._send(200, "\x00" * 5_000 + json.dumps(given), "application/octet-stream")

    def _redirect(self, given: dict[str, object], _rest: str) -> None:
        self.send_response(302)
        self.send_header("Location", f"/json/moved?{urlsplit(self.path).query}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _status(self, given: dict[str, object], rest: str) -> None:
        filler = "." * 1_700  # so that an excerpt ends in the middle
        self._send(int(rest), f"{json.dumps(given)}{filler}{given['query']}", "text/plain")

    def _flaky(self, given: dict[str, object], rest: str) -> None:
        self.seen[rest] += 1
        if self.seen[rest] < 3:
            self._send(503, json.dumps(given), "text/plain", {"Retry-After": "0"})
        else:
            self._json(given, rest)

    def _send(
        self, status: int, body: str, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        data = body.encode()
        self.send_response(status)
        for name in ("Authorization", "X-Token"):
            if name in self.headers:
                self.send_header(f"X-Got-{name}", self.headers[name])
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: its log is not ours."""


@contextmanager
def echo_server() -> Iterator[str]:
    """Its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
