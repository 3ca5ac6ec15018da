"""Limits of registered tools over all workers: who may run now, who is next, and when.

Everything is in PostgreSQL. A run that wants a limited tool takes a lease: first come, first
served. Whoever works renews it; a lease that nobody renews ends by itself, so that a lost worker
costs seconds. A period's calls are spread evenly over it (the generic cell rate algorithm of ITU-T
I.371 with a burst of one).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from activities.database import Database
from activities.errors import ToolError
from models.base import new_id
from models.graph.tool import RateLimit

RENEW_SECONDS = 4.0
LEASE_SECONDS = 15
# A ticket is looked at again at the latest after `POLL_SECONDS`, and lost when nobody does.
POLL_SECONDS = 60.0
TICKET_SECONDS = 900
ALONE = "alone/"
_ALONE_POLL_SECONDS = 0.25
_ALONE_SECONDS = 30.0

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('tool ' || $1::text, 0))"
_EXPIRE = "DELETE FROM tool_leases WHERE tool_id = $1 AND expires_at < now()"
_TICKET = """
    INSERT INTO tool_leases (id, tool_id, holder, expires_at)
    VALUES ($1, $2, $3, now() + make_interval(secs => $4))
    ON CONFLICT (tool_id, holder) DO UPDATE
    SET expires_at = GREATEST(
        tool_leases.expires_at,
        CASE WHEN tool_leases.granted_at IS NULL
        THEN excluded.expires_at ELSE now() + make_interval(secs => $5) END
    )
"""
_QUEUE = """
    SELECT holder, granted_at IS NOT NULL AS granted,
        GREATEST(extract(epoch FROM granted_at - now()), 0)::float8 AS wait
    FROM tool_leases WHERE tool_id = $1 ORDER BY id
"""
# A turn may begin later than it is given: whoever asks again is told when.
_GRANT = """
    UPDATE tool_leases SET granted_at = now() + make_interval(secs => $3),
        expires_at = now() + make_interval(secs => $3 + $4)
    WHERE tool_id = $1 AND holder = $2
"""
_CLOCK = """
    INSERT INTO tool_clocks (tool_id, next_at) VALUES ($1, now() + make_interval(secs => $2))
    ON CONFLICT (tool_id) DO UPDATE
    SET next_at = GREATEST(tool_clocks.next_at, now()) + make_interval(secs => $2)
    RETURNING extract(epoch FROM next_at - now())::float8 - $2 AS wait
"""
_UNDO = "UPDATE tool_clocks SET next_at = next_at - make_interval(secs => $2) WHERE tool_id = $1"
_PROLONG = """
    UPDATE tool_leases SET expires_at = GREATEST(expires_at, now() + make_interval(secs => $3))
    WHERE tool_id = $1 AND holder = $2
"""
_REMOVE = "DELETE FROM tool_leases WHERE tool_id = $1 AND holder = $2"


class RateLimited(ToolError):
    """The tool's limit leaves no room for this call at the moment."""

    code = "RateLimited"


@dataclass(frozen=True, slots=True)
class Granted:
    """A holder whose turn has come, `wait` seconds from now."""

    holder: str
    wait: float


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a run may use the tool after `wait` seconds, or should ask again then.

    `others` are those whose turn has come as well; they do not know yet.
    """

    granted: bool
    wait: float = 0.0
    others: Sequence[Granted] = ()


Wake = Callable[[Sequence[Granted]], Awaitable[None]]


class ToolLimits:
    """Admits runs to limited tools."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, tool_id: str, limit: RateLimit, holder: str) -> Admission:
        """Take a place in the queue, and the turn if it has come; asking again changes nothing.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        async with self._locked(tool_id) as connection:
            await connection.execute(
                _TICKET, new_id(), UUID(tool_id), holder, TICKET_SECONDS, LEASE_SECONDS
            )
            granted = await self._grant(connection, UUID(tool_id), limit)
            queue = await connection.fetch(_QUEUE, UUID(tool_id))
        others = [each for each in granted if each.holder != holder]
        mine = next(row for row in queue if row["holder"] == holder)
        if mine["granted"]:
            return Admission(granted=True, wait=mine["wait"], others=others)
        waiting = [row["holder"] for row in queue if not row["granted"]]
        near = waiting.index(holder) < (limit.max_concurrent or 1)
        # Who is next looks as soon as a lost worker's lease can have ended; others are told.
        return Admission(False, LEASE_SECONDS if near else POLL_SECONDS, others)

    async def release(self, tool_id: str, limit: RateLimit, holder: str) -> list[Granted]:
        """Give the place up, whatever it is; those whose turn has come by that."""
        async with self._locked(tool_id) as connection:
            await connection.execute(_REMOVE, UUID(tool_id), holder)
            return await self._grant(connection, UUID(tool_id), limit)

    async def prolong(self, tool_id: str, holder: str, seconds: float) -> None:
        """Keep a lease for at least so long from now."""
        await self._database.fetch(_PROLONG, UUID(tool_id), holder, seconds)

    async def next_turn(self, tool_id: str, limit: RateLimit) -> float:
        """Take a turn of the period for one more attempt; seconds until then."""
        async with self._locked(tool_id) as connection:
            return await self._turn(connection, UUID(tool_id), limit)

    @asynccontextmanager
    async def held(
        self, tool_id: str, limit: RateLimit, holder: str, wake: Wake
    ) -> AsyncIterator[None]:
        """Hold the place while the block runs; waits a short time for one that was not taken yet.

        `wake` tells others, should their turn come by that.

        Raises:
            RateLimited: others use the tool all the time.
        """
        await self._enter(tool_id, limit, holder, wake)
        renewing = asyncio.create_task(self._renew(tool_id, holder))
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    async def _enter(self, tool_id: str, limit: RateLimit, holder: str, wake: Wake) -> None:
        deadline = asyncio.get_running_loop().time() + _ALONE_SECONDS
        while True:
            admission = await self.admit(tool_id, limit, holder)
            await wake(admission.others)
            left = deadline - asyncio.get_running_loop().time()
            if admission.granted and admission.wait <= max(left, 0):
                await asyncio.sleep(admission.wait)
                return
            if admission.granted or left < 0:
                await wake(await self._left(tool_id, limit, holder, turn=admission.granted))
                raise RateLimited(
                    "the tool is in use as often as its limit allows; try again shortly",
                    retry_after=max(admission.wait, _ALONE_SECONDS),
                )
            await asyncio.sleep(_ALONE_POLL_SECONDS)

    async def _left(
        self, tool_id: str, limit: RateLimit, holder: str, *, turn: bool
    ) -> list[Granted]:
        """Leave without a call; a turn of the period that was taken is others' again."""
        if turn and limit.max_calls is not None:
            seconds = limit.per_seconds / limit.max_calls
            await self._database.fetch(_UNDO, UUID(tool_id), seconds)
        return await self.release(tool_id, limit, holder)

    async def _renew(self, tool_id: str, holder: str) -> None:
        while True:
            with suppress(ToolError):
                await self.prolong(tool_id, holder, LEASE_SECONDS)
            await asyncio.sleep(RENEW_SECONDS)

    async def _grant(
        self, connection: "asyncpg.Connection[Any]", tool_id: UUID, limit: RateLimit
    ) -> list[Granted]:
        """Give free places to those who wait longest."""
        await connection.execute(_EXPIRE, tool_id)
        queue = await connection.fetch(_QUEUE, tool_id)
        free = len(queue)
        if limit.max_concurrent is not None:
            free = limit.max_concurrent - sum(row["granted"] for row in queue)
        found = []
        for row in [row for row in queue if not row["granted"]][: max(free, 0)]:
            wait = await self._turn(connection, tool_id, limit)
            await connection.execute(_GRANT, tool_id, row["holder"], wait, LEASE_SECONDS)
            found.append(Granted(row["holder"], wait))
        return found

    async def _turn(
        self, connection: "asyncpg.Connection[Any]", tool_id: UUID, limit: RateLimit
    ) -> float:
        if limit.max_calls is None:
            return 0.0
        wait = await connection.fetchval(_CLOCK, tool_id, limit.per_seconds / limit.max_calls)
        return max(float(wait), 0.0)

    @asynccontextmanager
    async def _locked(self, tool_id: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
        async with self._database.transaction() as connection:
            await connection.execute(_LOCK, tool_id)
            yield connection
