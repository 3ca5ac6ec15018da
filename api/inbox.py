"""Rows that wait to be taken up: looked at when somebody says so, and now and then anyway."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio.service import RPCError

from api.engine import EngineUnavailable
from api.mirror.listener import listen

_log = structlog.get_logger(__name__)
SWEEP_SECONDS = 2.0
# What comes within this time is taken up together.
PAUSE_SECONDS = 0.05
TRANSIENT = (EngineUnavailable, RPCError, SQLAlchemyError, OSError, TimeoutError)


class Inbox:
    """Calls `take` until nothing is left, on each notification of `channel` and every few seconds.

    `take` works on some rows in one transaction, which it locks with SKIP LOCKED so that any
    number of replicas may work, and returns how many it took. What it puts into
    `session.info["after_commit"]` is awaited after the commit, as in a request.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        database_url: str,
        channel: str,
        take: Callable[[AsyncSession], Awaitable[int]],
    ) -> None:
        self._sessions = sessions
        self._database_url = database_url
        self._channel = channel
        self._take = take
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(listen(self._database_url, self._channel, self._heard))
            group.create_task(self._work())

    def _heard(self, _payload: str) -> None:
        self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self._round():
                    pass
            except TRANSIENT as error:
                text = str(error).partition("\n")[0]
                _log.info("an inbox tries again", channel=self._channel, error=text)
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(PAUSE_SECONDS)

    async def _round(self) -> int:
        async with self._sessions() as session:
            taken = await self._take(session)
            await session.commit()
            for follow in session.info.pop("after_commit", ()):
                await follow()
        return taken


async def wake(session: AsyncSession, channel: str) -> None:
    """Say, at the session's commit, that there is something in an inbox."""
    await session.execute(select(func.pg_notify(channel, "")))
