"""Removes the artifacts of runs that ended long ago; what a live run may read always stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.artifacts import ArtifactFiles

_log = structlog.get_logger(__name__)
PAUSE_SECONDS = 3600
# What belongs to no run: a tool that was tried, or a start that was refused after all.
STRAY = timedelta(days=1)
_LOCK = 0x61727466
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")
# Runs read each other's artifacts along retries and sub-workflows, so a family stays together.
_FAMILY = text("""
    WITH RECURSIVE family AS (
        SELECT id FROM workflow_executions WHERE id = :id
        UNION
        SELECT near.id FROM family CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[retry_of, parent_execution_id]) AS id
            FROM workflow_executions WHERE id = family.id
            UNION ALL SELECT id FROM workflow_executions WHERE retry_of = family.id
            UNION ALL SELECT id FROM workflow_executions WHERE parent_execution_id = family.id
        ) AS near WHERE near.id IS NOT NULL
    )
    SELECT count(*) AS members, bool_or(ended_at IS NULL OR ended_at > :cutoff) AS needed
    FROM family JOIN workflow_executions USING (id)
""")


class Retention:
    """Looks through the store now and then; of several API processes one does."""

    def __init__(
        self, files: ArtifactFiles, sessions: async_sessionmaker[AsyncSession], keep_days: int
    ) -> None:
        """`keep_days` after a run's end its artifacts go; 0 keeps them for ever."""
        self._files = files
        self._sessions = sessions
        self._keep = timedelta(days=keep_days)

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            if self._keep:
                await self.sweep(datetime.now(UTC))

    async def sweep(self, now: datetime) -> int:
        """Remove what nobody needs any more; how many runs' artifacts that were."""
        async with self._sessions.begin() as session:
            if not await session.scalar(_TRY_LOCK, {"number": _LOCK}):
                return 0
            removed = 0
            for execution_id in await self._files.executions():
                if await self._needed(session, execution_id, now):
                    continue
                await self._files.remove(execution_id)
                removed += 1
        if removed:
            _log.info("artifacts of old runs were removed", runs=removed)
        return removed

    async def _needed(self, session: AsyncSession, execution_id: str, now: datetime) -> bool:
        found = await session.execute(
            _FAMILY, {"id": UUID(execution_id), "cutoff": now - self._keep}
        )
        family = found.one()
        if family.members:
            return bool(family.needed)
        newest = await self._files.newest(execution_id)
        return newest is not None and newest > now - STRAY
