"""The operator's servers as rows: their names come from a file, their tools from the servers."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.base import new_id
from models.enums import McpTransport
from models.mcp import McpServer

_log = structlog.get_logger(__name__)
_EVERY_SECONDS = 60.0
_MAX_NAME = 200
# Names by description, which other hosts do not know.
Names = Mapping[str, str | None]


class OperatorFileInvalid(ValueError):
    """The file does not name servers; the message says why."""


class OperatorServers:
    """Keeps the rows without an owner as the file says.

    Without a file they stay as they are: another API process may have been given it.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], file: Path | None) -> None:
        self._sessions = sessions
        self._file = file

    async def run(self) -> None:
        """Compare again every minute."""
        while True:
            try:
                await self.compare()
            except OperatorFileInvalid as error:
                _log.error("the operator's MCP servers cannot be shown", error=str(error))
            await asyncio.sleep(_EVERY_SECONDS)

    async def compare(self) -> None:
        """Add what the file names, describe it as it does, and forget what it does not name.

        Raises:
            OperatorFileInvalid: it cannot be read; no row was changed.
        """
        if self._file is None:
            return
        names = await asyncio.to_thread(read_names, self._file)
        async with self._sessions.begin() as session:
            of_operator = McpServer.owner_id.is_(None)
            await session.execute(
                delete(McpServer).where(of_operator, McpServer.name.not_in(names))
            )
            rows = await session.scalars(select(McpServer).where(of_operator))
            known = {row.name: row for row in rows}
            for name, description in names.items():
                if name not in known:
                    await session.execute(_insert(name, description))
                elif known[name].description != description:
                    known[name].description = description


def read_names(file: Path) -> Names:
    """The servers that a file names, and their descriptions; workers read how to start them.

    Raises:
        OperatorFileInvalid: it cannot be read, or is of another form.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        servers = document["mcpServers"].items()
        return {_name(name): _description(entry.get("description")) for name, entry in servers}
    except OSError as error:
        raise OperatorFileInvalid(f"{file} cannot be read: {error.strerror}") from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise OperatorFileInvalid(
            f'{file} must be JSON of the form {{"mcpServers": {{"name": {{"command": "…"}}}}}}'
        ) from error


def _name(given: str) -> str:
    name = given.strip()
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise ValueError(name)
    return name


def _description(given: object) -> str | None:
    return given.replace("\x00", "") if isinstance(given, str) else None


def _insert(name: str, description: str | None) -> Insert:
    values = {
        "id": new_id(),
        "name": name,
        "description": description,
        "transport": McpTransport.STDIO,
        "headers": {},
        "tools": [],
    }
    # Another process may be quicker.
    return insert(McpServer).values(values).on_conflict_do_nothing()
