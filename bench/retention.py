"""How long it takes to remove a million old node rows; those of live runs must stay."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.executions.retention import RunRetention
from bench.figures import Figure
from cli.commands.migrate import alembic_config
from cli.embedded.postgres import EmbeddedPostgres
from models.session import create_engine, create_session_factory

RUNS, NODES = 50_000, 20
LIVE_EVERY = 1_000  # one run in so many still waits
_MAKE = (
    "SELECT ensure_node_execution_partitions('2026-01-01', 2)",
    """
    INSERT INTO users (id, email, hashed_password, display_name, role, is_active)
    VALUES (gen_random_uuid(), 'bench@example.org', '-', 'bench', 'editor', true)
    """,
    """
    INSERT INTO workflows (id, owner_id, name, config, variables, version, is_active)
    SELECT gen_random_uuid(), id, 'bench', '{}', '{}', 1, true FROM users
    """,
    f"""
    INSERT INTO workflow_executions (
        id, owner_id, workflow_id, workflow_version, graph_hash, trigger_type, trigger_metadata,
        status, input, temporal_workflow_id, tags, created_at, ended_at
    )
    SELECT gen_random_uuid(), w.owner_id, w.id, 1, '', 'manual', '{{}}',
        CASE WHEN n % {LIVE_EVERY} = 0 THEN 'waiting' ELSE 'completed' END,
        '{{}}', gen_random_uuid()::text, '[]', '2026-02-03',
        CASE WHEN n % {LIVE_EVERY} = 0 THEN NULL ELSE timestamptz '2026-02-04' END
    FROM workflows AS w, generate_series(1, {RUNS}) AS n
    """,  # noqa: S608 - numbers of our own
    f"""
    INSERT INTO node_executions (
        id, execution_id, node_key, node_type, name, path, attempt, status, run_id,
        scheduled_event_id, accepted_at
    )
    SELECT gen_random_uuid(), e.id, 'n' || n, 'tool', 'n', '', 1, 'completed', 'r', n, e.created_at
    FROM workflow_executions AS e, generate_series(1, {NODES}) AS n
    """,  # noqa: S608 - numbers of our own
)


async def run(_rounds: int) -> AsyncIterator[Figure]:
    """One sweep over the rows of a month."""
    with TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        config = alembic_config()
        config.set_main_option("sqlalchemy.url", server.url.replace("%", "%%"))
        await asyncio.to_thread(command.upgrade, config, "head")
        engine = create_engine(server.url)
        sessions = create_session_factory(engine)
        await _make(sessions)
        began = time.monotonic()
        removed = await RunRetention(sessions, 90).sweep(datetime.now(UTC))
        seconds = time.monotonic() - began
        left = await _rows(sessions)
        await engine.dispose()
        await server.stop()
    kept = RUNS // LIVE_EVERY
    assert (removed, left) == (RUNS - kept, kept * NODES)  # noqa: S101 - a wrong sweep has no time
    note = (
        f"{removed:,} runs with {removed * NODES:,} rows removed, {left:,} rows of live runs stay"
    )
    yield Figure("remove a million node rows", seconds, "s", at_most=30, note=note)


async def _make(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions.begin() as session:
        for statement in _MAKE:
            await session.execute(text(statement))


async def _rows(sessions: async_sessionmaker[AsyncSession]) -> int:
    async with sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM node_executions")) or 0)
