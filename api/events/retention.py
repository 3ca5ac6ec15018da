"""Removes events that came long ago."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, exists
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.event import Event, EventDelivery

_log = structlog.get_logger(__name__)
PAUSE_SECONDS = 3600
KEEP = timedelta(days=90)


class EventRetention:
    """Looks now and then; what a run took stays as long as that run."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.sweep(datetime.now(UTC))

    async def sweep(self, now: datetime) -> int:
        """Remove what is older than `KEEP` and was delivered to no run; how many events that were."""
        taken = exists().where(EventDelivery.event_id == Event.id)
        async with self._sessions.begin() as session:
            removed = await session.execute(
                delete(Event)
                .where(Event.received_at < now - KEEP, ~taken)
                .returning(Event.id)
                .execution_options(synchronize_session=False)
            )
            count = len(removed.all())
        if count:
            _log.info("old events were removed", events=count)
        return count
