"""Removes deliveries that came long ago."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.trigger import WebhookDelivery

_log = structlog.get_logger(__name__)
PAUSE_SECONDS = 3600
KEEP = timedelta(days=90)
MANY = 5_000


class DeliveryRetention:
    """Looks now and then; a delivery that is forgotten would start a run again."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.sweep(datetime.now(UTC))

    async def sweep(self, now: datetime) -> int:
        """Remove what is older than `KEEP`, some at a time; how many deliveries that were."""
        total = 0
        while count := await self._remove(now - KEEP):
            total += count
        if total:
            _log.info("old deliveries were removed", deliveries=total)
        return total

    async def _remove(self, before: datetime) -> int:
        row = WebhookDelivery
        old = select(row.id).where(row.received_at < before).limit(MANY)
        async with self._sessions.begin() as session:
            removed = await session.execute(
                delete(row)
                .where(row.id.in_(old))
                .returning(row.id)
                .execution_options(synchronize_session=False)
            )
            return len(removed.all())
