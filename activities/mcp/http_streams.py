"""A streamable HTTP server as the streams that the SDK works on.

Each request of ours is one POST, with its own limits, that ends when the request is given up. There
is no standing stream for what a server wants to say by itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp_types import JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, RequestId
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from activities.errors import PayloadTooLarge, ToolError, typed
from activities.http_client import HttpClient
from activities.mcp.http_exchange import Endpoint, Headers, HttpExchange
from activities.mcp.limits import MAX_MESSAGE_BYTES
from activities.mcp.messages import failed, given_up
from activities.mcp.pacing import PacedStream, Streams

VERSION_HEADER = "mcp-protocol-version"
_MAX_WORDS = 8


@asynccontextmanager
async def http_streams(client: HttpClient, endpoint: Endpoint) -> AsyncIterator[Streams]:
    """Streams to and from `endpoint`; nothing is sent before the first message.

    What goes wrong beneath a request is its answer, an error whose `data` is a `ToolError`.
    """
    into, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, out_of = anyio.create_memory_object_stream[SessionMessage](0)
    traffic = _Traffic(client, endpoint, into)
    sending = asyncio.create_task(traffic.send_all(out_of))
    try:
        yield PacedStream(incoming), outgoing
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await traffic.close()
        for stream in (into, incoming, outgoing, out_of):
            stream.close()


class _Traffic:
    """The requests in flight."""

    def __init__(
        self,
        client: HttpClient,
        endpoint: Endpoint,
        into: MemoryObjectSendStream[SessionMessage | Exception],
    ) -> None:
        self._name = endpoint.name
        self._exchange = HttpExchange(client, endpoint, self._pass_on)
        self._into = into
        self._version: str | None = None
        self._requests: dict[RequestId, asyncio.Task[None]] = {}
        self._words: set[asyncio.Task[None]] = set()

    async def send_all(self, out_of: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """Send what comes, in its order; answers are not waited for."""
        async for item in out_of:
            headers = self._headers(item)
            if isinstance(item.message, JSONRPCRequest):
                self._ask(item.message, headers)
            elif not self._give_up(item.message):
                await self._say(item.message, headers)

    async def close(self) -> None:
        """End what is in flight, and the session."""
        tasks = [*self._requests.values(), *self._words]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._exchange.end()

    def _headers(self, item: SessionMessage) -> Headers:
        """The message's own; the protocol's version is said with whatever follows, too."""
        metadata = item.metadata
        own = (metadata.headers if isinstance(metadata, ClientMessageMetadata) else None) or {}
        own = {name.lower(): value for name, value in own.items()}
        if isinstance(item.message, JSONRPCRequest) and item.message.method == "initialize":
            self._version = None
        self._version = own.get(VERSION_HEADER, self._version)
        return own if self._version is None else {VERSION_HEADER: self._version} | own

    def _ask(self, message: JSONRPCRequest, headers: Headers) -> None:
        task = asyncio.create_task(self._request(message, headers))
        self._requests[message.id] = task
        task.add_done_callback(partial(self._forget, message.id))

    def _forget(self, request_id: RequestId, _task: asyncio.Task[None]) -> None:
        self._requests.pop(request_id, None)

    async def _request(self, message: JSONRPCRequest, headers: Headers) -> None:
        try:
            with typed():
                answer = await self._exchange.answer(message, headers)
        except PayloadTooLarge:
            size = f"{MAX_MESSAGE_BYTES // 1024 // 1024} MiB"
            too_large = PayloadTooLarge(f"the answer of MCP server {self._name!r} is over {size}")
            answer = failed(message.id, too_large)
        except ToolError as failure:
            answer = failed(message.id, failure)
        await self._pass_on(answer)

    def _give_up(self, message: JSONRPCMessage) -> bool:
        """End the request that `message` gives up; whether that says it all.

        Since 2026 the end of the connection is what tells the server.
        """
        request_id = given_up(message)
        if request_id is None:
            return False
        if request_id in self._requests:
            self._requests[request_id].cancel()
        return self._version in MODERN_PROTOCOL_VERSIONS

    async def _say(self, message: JSONRPCMessage, headers: Headers) -> None:
        """Send what has no answer; only `initialized` must arrive before what follows."""
        if len(self._words) >= _MAX_WORDS:
            return
        word = asyncio.create_task(self._exchange.say(message, headers))
        self._words.add(word)
        word.add_done_callback(self._words.discard)
        if isinstance(message, JSONRPCNotification) and message.method.endswith("/initialized"):
            await asyncio.wait({word})

    async def _pass_on(self, item: SessionMessage) -> None:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await self._into.send(item)
