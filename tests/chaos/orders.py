"""A service that agents call: it keeps every order once, whatever is sent again."""

import hashlib
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """One request that arrived at Unix time `at`; `seen` is what its sender knew by then."""

    at: float
    key: str
    number: int
    seen: str


class Orders:
    """Answers `POST {number, seen}` with a receipt after `wait` seconds; a context manager."""

    def __init__(self, characters: int, wait: float) -> None:
        """`characters` is the length of each receipt."""
        self.characters = characters
        self.wait = wait
        self.arrived: list[Order] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> "Orders":
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

    def receipt(self, number: int) -> dict[str, Any]:
        """What an order is answered; no two numbers have the same."""
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        text = (digest * (self.characters // len(digest) + 1))[: self.characters]
        return {"number": number, "text": text}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        orders = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers["Idempotency-Key"]
                orders.arrived.append(Order(time.time(), key, given["number"], given["seen"]))
                time.sleep(orders.wait)
                body = json.dumps(orders.receipt(given["number"])).encode()
                self.send_response_only(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Orders are the only record."""

        return Handler
