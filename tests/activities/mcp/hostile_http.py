"""A hostile streamable HTTP server on a loopback port; it writes its bytes itself."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.activities.mcp import hostile

Message = dict[str, Any]
MIB = 1024 * 1024


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    message: Message


@dataclass
class HostileServer:
    """What it was asked, and how it behaves.

    Attributes:
        refusals: Statuses that the next requests get, before anything else.
        session: The session it knows; a request with another one gets 404.
        open_calls: Calls that it works on and that were not given up.
    """

    url: str = ""
    mode: str = "plain"
    redirect: str = ""
    session: str = "first"
    refusals: list[int] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_calls: int = 0
    tools: list[Message] = field(default_factory=lambda: list(hostile.TOOLS))

    def asked(self, method: str) -> list[Request]:
        """Requests of one method of the protocol."""
        return [each for each in self.requests if each.message.get("method") == method]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read(reader)
            self.requests.append(request)
            await self._respond(request, _Answer(reader, writer))
        writer.close()

    async def _respond(self, request: Request, to: "_Answer") -> None:
        message = request.message
        method = message.get("method")
        if self.refusals:
            await to.head(self.refusals.pop(0))
        elif self.redirect and not request.path.startswith("/moved"):
            await to.head(307, Location=self.redirect)
        elif request.method == "GET":
            await _resume(request, to)
        elif request.method == "DELETE" or "id" not in message:
            await to.head(202)
        elif method == "initialize":
            self.session += "x"
            await to.json(hostile.initialized(message), **{"Mcp-Session-Id": self.session})
        elif method == "server/discover":
            await to.json(hostile.error(message, -32601, "Method not found"))
        elif request.headers.get("mcp-session-id") != self.session:
            await to.head(404)
        elif method == "tools/list":
            await to.json(hostile.result(message, {"tools": self.tools}))
        else:
            self.open_calls += 1
            try:
                await self._call(message, request, to)
            finally:
                self.open_calls -= 1

    async def _call(self, message: Message, request: Request, to: "_Answer") -> None:
        name = message["params"]["name"]
        special: dict[str, Callable[[], Awaitable[None]]] = {
            "never": to.until_closed,
            "die": to.nothing,
            "huge": lambda: to.json(hostile.texts(message, "x" * 11 * MIB)),
            "endless": lambda: to.endlessly(b": nothing\n" * 1_000),
            "environ": lambda: to.json(hostile.texts(message, json.dumps(request.headers))),
            "wrong_id": lambda: to.json(hostile.texts(message | {"id": 999}, "not yours")),
            "garbage": lambda: to.send(b"{]", "application/json"),
            "unknown_kind": lambda: to.send(b"<html>", "text/html"),
            "flood": lambda: to.events(*(hostile.progress(message, n) for n in range(5_000))),
            "progress": lambda: to.events(
                hostile.progress(message, 1), hostile.texts(message | {"id": 999}, "not yours"),
                {"jsonrpc": "2.0", "id": "q", "method": "roots/list"},
                hostile.texts(message, "done"),
            ),
            "whisper": lambda: to.bomb(hostile.texts(message, "x" * 40 * MIB)),
            "children": lambda: to.broken_events(message),
        }  # fmt: skip
        await special.get(name, lambda: to.json(hostile.answer(message)))()


class _Answer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self, status: int, body: bytes = b"", **headers: str) -> None:
        fields = {"Content-Length": str(len(body)), "Connection": "close"} | headers
        lines = [f"HTTP/1.1 {status} Status", *(f"{n}: {v}" for n, v in fields.items())]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self._writer.drain()

    async def send(self, body: bytes, kind: str, **headers: str) -> None:
        await self.head(200, body, **{"Content-Type": kind}, **headers)

    async def json(self, message: Message, **headers: str) -> None:
        await self.send(json.dumps(message).encode(), "application/json", **headers)

    async def bomb(self, message: Message) -> None:
        packed = gzip.compress(json.dumps(message).encode())
        await self.send(packed, "application/json", **{"Content-Encoding": "gzip"})

    async def nothing(self) -> None:
        self._writer.close()

    async def until_closed(self) -> None:
        await self._reader.read()

    async def stream(self) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        self._writer.write(head.encode())

    async def event(self, message: Message | None, **fields: str) -> None:
        lines = [f"{name}: {value}" for name, value in fields.items()]
        lines.append(f"data: {json.dumps(message) if message else ''}")
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        await self._writer.drain()

    async def events(self, *messages: Message) -> None:
        await self.stream()
        for message in messages:
            await self.event(message)

    async def endlessly(self, chunk: bytes) -> None:
        await self.stream()
        while True:
            self._writer.write(chunk)
            await self._writer.drain()

    async def broken_events(self, message: Message) -> None:
        """Breaks off after saying where to go on."""
        await self.stream()
        await self.event(None, id=f"call-{message['id']}", retry="100")


async def _resume(request: Request, to: _Answer) -> None:
    number = int(request.headers["last-event-id"].removeprefix("call-"))
    await to.events(hostile.texts({"id": number}, "after all"))


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, json.loads(body) if body else {})


@asynccontextmanager
async def hostile_http(**behaviour: Any) -> AsyncIterator[HostileServer]:
    """A running server within the block."""
    made = HostileServer(**behaviour)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made.url = f"http://127.0.0.1:{port}/mcp"
    try:
        yield made
    finally:
        server.close()
