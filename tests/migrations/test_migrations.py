"""Migrations: from empty, without drift, back to empty, as SQL, two at once, and after the guide."""

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

from cli.commands.migrate import alembic_config
from tests.databases import NewDatabase, migrate

ROOT = Path(__file__).resolve().parents[2]
LEFT_OVER = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S', 'v') AND c.relname <> 'alembic_version'
"""


def config_for(url: str) -> Config:
    config = alembic_config()
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_from_empty_without_drift_and_back(new_database: NewDatabase) -> None:
    url = await new_database()
    await migrate(url)
    await asyncio.to_thread(command.check, config_for(url))
    assert await query(url, LEFT_OVER) != 0
    await asyncio.to_thread(command.downgrade, config_for(url), "base")
    assert await query(url, LEFT_OVER) == 0
    assert (
        await query(url, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        == 0
    )
    await migrate(url)


async def test_two_that_migrate_at_once_wait_for_each_other(new_database: NewDatabase) -> None:
    url = await new_database()
    env = os.environ | {"DATABASE_URL": url}
    runs = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", "cli.main", "migrate", env=env)
        for _ in range(3)
    ]
    assert [await run.wait() for run in runs] == [0, 0, 0]


async def test_logs_of_a_month_have_a_partition_of_their_own(new_database: NewDatabase) -> None:
    url = await new_database()
    await migrate(url)
    names = await query(
        url,
        "SELECT string_agg(inhrelid::regclass::text, ' ') FROM pg_inherits WHERE inhparent = 'execution_logs'::regclass",
    )
    assert len(re.findall(r"execution_logs_\d{4}_\d{2}", str(names))) == 3
    assert "execution_logs_default" in str(names)
    await migrate(url)


def test_migrations_can_be_read_as_sql() -> None:
    config = alembic_config()
    config.set_main_option("sqlalchemy.url", "postgresql://nobody@nowhere/x")
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE workflow_executions" in config.output_buffer.getvalue()


@pytest.mark.slow
async def test_the_guides_do_what_they_say(new_database: NewDatabase, tmp_path: Path) -> None:
    """The worked example of docs/database, block by block, in a copy of the tree."""
    tree = tmp_path / "tree"
    for name in ("models", "migrations"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", tree)
    url = await new_database()
    env = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(tree)}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    for guide in ("models.md", "migrations.md"):
        text = (ROOT / "docs" / "database" / guide).read_text()
        for kind, target, body in re.findall(
            r"```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)```", text, re.DOTALL
        ):
            if kind == "python":
                place = tree / target
                place.write_text((place.read_text() if place.exists() else "") + body)
            elif kind == "bash":
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", body],
                    cwd=tree,
                    env=env,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, (body, done.stdout, done.stderr)
    columns = await query(
        url,
        "SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns "
        "WHERE table_name = 'watchlists'",
    )
    assert columns is None, "the guide ends with a downgrade"
    made = [path.read_text() for path in (tree / "migrations" / "versions").glob("*watchlists*")]
    assert len(made) == 1
    assert "watchlists" in made[0]
