"""Removes rows that nobody asks for any more: what came in, and what was told, long ago."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.enums import FiringStatus
from models.event import Event, EventDelivery
from models.notification import Notice
from models.trigger import TriggerFiring, WebhookDelivery

_log = structlog.get_logger(__name__)
PAUSE_SECONDS = 3600
KEEP = timedelta(days=90)
MANY = 5_000
_OPEN = (FiringStatus.PENDING, FiringStatus.WAITING)


def _old(before: datetime) -> Mapping[Any, ColumnElement[bool]]:
    """Which rows go; an event that a run took goes with that run, and so does a notice of it."""
    taken = exists().where(EventDelivery.event_id == Event.id)
    return {
        WebhookDelivery: WebhookDelivery.received_at < before,
        Event: and_(Event.received_at < before, ~taken),
        TriggerFiring: and_(TriggerFiring.created_at < before, TriggerFiring.status.not_in(_OPEN)),
        Notice: and_(Notice.created_at < before, Notice.execution_id.is_(None)),
    }


class RowRetention:
    """Looks now and then. A delivery that is forgotten would start a run again."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.sweep(datetime.now(UTC))

    async def sweep(self, now: datetime) -> dict[str, int]:
        """Remove what is older than `KEEP`, some at a time; how many rows of which table."""
        total: dict[str, int] = {}
        for model, old in _old(now - KEEP).items():
            while count := await self._remove(model, old):
                total[model.__tablename__] = total.get(model.__tablename__, 0) + count
        if total:
            _log.info("old rows were removed", **total)
        return total

    async def _remove(self, model: Any, old: ColumnElement[bool]) -> int:
        some = select(model.id).where(old).limit(MANY)
        async with self._sessions.begin() as session:
            removed = await session.execute(
                delete(model)
                .where(model.id.in_(some))
                .returning(model.id)
                .execution_options(synchronize_session=False)
            )
            return len(removed.all())
