"""Keeps the tracking tables equal to Temporal's history: hints for speed, a sweep for truth."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog
from pydantic import ValidationError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio.service import RPCError, RPCStatusCode

from api.engine import Engine, EngineUnavailable, StartRefused, Tail, read_start
from api.mirror import store
from api.mirror.commits import Batches, Job
from api.mirror.events import Page
from api.mirror.listener import listen
from api.mirror.projector import UNRECORDED
from api.mirror.rows import Changes
from api.mirror.statements import LEASE_LOCK
from api.mirror.track import Track, open_track, was_reset, whole_projection
from models.session import single_statements
from temporal_workflows.contracts import HINT_CHANNEL

_log = structlog.get_logger(__name__)
READERS = 32
# Following a run is quick but costs Temporal several calls a node; a crowd is read now and then.
TAILS = 32
CROWD_PAUSE = 0.1
CROWD_TICK = 0.1  # what is read at once is written at once
CROWD_LOOKS = 2  # after a hint: it comes before the server has recorded what it is about
BETWEEN_PAUSE = 1.0  # for a node that begins; the hint of its end is mostly sooner
CROWD_SECONDS = 5.0
# What follows a page at once is its own workflow task: it comes with the next page.
PAGE_PAUSE = 0.01
# Longer histories are read backwards from their end, not followed from their start.
MAX_TAILED_EVENTS = 2_000
TAIL_WAIT = timedelta(seconds=1.5)
QUIET_ROUNDS = 2
TRACKS = 2_000
RETRY_SECONDS = 0.3
# An execution that cannot be mirrored is left alone for so long.
BROKEN_SECONDS = 60.0
SWEEP_SECONDS = 1.0
# Asking for a lease costs little; looking at a run whose hints may all have come costs Temporal.
SWEEP_CLAIMS = 100
SWEEP_LOOKS = 20
# What waits for people is looked at with every late look, so many at a time.
QUIET_LOOKS = 50
REPAIR_AGE = timedelta(seconds=2)
# Temporal's index tells of an end a little late, and when it is busy later still.
CLOSED_OVERLAP = timedelta(seconds=3)
CLOSED_LATE = timedelta(seconds=30)
LATE_EVERY = 10
RECENTLY_ENDED = 5_000
REFUSED = (DataError, IntegrityError, ProgrammingError)
TRANSIENT = (EngineUnavailable, RPCError, SQLAlchemyError, OSError, TimeoutError)


class Mirror:
    """Projects the live executions that this process holds leases for.

    Any number may run at once: leases share the work, and a commit takes effect only if the
    cursor still stands where its projection began.
    """

    def __init__(
        self, engine: Engine, sessions: async_sessionmaker[AsyncSession], database_url: str
    ) -> None:
        self.holder = uuid4()
        self.swept_at: float | None = None
        self._engine = engine
        self._sessions = sessions
        self._statements = single_statements(sessions)
        self._database_url = database_url
        self._queue: asyncio.Queue[UUID] = asyncio.Queue()
        self._queued: set[UUID] = set()
        self._busy: set[UUID] = set()
        self._again: set[UUID] = set()
        self._later: dict[UUID, asyncio.TimerHandle] = {}
        self._broken: set[UUID] = set()
        self._tracks: OrderedDict[UUID, Track] = OrderedDict()
        self._ended: OrderedDict[UUID, None] = OrderedDict()
        self._checked: dict[UUID, float] = {}
        self._quiet: dict[UUID, float] = {}
        self._batches = Batches()
        self._tails: set[asyncio.Task[None]] = set()
        self._crowded = False
        self._sweeps = 0
        self._closed_since = datetime.now(UTC) - timedelta(minutes=5)

    async def run(self) -> None:
        """Mirror until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._sweep())
                group.create_task(self._commit())
                for _ in range(READERS):
                    group.create_task(self._read())
        finally:
            for tail in self._tails:
                tail.cancel()

    def hint(self, execution_id: str) -> None:
        """Note that an execution may have news."""
        with suppress(ValueError):
            found = UUID(execution_id)
            track = self._tracks.get(found)
            if track is not None:
                track.hinted_at, track.looks = time.monotonic(), CROWD_LOOKS
            if track is not None and self._crowded:
                self._enqueue_later(found, _to_tick(CROWD_PAUSE))
            else:
                self._enqueue(found)

    async def rebuild(self, execution_id: UUID) -> bool:
        """Project an execution's whole history again; False when Temporal no longer has it.

        What was seen of attempts that history does not keep stays.
        """
        async with self._transaction() as session:
            stored = await store.load(session, execution_id)
        pages = await self._engine.chain(stored.temporal_id) if stored else []
        if stored is None or not pages:
            return False
        projector, changes = whole_projection(stored, pages)
        unrecorded = {
            row.id
            for row in changes.nodes.values()
            if row.error is not None and row.error["code"] == UNRECORDED
        }
        async with self._transaction() as session:
            keep = await store.existing(session, execution_id, unrecorded)
            await store.replace(session, projector.execution, changes, keep=keep)
        self._forget(execution_id)
        self._ended.pop(execution_id, None)
        self._enqueue(execution_id)
        return True

    # Hints ---------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        await listen(self._database_url, HINT_CHANNEL, self.hint, connected=self._show_life)

    async def _show_life(self, connection: asyncpg.Connection) -> None:
        """Hold the lock that makes our leases count; it falls with the connection."""
        await connection.execute(
            "SELECT pg_advisory_lock($1, $2)", LEASE_LOCK, store.lock_key(self.holder)
        )

    def _enqueue(self, execution_id: UUID) -> None:
        if execution_id in self._ended or execution_id in self._broken:
            return
        if execution_id in self._busy:
            self._again.add(execution_id)
        elif execution_id not in self._queued:
            self._queued.add(execution_id)
            self._queue.put_nowait(execution_id)

    def _enqueue_later(self, execution_id: UUID, seconds: float) -> None:
        """Once, at the soonest of the times asked for."""
        loop = asyncio.get_running_loop()
        planned = self._later.get(execution_id)
        if planned is not None and planned.when() <= loop.time() + seconds:
            return
        if planned is not None:
            planned.cancel()
        self._later[execution_id] = loop.call_later(seconds, self._enqueue_now, execution_id)

    def _enqueue_now(self, execution_id: UUID) -> None:
        self._later.pop(execution_id, None)
        self._broken.discard(execution_id)
        self._enqueue(execution_id)

    # Reading -------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            execution_id = await self._queue.get()
            self._queued.discard(execution_id)
            self._busy.add(execution_id)
            try:
                await self._advance(execution_id)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one, others go on
                self._failed(execution_id, error)
            finally:
                self._busy.discard(execution_id)
                if execution_id in self._again:
                    self._again.discard(execution_id)
                    self._enqueue(execution_id)

    def _failed(self, execution_id: UUID, error: Exception) -> None:
        """Whatever is wrong with one execution, the others go on."""
        self._forget(execution_id)
        if isinstance(error, REFUSED) or not isinstance(error, TRANSIENT):
            trace = None if isinstance(error, REFUSED) else error
            _log.error(
                "an execution cannot be mirrored",
                execution_id=str(execution_id),
                error=_brief(error),
                exc_info=trace,
            )
            self._broken.add(execution_id)
            self._enqueue_later(execution_id, BROKEN_SECONDS)
            return
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            _log.warning("history is gone", execution_id=str(execution_id))
            return
        _log.info("mirror tries again", execution_id=str(execution_id), error=_brief(error))
        self._enqueue_later(execution_id, RETRY_SECONDS)

    async def _advance(self, execution_id: UUID) -> None:
        """Project what is new of one execution."""
        self._checked[execution_id] = time.monotonic()
        track = self._tracks.get(execution_id)
        if track is not None and track.tailed:
            return
        if track is None or not (track.leased or await self._renew(track)):
            track = await self._open(execution_id)
        else:
            expected = track.looks > 0 or track.hinted_at > track.looked_at
            track.looked_at = time.monotonic()
            page = await (self._unread(track) if expected else self._look(track))
            await self._take(track, [page] if page else [])
            # What runs hints when it ends; between nodes there is more to come.
            between = not track.projector.open_rows
            track.looks = int(between) if page else track.looks - 1
        if track is not None and not track.projector.ended:
            self._tail_or_look_again(track)

    async def _renew(self, track: Track) -> bool:
        """Take the lease again; False when the tables have moved meanwhile."""
        async with self._statements() as session:
            stored = await store.claim(session, track.id, self.holder)
        if stored is None or stored.cursor != track.stored:
            return False
        track.renewed(stored.cursor)
        return True

    async def _open(self, execution_id: UUID) -> Track | None:
        """Claim, load and catch up an execution; None when it is not ours to mirror."""
        self._forget(execution_id)
        async with self._statements() as session:
            stored = await store.claim(session, execution_id, self.holder)
        opened = await open_track(self._engine, stored) if stored else None
        if opened is None:
            return None
        track, pages = opened
        track.hinted_at = time.monotonic()
        self._tracks[execution_id] = track
        while len(self._tracks) > TRACKS:
            self._tracks.popitem(last=False)
        await self._take(track, pages)
        return track

    async def _take(self, track: Track, pages: list[Page]) -> None:
        """Project and commit pages, following the chain of runs."""
        for page in pages:
            following: Page | None = page
            while following is not None and track.projector.accepts(following):
                if was_reset(following) and await self._is_reset(track):
                    await self.rebuild(track.id)
                    return
                status = track.projector.execution.status
                changes = track.projector.apply(following)
                news = bool(changes) or track.projector.execution.status is not status
                if news and not await self._submit(track, changes):
                    return
                following = await self._continued(track, changes)

    async def _continued(self, track: Track, changes: Changes) -> Page | None:
        if changes.continued is None:
            return None
        track.run_id = changes.continued
        return await self._engine.events_after(track.temporal_id, track.run_id, 0)

    async def _is_reset(self, track: Track) -> bool:
        found = await self._engine.describe(track.temporal_id)
        return found is not None and found.run_id != track.run_id

    async def _submit(self, track: Track, changes: Changes) -> bool:
        write = store.Write(track.projector.execution, changes, track.stored)
        if not await self._batches.submit(write):
            self._forget(track.id)
            self._enqueue_later(track.id, RETRY_SECONDS)
            return False
        track.renewed(changes.cursor)
        for child in changes.children:
            self._enqueue(child.id)
        if track.projector.ended:
            self._finished(track.id)
        return True

    def _finished(self, execution_id: UUID) -> None:
        self._forget(execution_id)
        self._checked.pop(execution_id, None)
        self._ended[execution_id] = None
        while len(self._ended) > RECENTLY_ENDED:
            self._ended.popitem(last=False)

    def _forget(self, execution_id: UUID) -> None:
        self._tracks.pop(execution_id, None)

    # Tails ---------------------------------------------------------------------------------------

    def _tail_or_look_again(self, track: Track) -> None:
        """Follow a run that was hinted a moment ago; in a crowd, look again shortly."""
        fresh = time.monotonic() - track.hinted_at < 1.0
        room = not self._crowded and len(self._tails) < TAILS
        if fresh and room and _event_id(track) < MAX_TAILED_EVENTS:
            track.tailed = True
            tail = asyncio.create_task(self._tail(track))
            self._tails.add(tail)
            tail.add_done_callback(self._tails.discard)
        elif track.looks > 0:
            between = not track.projector.open_rows
            self._enqueue_later(track.id, _to_tick(BETWEEN_PAUSE if between else CROWD_PAUSE))

    async def _tail(self, track: Track) -> None:
        try:
            await self._follow(track)
        except Exception as error:  # noqa: BLE001 - one run, not the mirror
            self._failed(track.id, error)
        finally:
            track.tailed = False
            if self._crowded:
                self._enqueue_later(track.id, CROWD_PAUSE)

    async def _follow(self, track: Track) -> None:
        tail = Tail(track.run_id)
        quiet = 0
        # A hint that came since the last look is for this tail: no other reads the execution.
        while (
            self._tracks.get(track.id) is track
            and not self._crowded
            and (quiet < QUIET_ROUNDS or track.hinted_at > track.looked_at)
        ):
            track.looked_at = time.monotonic()
            if tail.run_id != track.run_id:
                tail = Tail(track.run_id)
            page, tail = await self._engine.follow(track.temporal_id, tail, TAIL_WAIT)
            if page is None:
                track.looked_at = time.monotonic()
                page = await self._look(track)
            quiet = 0 if page is not None and track.projector.accepts(page) else quiet + 1
            await self._take(track, [page] if page else [])
            if not tail.token and tail.run_id == track.run_id:
                return
            if quiet == 0:
                await asyncio.sleep(PAGE_PAUSE)

    async def _unread(self, track: Track) -> Page | None:
        return await self._engine.events_after(track.temporal_id, track.run_id, _event_id(track))

    async def _look(self, track: Track) -> Page | None:
        """What a long poll slept through, which was seen; and what no event tells yet.

        The latter are attempts that are retried, and what running ones log.
        """
        found = await self._engine.describe(track.temporal_id)
        if found is None:
            return None
        if found.run_id != track.run_id or found.history_length > _event_id(track):
            return await self._unread(track)
        changes = track.projector.overlay(found.attempts)
        if changes.nodes or changes.logs:
            await self._submit(track, changes)
        return None

    # Truth ---------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Find what moved without a hint, starts that got lost, and runs that ended unseen."""
        while True:
            try:
                await self._repair_starts()
                await self._look_for_moves()
                if self._sweeps % LATE_EVERY == 0:
                    await self._look_at_the_quiet()
                await self._look_for_ends()
                self._count()
                self.swept_at = time.monotonic()
            except TRANSIENT as error:
                _log.info("sweep tries again", error=_brief(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _repair_starts(self) -> None:
        async with self._transaction() as session:
            rows = await store.unstarted(session, datetime.now(UTC) - REPAIR_AGE)
        for row in rows:
            try:
                await self._engine.start(read_start(row.start_input))
            except (StartRefused, ValidationError) as error:
                async with self._transaction() as session:
                    await store.refuse(session, row.id, str(error))
            else:
                self._enqueue(row.id)

    async def _look_for_moves(self) -> None:
        """Read the executions that were looked at longest ago, so many per sweep."""
        async with self._transaction() as session:
            found = await store.rows_to_sweep(session)
        self._checked = {key: at for key, at in self._checked.items() if key in set(found)}
        found.sort(key=lambda key: self._checked.get(key, 0.0))
        settled = time.monotonic() - SWEEP_SECONDS
        due = [key for key in found if self._checked.get(key, 0.0) < settled]
        for execution_id in [key for key in due if key in self._tracks][:SWEEP_LOOKS]:
            self._enqueue(execution_id)
        for execution_id in [key for key in due if key not in self._tracks][:SWEEP_CLAIMS]:
            self._enqueue(execution_id)

    async def _look_at_the_quiet(self) -> None:
        """What waits for people moves at no known time; a history that grew lost its hint."""
        async with self._transaction() as session:
            found = await store.waiting_for_people(session)
        self._quiet = {row.id: self._quiet.get(row.id, 0.0) for row in found}
        for row in sorted(found, key=lambda row: self._quiet[row.id])[:QUIET_LOOKS]:
            self._quiet[row.id] = time.monotonic()
            told = await self._engine.describe(row.temporal_id)
            if told is not None and (
                row.cursor.run_id != told.run_id or row.cursor.event_id < told.history_length
            ):
                self._enqueue(row.id)

    def _count(self) -> None:
        recent = time.monotonic() - CROWD_SECONDS
        self._crowded = sum(track.hinted_at > recent for track in self._tracks.values()) > TAILS

    async def _look_for_ends(self) -> None:
        now = datetime.now(UTC)
        for name in await self._engine.closed_since(self._closed_since):
            with suppress(ValueError):
                self._enqueue(UUID(name))
        self._sweeps += 1
        self._closed_since = now - (CLOSED_OVERLAP if self._sweeps % LATE_EVERY else CLOSED_LATE)

    # Commits -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session:
            yield session
            await session.commit()

    async def _commit(self) -> None:
        while True:
            jobs = await self._batches.next()
            if not await self._written(jobs) and len(jobs) > 1:
                # One row that the database refuses must not hold up the others.
                for job in jobs:
                    await self._written([job])

    async def _written(self, jobs: list[Job]) -> bool:
        """Write them together; of a single one, its failure is told to whoever waits for it."""
        try:
            async with self._statements() as session:
                moved = await store.write(session, [job.write for job in jobs])
        except Exception as error:  # noqa: BLE001 - the committer serves everybody
            if len(jobs) == 1 and not jobs[0].done.done():
                jobs[0].done.set_exception(error)
            return False
        for job in jobs:
            if not job.done.done():
                job.done.set_result(job.write.execution.id in moved)
        return True


def _to_tick(seconds: float) -> float:
    """A wait that long, to the next tick."""
    now = time.monotonic()
    return math.ceil((now + seconds) / CROWD_TICK) * CROWD_TICK - now


def _brief(error: BaseException) -> str:
    """Without statement and parameters: those hold people's data."""
    return str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]


def _event_id(track: Track) -> int:
    cursor = track.projector.cursor
    return cursor.event_id if cursor is not None and cursor.run_id == track.run_id else 0
