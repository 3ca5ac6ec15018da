"""A service outside the system that remembers every effect, on disk, before it answers."""

import json
import os
import threading
import time
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Effect:
    """One call that arrived; `at` is Unix time in seconds."""

    at: float
    key: str
    node: str
    path: str


class Sink:
    """Answers `POST {node, path, n, wait}` with `{n}` after `wait` seconds; a context manager."""

    def __init__(self, file: Path) -> None:
        """`file` receives one JSON line an effect, synced to disk."""
        self._file = file
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> "Sink":
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

    def effects(self) -> list[Effect]:
        """What reached the disk so far, in order."""
        with self._lock:
            lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [Effect(**json.loads(line)) for line in lines]

    def record(self, effect: Effect) -> None:
        """Append an effect and sync it."""
        with self._lock, self._file.open("a") as file:
            file.write(json.dumps(asdict(effect)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers.get("Idempotency-Key", "")
                sink.record(Effect(time.time(), key, given["node"], given["path"]))
                time.sleep(given["wait"])
                body = json.dumps({"n": given["n"]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Effects are the only record."""

        return Handler
