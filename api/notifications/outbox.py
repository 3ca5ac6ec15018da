"""Notices leave for Temporal, and come back as told or not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.engine import Engine, EngineUnavailable, Telling
from api.inbox import Inbox
from api.mirror.events import storable
from api.notifications.letters import Letters, NothingToTell
from api.notifications.repository import NOTICE_CHANNEL
from models.enums import NoticeStatus
from models.notification import Notice, Notification
from temporal_workflows.contracts import NotifyInput

MANY = 50
# A notice is looked at again when it is twice as old, so that many of them cost little.
SOONEST = timedelta(seconds=1)
LATEST = timedelta(minutes=10)
_MAX_ERROR = 2_000
_log = structlog.get_logger(__name__)


class Outbox(Inbox):
    """Starts what tells of a notice, after its row is committed, and settles the row at its end.

    What was not started, whatever died, is found when it is looked at again; nothing is started
    twice, for Temporal refuses a second workflow of the same id.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        database_url: str,
        engine: Engine,
        letters: Letters,
    ) -> None:
        super().__init__(sessions, database_url, NOTICE_CHANNEL, self._take)
        self._engine = engine
        self._letters = letters

    async def _take(self, session: AsyncSession) -> int:
        found = await session.execute(
            select(Notice, Notification)
            .join(Notification, Notification.id == Notice.notification_id)
            .where(Notice.status == NoticeStatus.PENDING, Notice.look_at <= func.now())
            .order_by(Notice.look_at)
            .limit(MANY)
            .with_for_update(skip_locked=True, of=Notice)
        )
        rows = found.all()
        states = await asyncio.gather(*(self._engine.telling(str(row.id)) for row, _ in rows))
        for (notice, rule), state in zip(rows, states, strict=True):
            notice.look_at = _next_look(notice)
            if state is None:
                await self._start(session, notice, rule)
            else:
                _settle(notice, state)
        return len(rows)

    async def _start(self, session: AsyncSession, notice: Notice, rule: Notification) -> None:
        try:
            start = await self._letters.write(session, notice, rule)
        except NothingToTell as error:
            notice.status, notice.error = NoticeStatus.FAILED, str(error)
            return
        after = session.info.setdefault("after_commit", [])
        after.append(self._hand_over(str(notice.id), start))

    def _hand_over(self, notice_id: str, start: NotifyInput) -> Callable[[], Awaitable[None]]:
        async def hand_over() -> None:
            """What fails here is repaired at the next look."""
            try:
                await self._engine.notify(notice_id, start)
            except EngineUnavailable as error:
                _log.warning("a notice is left to the sweep", error=str(error), id=notice_id)

        return hand_over


def _next_look(notice: Notice) -> datetime:
    now = datetime.now(UTC)
    return now + min(max(now - notice.created_at, SOONEST), LATEST)


def _settle(notice: Notice, state: Telling) -> None:
    told = state.result
    notice.attempts = told.attempts
    notice.error = storable(told.error[:_MAX_ERROR]) if told.error else None
    if state.closed:
        notice.status = NoticeStatus.FAILED if told.error else NoticeStatus.SENT
        notice.sent_at = told.sent_at
