"""Limits of tools over all workers, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from activities.database import Database, DatabaseUnavailable
from activities.limits import (
    ALONE,
    LEASE_SECONDS,
    POLL_SECONDS,
    TICKET_SECONDS,
    Granted,
    RateLimited,
    ToolLimits,
)
from models.base import new_id
from models.graph.tool import RateLimit

ONE = RateLimit(max_concurrent=1)
TWO = RateLimit(max_concurrent=2)
FIVE = RateLimit(max_concurrent=5)


async def new_tool(connection: "asyncpg.Connection[Any]") -> str:
    """Id of a tool of its own account."""
    owner, tool = new_id(), new_id()
    await connection.execute(
        "INSERT INTO users (id, email, hashed_password, display_name, role)"
        " VALUES ($1, $2, '-', 'N', 'editor')",
        *(owner, f"{owner}@example.org"),
    )
    await connection.execute(
        "INSERT INTO tools (id, owner_id, name, tool_type, config) VALUES ($1, $2, 't', 'python', '{}')",
        *(tool, owner),
    )
    return str(tool)


async def nobody(granted: Sequence[Granted]) -> None:
    """Tells nobody."""


class Place:
    """One limited tool, and the view of several workers on it."""

    def __init__(self, connection: "asyncpg.Connection[Any]", workers: list[ToolLimits]) -> None:
        self.connection = connection
        self.workers = workers
        self.limits = workers[0]
        self.tool = ""

    async def admit(self, holder: str, limit: RateLimit = ONE, worker: int = 0) -> bool:
        """Whether it got its turn."""
        return (await self.workers[worker].admit(self.tool, limit, holder)).granted

    async def release(self, holder: str, limit: RateLimit = ONE) -> list[str]:
        """Whose turn has come by that."""
        return [each.holder for each in await self.limits.release(self.tool, limit, holder)]

    async def expire(self, *holders: str) -> None:
        """Let the time of their leases or tickets pass."""
        await self.connection.execute(
            "UPDATE tool_leases SET expires_at = now() - interval '1 second'"
            " WHERE tool_id = $1 AND holder = ANY($2::text[])",
            *(self.tool, list(holders)),
        )

    async def left(self, holder: str) -> float:
        """Seconds until a lease or ticket ends."""
        found: float = await self.connection.fetchval(
            "SELECT extract(epoch FROM expires_at - now())::float8 FROM tool_leases"
            " WHERE tool_id = $1 AND holder = $2",
            *(self.tool, holder),
        )
        return found

    async def holders(self) -> dict[str, bool]:
        """Everybody in the queue, first come first, and whether it is granted."""
        rows = await self.connection.fetch(
            "SELECT holder, granted_at IS NOT NULL AS granted FROM tool_leases"
            " WHERE tool_id = $1 ORDER BY id",
            self.tool,
        )
        return {row["holder"]: row["granted"] for row in rows}


@pytest.fixture(scope="module")
async def workers(migrated_url: str) -> AsyncIterator[list[ToolLimits]]:
    """Three workers, each with connections of its own."""
    databases = [Database(migrated_url) for _ in range(3)]
    yield [ToolLimits(database) for database in databases]
    for database in databases:
        await database.close()


@pytest.fixture
async def place(migrated_url: str, workers: list[ToolLimits]) -> AsyncIterator[Place]:
    """A tool that nobody uses yet."""
    connection = await asyncpg.connect(migrated_url)
    made = Place(connection, workers)
    made.tool = await new_tool(connection)
    yield made
    await connection.close()


# At the same time --------------------------------------------------------------------------------


async def test_first_come_first_served(place: Place) -> None:
    assert [await place.admit(name) for name in "abcd"] == [True, False, False, False]
    assert await place.release("a") == ["b"]
    assert await place.release("b") == ["c"]
    assert await place.admit("a") is False, "whoever comes back stands at the end"
    assert await place.release("c") == ["d"]
    assert await place.release("d") == ["a"]
    assert await place.release("a") == []
    assert await place.holders() == {}


async def test_asking_again_changes_nothing(place: Place) -> None:
    for _ in range(3):
        assert [await place.admit(name, TWO) for name in "abcd"] == [True, True, False, False]
    assert await place.holders() == {"a": True, "b": True, "c": False, "d": False}


async def test_leaving_the_queue_keeps_the_order_of_the_others(place: Place) -> None:
    for name in "abcd":
        await place.admit(name)
    assert await place.release("c") == []
    assert await place.release("a") == ["b"]
    assert await place.release("b") == ["d"]
    assert await place.release("nobody") == []


async def test_never_more_than_the_limit_however_many_ask_at_once(place: Place) -> None:
    """Fifty from three workers; each holds its place for a moment and passes it on."""
    running, most, done = 0, 0, 0
    turns = {f"h{n}": asyncio.Event() for n in range(50)}

    async def work(name: str, worker: ToolLimits) -> None:
        nonlocal running, most, done
        if not (await worker.admit(place.tool, FIVE, name)).granted:
            await turns[name].wait()
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        done += 1
        for each in await worker.release(place.tool, FIVE, name):
            turns[each.holder].set()

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(name, place.workers[n % 3]) for n, name in enumerate(turns)))
    assert done == 50
    assert 1 < most <= 5
    assert await place.holders() == {}


async def test_of_fifty_that_ask_at_once_exactly_as_many_run_as_may(place: Place) -> None:
    found = await asyncio.gather(
        *(place.workers[n % 3].admit(place.tool, FIVE, f"h{n}") for n in range(50))
    )
    assert sum(each.granted for each in found) == 5
    assert list((await place.holders()).values()) == [True] * 5 + [False] * 45


async def test_tools_do_not_wait_for_each_other(place: Place) -> None:
    other = await new_tool(place.connection)
    assert await place.admit("a")
    assert (await place.limits.admit(other, ONE, "a")).granted
    assert await place.limits.release(other, ONE, "a") == []
    assert await place.holders() == {"a": True}


async def test_a_larger_limit_lets_waiting_ones_in(place: Place) -> None:
    for name in "abc":
        await place.admit(name)
    admission = await place.limits.admit(place.tool, FIVE, "d")
    assert admission.granted
    assert [each.holder for each in admission.others] == ["b", "c"], "they must be told"


async def test_a_smaller_limit_lets_nobody_in_until_enough_have_ended(place: Place) -> None:
    for name in "abc":
        assert await place.admit(name, FIVE)
    assert await place.admit("d") is False
    assert await place.release("a") == []
    assert await place.release("b") == []
    assert await place.release("c") == ["d"]


# Leases ------------------------------------------------------------------------------------------


async def test_a_lease_that_nobody_renews_ends(place: Place) -> None:
    assert await place.admit("lost")
    assert await place.admit("next") is False
    await place.expire("lost")
    assert await place.admit("next")
    assert await place.holders() == {"next": True}


async def test_whoever_notices_first_lets_the_first_in(place: Place) -> None:
    for name in ("lost", "first", "second"):
        await place.admit(name)
    await place.expire("lost")
    found = await place.limits.admit(place.tool, ONE, "second")
    assert not found.granted
    assert [each.holder for each in found.others] == ["first"], "it does not look for long"


async def test_a_lease_lasts_seconds_and_a_ticket_minutes(place: Place) -> None:
    await place.admit("a")
    await place.admit("b")
    assert await place.left("a") == pytest.approx(LEASE_SECONDS, abs=2)
    assert await place.left("b") == pytest.approx(TICKET_SECONDS, abs=2)
    for name in "ab":
        await place.admit(name)
    assert await place.left("a") == pytest.approx(LEASE_SECONDS, abs=2), (
        "whoever asks again, as each attempt does, must not keep it longer"
    )


async def test_a_ticket_that_nobody_asks_for_is_lost(place: Place) -> None:
    for name in "abc":
        await place.admit(name)
    await place.expire("b")
    assert await place.release("a") == ["c"]
    assert await place.admit("b") is False


async def test_asking_again_keeps_the_place_of_one_that_was_away(place: Place) -> None:
    for name in "abc":
        await place.admit(name)
    await place.expire("b")
    assert await place.admit("b") is False
    assert await place.release("a") == ["b"]


async def test_a_lease_is_prolonged_and_never_shortened(place: Place) -> None:
    await place.admit("a")
    await place.limits.prolong(place.tool, "a", 100)
    assert await place.left("a") == pytest.approx(100, abs=2)
    await place.limits.prolong(place.tool, "a", 1)
    assert await place.left("a") == pytest.approx(100, abs=2)
    await place.limits.prolong(place.tool, "nobody", 100)
    assert await place.holders() == {"a": True}


async def test_the_next_ones_look_soon_and_the_others_late(place: Place) -> None:
    waits = [(await place.limits.admit(place.tool, TWO, name)).wait for name in "abcdef"]
    assert waits == [0, 0, LEASE_SECONDS, LEASE_SECONDS, POLL_SECONDS, POLL_SECONDS]


# Calls in a period -------------------------------------------------------------------------------


async def test_calls_are_spread_evenly_over_their_period(place: Place) -> None:
    limit = RateLimit(max_calls=6, per_seconds=600)
    found = [await place.limits.admit(place.tool, limit, f"h{n}") for n in range(8)]
    assert all(each.granted for each in found)
    assert [each.wait for each in found] == pytest.approx([100.0 * n for n in range(8)], abs=5)


async def test_an_idle_period_saves_no_calls_up(place: Place) -> None:
    limit = RateLimit(max_calls=2, per_seconds=100)
    await place.limits.admit(place.tool, limit, "a")
    await place.connection.execute(
        "UPDATE tool_clocks SET next_at = now() - interval '1 hour' WHERE tool_id = $1", place.tool
    )
    waits = [(await place.limits.admit(place.tool, limit, name)).wait for name in "bcd"]
    assert waits == pytest.approx([0, 50, 100], abs=5)


async def test_whoever_asks_again_is_told_the_same_time(place: Place) -> None:
    limit = RateLimit(max_calls=1, per_seconds=100)
    await place.limits.admit(place.tool, limit, "a")
    for _ in range(3):
        assert (await place.limits.admit(place.tool, limit, "b")).wait == pytest.approx(100, abs=5)
    assert (await place.limits.admit(place.tool, limit, "c")).wait == pytest.approx(200, abs=5)


async def test_a_turn_that_was_given_while_nobody_looked_still_waits_for_its_time(
    place: Place,
) -> None:
    limit = RateLimit(max_concurrent=1, max_calls=1, per_seconds=100)
    await place.limits.admit(place.tool, limit, "a")
    await place.limits.admit(place.tool, limit, "b")
    (given,) = await place.limits.release(place.tool, limit, "a")
    assert (given.holder, given.wait) == ("b", pytest.approx(100, abs=5))
    found = await place.limits.admit(place.tool, limit, "b")
    assert (found.granted, found.wait) == (True, pytest.approx(100, abs=5))
    assert await place.left("b") == pytest.approx(100 + LEASE_SECONDS, abs=5)


async def test_another_attempt_takes_a_turn_too(place: Place) -> None:
    limit = RateLimit(max_calls=1, per_seconds=100)
    await place.limits.admit(place.tool, limit, "a")
    assert await place.limits.next_turn(place.tool, limit) == pytest.approx(100, abs=5)
    assert await place.limits.next_turn(place.tool, ONE) == 0
    assert (await place.limits.admit(place.tool, limit, "b")).wait == pytest.approx(200, abs=5)


# While a block runs ------------------------------------------------------------------------------


async def test_a_block_holds_its_place_and_keeps_its_lease(place: Place) -> None:
    async with place.limits.held(place.tool, ONE, "a", nobody):
        await place.expire("a")
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while await place.left("a") < 0:
                await asyncio.sleep(0.1)
        assert await place.admit("b") is False
        assert await place.left("a") <= LEASE_SECONDS
    assert await place.holders() == {"a": True, "b": False}, "who passes it on is another question"


async def test_a_block_waits_for_its_turn(place: Place) -> None:
    await place.admit("first")

    async def enter() -> None:
        async with place.limits.held(place.tool, ONE, f"{ALONE}b", nobody):
            pass

    entering = asyncio.create_task(enter())
    await asyncio.sleep(0.6)
    assert not entering.done()
    await place.release("first")
    await asyncio.wait_for(entering, 10)


async def test_a_turn_that_comes_too_late_is_refused_and_given_back(place: Place) -> None:
    limit = RateLimit(max_calls=1, per_seconds=3_600)
    assert await place.admit("a", limit)
    for _ in range(3):
        with pytest.raises(RateLimited) as refused:
            async with place.limits.held(place.tool, limit, f"{ALONE}b", nobody):
                raise AssertionError
        assert refused.value.retry_after == pytest.approx(3_600, abs=5)
    assert await place.holders() == {"a": True}
    found = await place.limits.admit(place.tool, limit, "c")
    assert found.wait == pytest.approx(3_600, abs=5), "refused calls did not use it up"


async def test_no_database_is_a_typed_error() -> None:
    limits = ToolLimits(Database("postgresql://nobody@127.0.0.1:9/none"))
    for asked in (limits.admit, limits.release):
        with pytest.raises(DatabaseUnavailable):
            await asked(str(uuid4()), ONE, "a")


# Any order of events -----------------------------------------------------------------------------

HOLDERS = st.sampled_from("abcdef")
LIMITS = st.integers(1, 3)


class Queue:
    """What the table should hold: holders in order, each granted or waiting, each alive or not."""

    def __init__(self) -> None:
        self.granted: dict[str, bool] = {}
        self.dead: set[str] = set()

    def admit(self, holder: str, most: int) -> bool:
        self.granted.setdefault(holder, False)
        self.dead.discard(holder)
        self._grant(most)
        return self.granted[holder]

    def release(self, holder: str, most: int) -> list[str]:
        self.granted.pop(holder, None)
        self.dead.discard(holder)
        return self._grant(most)

    def _grant(self, most: int) -> list[str]:
        for holder in self.dead:
            self.granted.pop(holder, None)
        self.dead.clear()
        free = max(most - sum(self.granted.values()), 0)
        found = [holder for holder, granted in self.granted.items() if not granted][:free]
        self.granted.update(dict.fromkeys(found, True))
        return found


def machine(url: str) -> type[RuleBasedStateMachine]:
    """Any order of asking, leaving, dying and renewing, by two workers in turn."""

    class Limits(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.databases = [Database(url), Database(url)]
            self.connection = self.runner.run(asyncpg.connect(url))
            self.place = Place(self.connection, [ToolLimits(each) for each in self.databases])
            self.place.tool = self.runner.run(new_tool(self.connection))
            self.model = Queue()
            self.most = 1

        @rule(holder=HOLDERS, most=LIMITS, worker=st.integers(0, 1))
        def admit(self, holder: str, most: int, worker: int) -> None:
            limit = RateLimit(max_concurrent=most)
            known = set(self.model.granted)
            found = self.runner.run(
                self.place.workers[worker].admit(self.place.tool, limit, holder)
            )
            before = dict(self.model.granted)
            assert found.granted == self.model.admit(holder, most)
            new = {h for h, granted in self.model.granted.items() if granted and not before.get(h)}
            assert {each.holder for each in found.others} == new - {holder}
            assert {each.holder for each in found.others} <= known
            self.most = max(self._running(), most)

        @rule(holder=HOLDERS, most=LIMITS)
        def release(self, holder: str, most: int) -> None:
            limit = RateLimit(max_concurrent=most)
            found = self.runner.run(self.place.release(holder, limit))
            assert found == self.model.release(holder, most)
            self.most = max(self._running(), most)

        @rule(holder=HOLDERS)
        def expire(self, holder: str) -> None:
            self.runner.run(self.place.expire(holder))
            self.model.dead |= {holder} & self.model.granted.keys()

        @rule(holder=HOLDERS)
        def prolong(self, holder: str) -> None:
            self.runner.run(self.place.limits.prolong(self.place.tool, holder, 100))
            self.model.dead.discard(holder)

        @invariant()
        def the_table_is_the_model(self) -> None:
            rows = self.runner.run(self.place.holders())
            assert list(rows.items()) == list(self.model.granted.items())
            assert sum(rows.values()) <= self.most

        def _running(self) -> int:
            return sum(self.model.granted.values())

        def teardown(self) -> None:
            for database in self.databases:
                self.runner.run(database.close())
            self.runner.run(self.connection.close())
            self.runner.close()

    return Limits


def test_no_order_of_events_lets_more_in_than_may(migrated_url: str) -> None:
    run_state_machine_as_test(
        machine(migrated_url),
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
