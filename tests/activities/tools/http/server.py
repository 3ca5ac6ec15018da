"""A web server on a free port of this machine that answers as its test says."""

import json
import threading
import time
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from activities.addresses import parse_openings
from activities.http_client import HttpClient
from activities.tools.http import HttpTool
from models.graph.http import HttpConfig
from tests.activities.conftest import Attempt

JSON = {"Content-Type": "application/json"}


class Asked(NamedTuple):
    """A request as it came; names of headers in lower case, repeated ones joined."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))


Answer = tuple[int, dict[str, str], bytes]
# What writes to the connection itself, after the headers or in their place.
Write = Callable[[BinaryIO], None]


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; `Retry_After` becomes `Retry-After`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, JSON | named, json.dumps(value).encode()


class Server:
    """Answers by path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.writes: dict[str, Write] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                asked = Asked(self.command, self.path, _plain(self.headers), self._body())
                server.requests.append(asked)
                path = self.path.partition("?")[0]
                if path in server.writes:
                    self.close_connection = True
                    server.writes[path](self.wfile)
                    return
                found = server.answers.get(path, (200, {}, b""))
                status, more, content = found(asked) if callable(found) else found
                if path == "/slow":
                    time.sleep(3)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def log_message(self, *_: object) -> None: ...

        class Http(ThreadingHTTPServer):
            daemon_threads = True

            # Clients that give up are what some tests are about.
            def handle_error(self, *_: object) -> None: ...

        self.http = Http(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.authority = f"127.0.0.1:{self.http.server_port}"
        self.url = f"http://{self.authority}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def _plain(headers: Message) -> dict[str, str]:
    return {name.lower(): ", ".join(headers.get_all(name, [])) for name in headers}


def client_for(*opened: Server) -> HttpClient:
    """A client that may reach these servers, and nothing else on this machine."""
    return HttpClient(parse_openings(",".join(server.authority for server in opened)))


async def call(attempt: Attempt, *opened: Server, **config: Any) -> Any:
    """The output of one attempt of the tool."""
    client = client_for(*opened)
    try:
        return await run(HttpTool(client), attempt, **config)
    finally:
        await client.close()


async def run(tool: HttpTool, attempt: Attempt, **config: Any) -> Any:
    """The output of one attempt of a tool that others may use as well."""
    context = attempt.context
    try:
        return await tool(HttpConfig.model_validate(config), {}, context)
    finally:
        context.scratch.remove()
