"""A PostgreSQL LISTEN that survives the loss of its connection."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from sqlalchemy import make_url

_log = structlog.get_logger(__name__)
RECONNECT_SECONDS = 0.2
PROBE_SECONDS = 5.0


async def listen(
    database_url: str,
    channel: str,
    heard: Callable[[str], None],
    *,
    connected: Callable[[asyncpg.Connection], Awaitable[None]] | None = None,
) -> None:
    """Call `heard` with each payload, for ever; connect again after a loss.

    `connected` runs after each connect: what came while nobody listened is lost, so read again.
    """
    url = make_url(database_url).set(drivername="postgresql")
    while True:
        try:
            await _listen_once(url.render_as_string(hide_password=False), channel, heard, connected)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.info("listener waits for the database", channel=channel, error=str(error))
            await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(
    url: str,
    channel: str,
    heard: Callable[[str], None],
    connected: Callable[[asyncpg.Connection], Awaitable[None]] | None,
) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(channel, lambda *event: heard(str(event[3])))
        if connected is not None:
            await connected(connection)
        while not lost.is_set():
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await lost.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=5)
    finally:
        connection.terminate()
