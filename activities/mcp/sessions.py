"""Sessions kept warm: one a server and worker, opened when first used, opened again when lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import structlog

from activities.context import ToolContext
from activities.errors import ToolError, typed
from activities.mcp.errors import Loss, McpBusy, McpServerUnavailable
from activities.mcp.limits import IDLE_SECONDS, MAX_SESSIONS, OPEN_SECONDS
from activities.mcp.offers import Definition
from activities.mcp.registry import ApprovedTool, Server
from models.enums import McpTransport
from models.graph.values import Json

_log = structlog.get_logger(__name__)
_CLOSE_SECONDS = 10.0


class Connection(Protocol):
    """An open session; see `activities.mcp.connection`."""

    async def definitions(self, *, fresh: bool = False) -> list[Definition]: ...

    async def call(
        self, tool: ApprovedTool, arguments: dict[str, Json], context: ToolContext
    ) -> Json: ...


Opener = Callable[[Server, Loss], AbstractAsyncContextManager[Connection]]


class Sessions:
    """The sessions of one worker; those over HTTP are closed when nobody used them for a while."""

    def __init__(
        self,
        opener: Opener,
        *,
        open_seconds: float = OPEN_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        most: int = MAX_SESSIONS,
    ) -> None:
        """`open_seconds` is how long a server may take to be ready; `most` counts sessions."""
        self._opener = opener
        self._open_seconds = open_seconds
        self._idle_seconds = idle_seconds
        self._most = most
        self._sessions: dict[str, _Session] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def use(self, server: Server) -> AsyncIterator[Connection]:
        """The server's session, which stays open at least as long as the block.

        Raises:
            McpBusy: all sessions that may be held are in use.
            ToolError: no session can be opened.
        """
        session = self._of(server)
        session.users += 1
        try:
            yield await session.connection()
        finally:
            session.users -= 1
            session.used_at = time.monotonic()
            self._close_unless_used(session)

    def retire(self, server: Server) -> None:
        """Let nobody use the server's session any more; its calls in flight may end."""
        session = self._sessions.pop(server.id, None)
        if session is not None:
            session.retired = True
            self._close_unless_used(session)

    async def close(self) -> None:
        """End all sessions, and with them the servers that were started for them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        sessions, self._sessions = list(self._sessions.values()), {}
        await asyncio.gather(*(session.close() for session in sessions), *self._closing)

    def _of(self, server: Server) -> "_Session":
        found = self._sessions.get(server.id)
        if found is not None and (found.ended or found.version != server.version):
            self.retire(server)
            found = None
        if found is None:
            self._make_room()
            found = self._sessions[server.id] = _Session(server, self._opener, self._open_seconds)
            self._sweeping = self._sweeping or asyncio.create_task(self._sweep())
        return found

    def _make_room(self) -> None:
        if len(self._sessions) < self._most:
            return
        idle = [session for session in self._sessions.values() if not session.users]
        if not idle:
            raise McpBusy(f"this worker talks to {self._most} MCP servers already; try again later")
        self.retire(min(idle, key=lambda session: session.used_at).server)

    def _close_unless_used(self, session: "_Session") -> None:
        if session.retired and not session.users:
            task = asyncio.create_task(session.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._idle_seconds / 4)
            before = time.monotonic() - self._idle_seconds
            for session in list(self._sessions.values()):
                idle = not session.users and session.used_at < before
                if idle and session.server.transport is McpTransport.HTTP:
                    self.retire(session.server)


class _Session:
    """One session and the task that opens, holds and closes it: the SDK wants one task for all."""

    def __init__(self, server: Server, opener: Opener, open_seconds: float) -> None:
        self.server = server
        self.version = server.version
        self.users = 0
        self.used_at = time.monotonic()
        self.retired = False
        self._opener = opener
        self._open_seconds = open_seconds
        self._loss = Loss()
        self._stop = asyncio.Event()
        self._opened: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting any more when it fails.
        self._opened.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._task = asyncio.create_task(self._hold())

    @property
    def ended(self) -> bool:
        """Whether it is lost, or could not be opened."""
        return self._stop.is_set() or self._loss.happened

    async def connection(self) -> Connection:
        """Wait until it is open; whoever gives up does not stop it for the others."""
        return await asyncio.shield(self._opened)

    async def close(self) -> None:
        """End it, at the latest after some seconds."""
        self._stop.set()
        if not self._opened.done():
            self._task.cancel()
        await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _hold(self) -> None:
        try:
            with typed():
                await self._open_until_stopped()
        except ToolError as error:
            if self._opened.done():
                _log.warning("a session with an MCP server broke", error=error.message)
            else:
                self._opened.set_exception(error)
        finally:
            self._stop.set()
            if not self._opened.done():
                self._opened.set_exception(McpServerUnavailable("the worker is about to end"))

    async def _open_until_stopped(self) -> None:
        limit = asyncio.timeout(self._open_seconds)
        try:
            async with limit, self._opener(self.server, self._loss) as connection:
                limit.reschedule(None)
                self._opened.set_result(connection)
                await _first(self._loss.wait(), self._stop.wait())
        except TimeoutError:
            raise McpServerUnavailable(
                f"MCP server {self.server.name!r} was not ready within {self._open_seconds:g} seconds"
            ) from None


async def _first(*happenings: Coroutine[Any, Any, Any]) -> None:
    waiting = [asyncio.create_task(each) for each in happenings]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
