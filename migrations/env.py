"""Alembic's entry: every table of `models`, online through asyncpg or offline as SQL."""

import asyncio
import os
from collections.abc import MutableMapping
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool

from migrations.tables import metadata
from models.session import create_engine

# Two API processes that start together migrate one after the other.
MIGRATION_LOCK = 0x6D696772
PARTITION_PREFIXES = ("execution_logs_", "node_executions_")
# Every start makes the partitions of the coming months.
PARTITIONS = """
DO $$ BEGIN
    IF to_regproc('ensure_execution_log_partitions') IS NOT NULL THEN
        PERFORM ensure_execution_log_partitions(2);
    END IF;
    IF to_regproc('ensure_node_execution_partitions') IS NOT NULL THEN
        PERFORM ensure_node_execution_partitions(now(), 2);
    END IF;
END $$
"""


def _include_name(name: str | None, kind: str, _parents: MutableMapping[Any, Any]) -> bool:
    """Partitions belong to their table, not to the models."""
    return not (kind == "table" and (name or "").startswith(PARTITION_PREFIXES))


def _configure(**target: Any) -> None:
    context.configure(
        target_metadata=metadata,
        include_name=_include_name,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        **target,
    )


def _run(connection: Connection) -> None:
    connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
    connection.commit()
    try:
        _configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text(PARTITIONS))
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})"))
        connection.commit()


async def _online(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


def _url() -> str:
    found = context.config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_URL")
    if not found:
        raise SystemExit("set DATABASE_URL to the database that is to be migrated")
    return found


if context.is_offline_mode():
    _configure(url=_url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(_online(_url()))
