"""What a schedule starts: it lets its trigger fire, and stands for the run until that is over."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from temporal_workflows.contracts import (
    ENDED_SIGNAL,
    REFRESH_SIGNAL,
    SCHEDULED_RUN,
    Activity,
    FiringState,
    FiringTask,
    ScheduledRunInput,
    workflow_id,
)
from temporal_workflows.policies import FIRING_RETRY, FIRING_TIMEOUT, NEWEST_BUILD

SCHEDULED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
# The end is told by signal; whether it was missed is looked at again, ever less often.
FIRST_LOOK = timedelta(minutes=1)
LAST_LOOK = timedelta(days=1)
# A run that was accepted is known to Temporal a little later.
CANCEL_AGAIN = timedelta(seconds=1)


@workflow.defn(name=SCHEDULED_RUN)
class ScheduledRun:
    """One firing of a schedule; Temporal's overlap policies look at whether it still goes on."""

    def __init__(self) -> None:
        self._ended = False
        self._refreshing = False

    @workflow.run
    async def run(self, given: ScheduledRunInput) -> None:
        """Fire, and with `waits` go on until the run is over; when cancelled, the run is too."""
        info = workflow.info()
        task = FiringTask(
            trigger_id=given.trigger_id,
            key=info.workflow_id,
            run_id=info.first_execution_run_id,
            scheduled_at=given.scheduled_at or _time(info),
        )
        try:
            await self._fire(task, waits=given.waits)
            if self._refreshing and not self._ended:
                again = given.model_copy(update={"scheduled_at": task.scheduled_at})
                workflow.continue_as_new(again, initial_versioning_behavior=NEWEST_BUILD)
        except asyncio.CancelledError:
            await self._take_back(task)
            raise

    @workflow.signal(name=ENDED_SIGNAL)
    def ended(self) -> None:
        """The run is over, or there will be none."""
        self._ended = True

    @workflow.signal(name=REFRESH_SIGNAL)
    def refresh(self) -> None:
        """Go on in another history, with the newest build."""
        self._refreshing = True

    async def _fire(self, task: FiringTask, *, waits: bool) -> None:
        state = await _activity(Activity.FIRE, task)
        pause = FIRST_LOOK
        while waits and not state.over:
            if await _within(pause, lambda: self._ended or self._refreshing):
                return
            state = await _activity(Activity.FIRE, task)
            pause = min(pause * 2, LAST_LOOK)
        self._ended = True

    async def _take_back(self, task: FiringTask) -> None:
        """Withdraw what has not started; else cancel the run, and wait until it is over."""
        state = await _activity(Activity.WITHDRAW, task)
        if state.firing_id is None:
            return
        run = workflow.get_external_workflow_handle(workflow_id(state.firing_id))
        asked, pause = False, FIRST_LOOK
        while not state.over and not self._ended:
            if not asked:
                asked = await _cancelled(run)
            if not await _within(pause if asked else CANCEL_AGAIN, lambda: self._ended):
                state = await _activity(Activity.WITHDRAW, task)
            pause = min(pause * 2, LAST_LOOK) if asked else pause


async def _within(limit: timedelta, true: Callable[[], bool]) -> bool:
    try:
        await workflow.wait_condition(true, timeout=limit)
    except TimeoutError:
        return False
    return True


def _time(info: workflow.Info) -> datetime:
    """What the schedule started this for; its own start when a person started it by hand."""
    return info.typed_search_attributes.get(SCHEDULED_FOR, info.start_time)


async def _activity(name: str, task: FiringTask) -> FiringState:
    found: FiringState = await workflow.execute_activity(
        name,
        task,
        result_type=FiringState,
        start_to_close_timeout=FIRING_TIMEOUT,
        retry_policy=FIRING_RETRY,
    )
    return found


async def _cancelled(run: workflow.ExternalWorkflowHandle[object]) -> bool:
    """Ask the run to cancel; False when Temporal does not know it, as yet or any more."""
    try:
        await run.cancel()
    except ApplicationError:
        return False
    return True
