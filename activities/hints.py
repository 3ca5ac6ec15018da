"""Hints to the mirror that a run has something new; they may be lost, events may not."""

import asyncio
from contextlib import suppress

import asyncpg
import structlog

from temporal_workflows.contracts import HINT_CHANNEL

_log = structlog.get_logger(__name__)
BATCH_SECONDS = 0.004
RECONNECT_SECONDS = 1.0


class Hints:
    """Collects execution ids and notifies PostgreSQL of each once per batch; never raises.

    Args:
        database_url: A `postgresql://` URL; None turns hints off.
    """

    def __init__(self, database_url: str | None) -> None:
        self._url = database_url
        self._ids: set[str] = set()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run()) if database_url else None

    def hint(self, execution_id: str) -> None:
        """Note that the run has news; callable from any thread."""
        if self._task is not None:
            self._loop.call_soon_threadsafe(self._add, execution_id)

    async def close(self) -> None:
        """Stop; unsent hints are dropped."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _add(self, execution_id: str) -> None:
        self._ids.add(execution_id)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._send()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.info("hints wait for the database", error=str(error))
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _send(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        try:
            while True:
                await self._wake.wait()
                await asyncio.sleep(BATCH_SECONDS)
                self._wake.clear()
                ids, self._ids = list(self._ids), set()
                await connection.execute(
                    "SELECT pg_notify($1, id) FROM unnest($2::text[]) AS id",
                    HINT_CHANNEL,
                    ids,
                    timeout=5,
                )
        finally:
            connection.terminate()
