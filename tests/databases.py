"""Databases of tests."""

import asyncio
from collections.abc import Awaitable, Callable

from alembic import command

from cli.commands.migrate import alembic_config

NewDatabase = Callable[[], Awaitable[str]]


async def migrate(url: str) -> None:
    """Apply all migrations, as `pastetrader migrate` does."""
    config = alembic_config()
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    await asyncio.to_thread(command.upgrade, config, "head")
