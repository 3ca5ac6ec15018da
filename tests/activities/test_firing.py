"""Firings as a worker writes them, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.database import Database
from activities.firing import FiringActivities
from models.execution import WorkflowExecution
from models.session import create_session_factory
from models.trigger import Trigger
from temporal_workflows.contracts import FiringTask
from tests.triggers import Sessions, asked_for, firings_of, new_trigger, run_of

AT = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions that commit."""
    return create_session_factory(engine)


@pytest.fixture
async def worker(migrated_url: str) -> AsyncIterator[FiringActivities]:
    """The activities on a database."""
    database = Database(migrated_url)
    yield FiringActivities(database)
    await database.close()


def due(trigger: Trigger, at: datetime = AT) -> FiringTask:
    """What a scheduled run asks for; each is another run."""
    key = f"trigger-{trigger.id}-{at:%Y-%m-%dT%H:%M:%SZ}"
    return FiringTask(trigger_id=str(trigger.id), key=key, run_id=str(uuid4()), scheduled_at=at)


async def test_a_firing_is_written_once_however_often_it_is_asked_for(
    worker: FiringActivities, sessions: Sessions
) -> None:
    trigger = await new_trigger(sessions)
    task = due(trigger)
    found = await asyncio.gather(*(worker.fire(task) for _ in range(20)))
    found.append(await worker.fire(due(trigger)))  # the same time again
    [row] = await firings_of(sessions, trigger)
    assert {(state.firing_id, state.over) for state in found} == {(str(row.id), False)}
    assert (row.cause, row.status, row.scheduled_at) == ("schedule", "pending", AT)
    assert (row.key, row.temporal_workflow_id) == (task.key, task.key)
    assert row.owner_id == trigger.owner_id
    await worker.fire(due(trigger, AT + timedelta(seconds=1)))
    assert len(await firings_of(sessions, trigger)) == 2


async def test_what_was_asked_for_by_hand_is_taken_up_at_its_time(
    worker: FiringActivities, sessions: Sessions
) -> None:
    trigger = await new_trigger(sessions)
    first, second = [await asked_for(sessions, trigger, AT) for _ in range(2)]
    other = await asked_for(sessions, trigger, AT + timedelta(seconds=1))
    tasks = [due(trigger) for _ in range(3)]
    found = [await worker.fire(task) for task in tasks]
    again = [await worker.fire(task) for task in tasks]
    assert [state.firing_id for state in again] == [state.firing_id for state in found]
    assert [state.firing_id for state in found[:2]] == [str(first), str(second)]
    rows = {row.id: row for row in await firings_of(sessions, trigger)}
    assert (rows[first].status, rows[second].status, rows[other].status) == (
        "pending",
        "pending",
        "waiting",
    )
    assert rows[UUID(found[2].firing_id)].cause == "schedule"
    assert len(rows) == 4


async def test_a_deleted_trigger_fires_no_more(
    worker: FiringActivities, sessions: Sessions
) -> None:
    trigger = await new_trigger(sessions)
    async with sessions.begin() as session:
        (await session.get_one(Trigger, trigger.id)).soft_delete()
    state = await worker.fire(due(trigger))
    assert (state.firing_id, state.over) == (None, True)
    assert await firings_of(sessions, trigger) == []


async def test_only_what_has_not_started_is_withdrawn(
    worker: FiringActivities, sessions: Sessions
) -> None:
    trigger = await new_trigger(sessions)
    early, late = due(trigger), due(trigger, AT + timedelta(hours=1))
    await worker.fire(early)
    assert (await worker.withdraw(early)).over is True
    assert (await worker.fire(early)).over is True  # an attempt that comes late changes nothing
    started = (await worker.fire(late)).firing_id
    await run_of(sessions, trigger, UUID(started))
    state = await worker.withdraw(late)
    assert (state.firing_id, state.over) == (started, False)
    assert [row.status for row in await firings_of(sessions, trigger)] == ["withdrawn", "started"]

    async with sessions.begin() as session:
        ended = update(WorkflowExecution).where(WorkflowExecution.id == UUID(started))
        await session.execute(ended.values(status="completed", ended_at=func.now()))
    assert (await worker.fire(late)).over is True
