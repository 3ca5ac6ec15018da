"""What a schedule starts, on a real Temporal and a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, Worker

from activities.database import Database
from activities.firing import FiringActivities
from models.session import create_session_factory
from models.trigger import Trigger, TriggerFiring
from temporal_workflows.contracts import (
    ENDED_SIGNAL,
    REFRESH_SIGNAL,
    SCHEDULED_RUN,
    ScheduledRunInput,
    schedule_id,
    workflow_id,
)
from temporal_workflows.registry import workflow_runner
from temporal_workflows.scheduled_run import ScheduledRun
from tests.triggers import Sessions, firings_of, new_trigger, run_of

Handle = WorkflowHandle[ScheduledRun, None]
Start = Callable[..., Awaitable[Handle]]


@workflow.defn(name="Lasting")
class Lasting:
    """Stands for a run that goes on until it is cancelled."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.wait_condition(lambda: False)


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions that commit."""
    return create_session_factory(engine)


@pytest.fixture
async def queue(temporal_client: Client, migrated_url: str) -> AsyncIterator[str]:
    """A worker's task queue."""
    database, name = Database(migrated_url), f"scheduled-{uuid4().hex}"
    worker = Worker(
        temporal_client,
        task_queue=name,
        workflows=[ScheduledRun, Lasting],
        activities=FiringActivities(database).all,
        workflow_runner=workflow_runner(),
    )
    async with worker:
        yield name
    await database.close()


@pytest.fixture
def start(temporal_client: Client, queue: str) -> Start:
    """Starts a scheduled run as its schedule does."""

    async def begin(trigger: Trigger, *, waits: bool = True) -> Handle:
        return await temporal_client.start_workflow(
            SCHEDULED_RUN,
            ScheduledRunInput(trigger_id=str(trigger.id), waits=waits),
            id=f"{schedule_id(str(trigger.id))}-{uuid4().hex}",
            task_queue=queue,
        )

    return begin


async def fired(sessions: Sessions, trigger: Trigger) -> TriggerFiring:
    """Its firing, once it is there."""
    async with asyncio.timeout(15):
        while True:
            for row in await firings_of(sessions, trigger):
                return row
            await asyncio.sleep(0.02)


async def replayed(handle: Handle) -> None:
    """Its history leads to the same decisions again."""
    replayer = Replayer(
        workflows=[ScheduledRun],
        workflow_runner=workflow_runner(),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(await handle.fetch_history())


async def test_it_goes_on_until_it_is_told_that_the_run_is_over(
    sessions: Sessions, start: Start
) -> None:
    trigger = await new_trigger(sessions)
    handle = await start(trigger)
    row = await fired(sessions, trigger)
    assert (row.status, row.temporal_workflow_id) == ("pending", handle.id)
    await asyncio.sleep(0.3)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.signal(ENDED_SIGNAL)
    await asyncio.wait_for(handle.result(), 10)
    assert len(await firings_of(sessions, trigger)) == 1
    await replayed(handle)


async def test_it_goes_on_in_another_history_as_the_same_firing(
    sessions: Sessions, start: Start, temporal_client: Client
) -> None:
    trigger = await new_trigger(sessions)
    handle = await start(trigger)
    row = await fired(sessions, trigger)
    first = (await handle.describe()).run_id
    await handle.signal(REFRESH_SIGNAL)
    async with asyncio.timeout(10):
        while (
            now := await temporal_client.get_workflow_handle(handle.id).describe()
        ).run_id == first:
            await asyncio.sleep(0.05)
    assert now.status is WorkflowExecutionStatus.RUNNING
    assert [each.id for each in await firings_of(sessions, trigger)] == [row.id]
    await temporal_client.get_workflow_handle(handle.id).cancel()
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 10)
    assert (await fired(sessions, trigger)).status == "withdrawn"


async def test_without_waiting_it_only_fires(sessions: Sessions, start: Start) -> None:
    trigger = await new_trigger(sessions)
    handle = await start(trigger, waits=False)
    await asyncio.wait_for(handle.result(), 10)
    assert (await fired(sessions, trigger)).status == "pending"


async def test_cancelled_it_withdraws_what_has_not_started(
    sessions: Sessions, start: Start
) -> None:
    trigger = await new_trigger(sessions)
    handle = await start(trigger)
    await fired(sessions, trigger)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 10)
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert (await fired(sessions, trigger)).status == "withdrawn"
    await replayed(handle)


async def test_cancelled_it_cancels_the_run_and_waits_for_its_end(
    sessions: Sessions, start: Start, temporal_client: Client, queue: str
) -> None:
    trigger = await new_trigger(sessions)
    handle = await start(trigger)
    row = await fired(sessions, trigger)
    await run_of(sessions, trigger, row.id)
    await handle.cancel()
    await asyncio.sleep(0.3)  # the run was accepted, and Temporal does not know it yet
    run = await temporal_client.start_workflow(
        Lasting.run, id=workflow_id(str(row.id)), task_queue=queue
    )
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(run.result(), 15)
    assert (await run.describe()).status is WorkflowExecutionStatus.CANCELED
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.signal(ENDED_SIGNAL)
    with pytest.raises(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 10)
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    await replayed(handle)
