"""A server that counts who uses it at the same time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Workshop:
    """`/<who>?seconds=…&status=…` takes that long; `closed` lets everybody go."""

    def __init__(self) -> None:
        self.url = ""
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()
        self._free: dict[str, threading.Event] = {}

    def let_go(self, who: str) -> None:
        """End what `who` does at the moment, and may do later."""
        self._event(who).set()

    def work(self, who: str, seconds: float) -> None:
        """One visit."""
        with self._lock:
            self.begun.append(who)
            self.running += 1
            self.most = max(self.most, self.running)
        self._event(who).wait(seconds)
        with self._lock:
            self.running -= 1
            self.ended.append(who)

    def _event(self, who: str) -> threading.Event:
        with self._lock:
            return self._free.setdefault(who, threading.Event())

    def close(self) -> None:
        """Let everybody go."""
        for event in list(self._free.values()):
            event.set()


@contextmanager
def open_workshop() -> Iterator[Workshop]:
    """A workshop that listens."""
    workshop = Workshop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            workshop.work(url.path.strip("/"), float(asked.get("seconds", 0)))
            body = str(time.time()).encode()
            try:
                self.send_response(int(asked.get("status", 200)))
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked is gone
                return

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    workshop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield workshop
    finally:
        workshop.close()
        server.shutdown()
        thread.join()
        server.server_close()
