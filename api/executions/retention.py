"""Removes runs that ended long ago, a month of rows at a time; live ones never lose anything."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.execution import ExecutionLog, NodeExecution

_log = structlog.get_logger(__name__)
PAUSE_SECONDS = 3600
_LOCK = 0x65786563
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")
# Dropping a partition locks its table: rather try again later than let every run wait for a reader.
_PATIENCE = text("SET LOCAL lock_timeout = '3s'")
_ENSURE = (
    text("SELECT ensure_node_execution_partitions(now(), 2)"),
    text("SELECT ensure_execution_log_partitions(2)"),
)
# Whoever is young or lives, and whom they were run again from, or run below, and the other way.
_KEPT = text("""
    CREATE TEMPORARY TABLE kept ON COMMIT DROP AS
    WITH RECURSIVE family AS (
        SELECT id FROM workflow_executions WHERE ended_at IS NULL OR ended_at > :cutoff
        UNION
        SELECT near.id FROM family JOIN workflow_executions AS e ON e.id = family.id
        CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[e.retry_of, e.parent_execution_id]) AS id
            UNION ALL SELECT id FROM workflow_executions WHERE retry_of = e.id
            UNION ALL SELECT id FROM workflow_executions WHERE parent_execution_id = e.id
        ) AS near WHERE near.id IS NOT NULL
    )
    SELECT id FROM family
""")
_INDEX = text("CREATE UNIQUE INDEX ON kept (id)")
_PARTITIONS = text("""
    SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = CAST(:parent AS regclass) AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
    ORDER BY c.relname
""")
_MESSAGES = text("""
    DELETE FROM agent_messages WHERE conversation_id IN (
        SELECT id FROM workflow_executions WHERE id NOT IN (SELECT id FROM kept)
    )
""")
# Lines that no month was made for; node rows of that kind go along with their runs.
_LINES = text("""
    DELETE FROM execution_logs_default
    WHERE execution_id NOT IN (SELECT id FROM kept) AND timestamp <= :cutoff
""")
_EXECUTIONS = text(
    "DELETE FROM workflow_executions WHERE id NOT IN (SELECT id FROM kept) AND ended_at <= :cutoff"
)
PARTITIONED = (NodeExecution.__tablename__, ExecutionLog.__tablename__)


class Partition(NamedTuple):
    """A month of a table; `bounds` is the clause that makes it."""

    name: str
    bounds: str


class RunRetention:
    """Looks now and then; of several API processes one does."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], keep_days: int) -> None:
        """`keep_days` after its end a run goes; 0 keeps runs for ever."""
        self._sessions = sessions
        self._keep = timedelta(days=keep_days)

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            try:
                await self.prepare()
                if self._keep:
                    await self.sweep(datetime.now(UTC))
            except OperationalError as error:  # somebody reads what is to be dropped
                _log.info("retention tries again", error=str(error.orig).partition("\n")[0])
            await asyncio.sleep(PAUSE_SECONDS)

    async def prepare(self) -> None:
        """Make the partitions of the coming months."""
        async with self._sessions.begin() as session:
            for statement in _ENSURE:
                await session.execute(statement)

    async def sweep(self, now: datetime) -> int:
        """Remove what ended before the age chosen; how many runs that were.

        A run that was run again, or is part of another, goes with the youngest of its family.
        """
        cutoff = now - self._keep
        async with self._sessions.begin() as session:
            if not await self._begin(session, cutoff):
                return 0
            for table in PARTITIONED:
                for partition in await _months_before(session, table, cutoff):
                    await _empty(session, table, partition)
        # Only now, and without the lock of the tables: what goes along with the rows is little.
        async with self._sessions.begin() as session:
            if not await self._begin(session, cutoff):
                return 0
            await session.execute(_MESSAGES)
            await session.execute(_LINES, {"cutoff": cutoff})
            removed = await session.execute(_EXECUTIONS, {"cutoff": cutoff})
        count: int = removed.rowcount  # type: ignore[attr-defined]
        if count:
            _log.info("old runs were removed", runs=count)
        return count

    async def _begin(self, session: AsyncSession, cutoff: datetime) -> bool:
        if not await session.scalar(_TRY_LOCK, {"number": _LOCK}):
            return False
        await session.execute(_PATIENCE)
        await session.execute(_KEPT, {"cutoff": cutoff})
        await session.execute(_INDEX)
        return True


async def _months_before(session: AsyncSession, table: str, cutoff: datetime) -> list[Partition]:
    """Partitions of months that were over at `cutoff`, by their names."""
    found = await session.execute(_PARTITIONS, {"parent": table})
    first = f"{table}_{cutoff.astimezone(UTC):%Y_%m}"
    return [Partition(row.name, row.bounds) for row in found if row.name < first]


async def _empty(session: AsyncSession, table: str, partition: Partition) -> None:
    """Drop the partition; what is kept of it begins a new one."""
    name, old = partition.name, f"{partition.name}_old"
    gone = f"SELECT EXISTS (SELECT FROM {name} WHERE execution_id NOT IN (SELECT id FROM kept))"  # noqa: S608
    if not await session.scalar(text(gone)):
        return
    for statement in (
        f"ALTER TABLE {table} DETACH PARTITION {name}",
        f"ALTER TABLE {name} RENAME TO {old}",
        f"CREATE TABLE {name} PARTITION OF {table} {partition.bounds}",
        f"INSERT INTO {name} SELECT * FROM {old} WHERE execution_id IN (SELECT id FROM kept)",  # noqa: S608
        f"DROP TABLE {old}",
    ):
        await session.execute(text(statement))
