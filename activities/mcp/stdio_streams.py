"""A server's standard input and output as the streams that the SDK works on, in bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)

from activities.errors import PayloadTooLarge
from activities.mcp.errors import Loss, McpServerLost
from activities.mcp.limits import MAX_MESSAGE_BYTES
from activities.mcp.messages import given_up
from activities.mcp.operator_file import StdioServer
from activities.mcp.pacing import PacedStream, Streams
from activities.mcp.process import ServerProcess

_WAITING_TO_BE_WRITTEN = 64
# A server that does not read for so long is stuck.
_WRITE_SECONDS = 30.0
_LAST_WORDS_SECONDS = 0.5
_Incoming = MemoryObjectSendStream[SessionMessage | Exception]
_Outgoing = MemoryObjectReceiveStream[SessionMessage]


@asynccontextmanager
async def stdio_streams(name: str, server: StdioServer, loss: Loss) -> AsyncIterator[Streams]:
    """Start the server and talk to it; when it ends by itself, `loss` says why.

    Raises:
        McpServerUnavailable: the command cannot be started.
    """
    process = await ServerProcess.start(name, server)
    into, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, out_of = anyio.create_memory_object_stream[SessionMessage](_WAITING_TO_BE_WRITTEN)
    talk = _Talk(name, process, into, out_of, loss)
    tasks = [asyncio.create_task(talk.listen()), asyncio.create_task(talk.speak())]
    try:
        yield PacedStream(incoming), outgoing
    finally:
        for task in tasks:
            task.cancel()
        for stream in (into, incoming, outgoing, out_of):
            stream.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await process.end()


class _Talk:
    def __init__(
        self,
        name: str,
        process: ServerProcess,
        into: _Incoming,
        out_of: _Outgoing,
        loss: Loss,
    ) -> None:
        self._name = name
        self._loss = loss
        self._process = process
        self._into = into
        self._out_of = out_of
        self._waiting: set[RequestId | None] = set()

    async def listen(self) -> None:
        """Pass on what it writes until it ends."""
        try:
            await self._until_ended()
            self._report_end()
        finally:
            self._into.close()

    async def speak(self) -> None:
        """Write what we have to say."""
        async for item in self._out_of:
            self._note(item.message)
            await self._write(item)

    async def _write(self, item: SessionMessage) -> None:
        text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
        try:
            self._process.stdin.write(text.encode() + b"\n")
            async with asyncio.timeout(_WRITE_SECONDS):
                await self._process.stdin.drain()
        except OSError:  # it has ended, and whoever listens notices
            return
        except TimeoutError:
            self._loss.report(
                McpServerLost, f"MCP server {self._name!r} does not read what is written to it"
            )
            self._into.close()

    def _note(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest):
            self._waiting.add(message.id)
        else:
            self._waiting.discard(given_up(message))

    async def _until_ended(self) -> None:
        reading = asyncio.create_task(self._read())
        ended = asyncio.create_task(self._process.ended())
        try:
            await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
            # The other comes soon; but a child of its that keeps the pipe is not the server.
            await asyncio.wait({reading, ended}, timeout=_LAST_WORDS_SECONDS)
            if reading.done():
                reading.result()
        finally:
            for task in (reading, ended):
                task.cancel()
            await asyncio.gather(reading, ended, return_exceptions=True)

    async def _read(self) -> None:
        while line := await self._line():
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError as error:
                await self._into.send(error)
                continue
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._waiting.discard(message.id)
            await self._into.send(SessionMessage(message))

    async def _line(self) -> bytes:
        try:
            return await self._process.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError as rest:
            return rest.partial
        except asyncio.LimitOverrunError:
            self._report_too_large()
            return b""

    def _report_too_large(self) -> None:
        """Whose answer it is cannot be told while it is not read to its end."""
        size = f"{MAX_MESSAGE_BYTES // 1024 // 1024} MiB"
        if len(self._waiting) == 1:
            message = f"the answer of MCP server {self._name!r} is over {size}"
            self._loss.report(PayloadTooLarge, message)
        else:
            self._loss.report(
                McpServerLost,
                f"MCP server {self._name!r} sent a message over {size} and was ended; its other "
                "calls ended with it",
            )

    def _report_end(self) -> None:
        code = self._process.exit_code
        how = "broke off" if code is None else f"ended with code {code}"
        self._loss.report(
            McpServerLost,
            f"MCP server {self._name!r} {how} before it answered; the worker's log has what it "
            "wrote to standard error",
        )
