"""A door between a worker and a server, which can be shut on what the worker still has to say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_PIECE_BYTES = 64 * 1024


class Gate:
    """Forwards connections; while it is shut, nothing that a client sends gets through."""

    def __init__(self, host: str, port: int) -> None:
        """`host` and `port` are the server's."""
        self._target = (host, port)
        self._open = asyncio.Event()
        self._open.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.held = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Gate"]:
        """Listen on `port` of this machine within the block."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.drop()

    def shut(self) -> None:
        """From now on `held` counts the bytes that clients send in vain."""
        self.held = 0
        self._open.clear()

    async def drop(self) -> None:
        """End every connection with what it held, and let new ones through."""
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._open.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._forward(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        sending = asyncio.create_task(self._copy(reader, server_writer, guarded=True))
        answering = asyncio.create_task(self._copy(server_reader, writer, guarded=False))
        try:
            await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            answering.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)
            for each in (server_writer, writer):
                each.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, guarded: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE_BYTES):
                if guarded and not self._open.is_set():
                    self.held += len(piece)
                    await self._open.wait()
                    return  # it was sent before the gate opened again
                writer.write(piece)
                await writer.drain()
