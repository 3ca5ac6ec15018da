"""One listener per process tells every open stream that its execution changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import asyncpg

from api.mirror.listener import listen
from api.mirror.statements import EXECUTION_CHANNEL


class ExecutionChannel:
    """Wakes subscribers; what they read is the tables' business, so a wake-up may be spurious."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._subscribers: dict[UUID, set[asyncio.Event]] = {}

    async def run(self) -> None:
        """Listen until cancelled."""
        await listen(
            self._database_url, EXECUTION_CHANNEL, self._heard, connected=self._wake_everyone
        )

    @contextmanager
    def subscribe(self, execution_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever the execution may have changed; clear it before reading."""
        wake = asyncio.Event()
        self._subscribers.setdefault(execution_id, set()).add(wake)
        try:
            yield wake
        finally:
            others = self._subscribers[execution_id]
            others.discard(wake)
            if not others:
                del self._subscribers[execution_id]

    def _heard(self, payload: str) -> None:
        for wake in self._subscribers.get(UUID(payload), ()):
            wake.set()

    async def _wake_everyone(self, _connection: asyncpg.Connection) -> None:
        """What happened while nobody listened is found by looking."""
        for wakes in self._subscribers.values():
            for wake in wakes:
                wake.set()
