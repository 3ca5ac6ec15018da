"""What a worker reads from PostgreSQL at the moment a tool needs it: secrets, servers, limits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from activities.errors import InvalidInput, ToolError

_CONNECTIONS = 4
_FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_SECONDS = 10


class DatabaseUnavailable(ToolError):
    """PostgreSQL does not answer."""

    code = "DatabaseUnavailable"


class Database:
    """A few connections, made when they are first needed.

    Args:
        url: A `postgresql://` URL; None for a worker without one, where every question fails.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """The rows of one statement, which is a transaction of its own.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer; a later attempt may.
            InvalidInput: a value does not fit.
        """
        with _typed():
            pool = await self._open()
            return list(await pool.fetch(statement, *values, timeout=_SECONDS))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """A connection in a transaction of several statements.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer; nothing was changed.
        """
        with _typed():
            pool = await self._open()
            async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
                yield connection

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _open(self) -> asyncpg.Pool:
        if self._url is None:
            raise DatabaseUnavailable(
                "this worker has no database; set DATABASE_URL to use secrets, MCP servers and "
                "rate limits"
            )
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url, min_size=0, max_size=_CONNECTIONS, timeout=_SECONDS
                )
        return self._pool


@contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except asyncpg.DataError as error:  # no later attempt would be another
        raise InvalidInput(f"PostgreSQL cannot hold this: {error}") from error
    except _FAULTS as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
