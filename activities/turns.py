"""An attempt's turn with a limited tool: held while it runs, kept for the next, passed on at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog
from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from activities.database import DatabaseUnavailable
from activities.errors import ToolError
from activities.limits import ALONE, LEASE_SECONDS, Granted, ToolLimits
from temporal_workflows.contracts import (
    ADMITTED_SIGNAL,
    Activity,
    AdmitTask,
    Admitted,
    NodeContext,
    ToolTask,
    activity_id,
    workflow_id,
)

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 0.5


class Turn:
    """What becomes of the place when the attempt ends; by default it is passed on."""

    def __init__(self, task: ToolTask, limits: ToolLimits) -> None:
        self._task = task
        self._limits = limits
        self.kept_seconds: float | None = None

    async def prepare(self, failure: ToolError, attempt: int) -> None:
        """Keep the place for the next attempt, if there is one, and its turn of the period."""
        task = self._task
        if task.tool_id is None or task.rate_limit is None:
            return
        final = not failure.retryable or failure.code in task.retry.non_retryable
        if final or attempt >= task.retry.max_attempts:
            return
        wait = 0.0
        with suppress(DatabaseUnavailable):  # the attempt's own failure is what counts
            wait = await self._limits.next_turn(task.tool_id, task.rate_limit)
        failure.retry_after = max(failure.retry_after or 0, wait)
        self.kept_seconds = max(task.retry.delay(attempt), failure.retry_after)


class Turns:
    """The turns of this worker's attempts, and the local activities that ask for them."""

    def __init__(self, limits: ToolLimits) -> None:
        self._limits = limits

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.admit, self.leave]

    @activity.defn(name=Activity.ADMIT)
    async def admit(self, task: AdmitTask) -> Admitted:
        """Ask for a turn; asking again changes nothing."""
        while True:
            try:
                found = await self._limits.admit(
                    task.tool_id, task.rate_limit, _holder(task.context)
                )
            except DatabaseUnavailable as error:  # worth waiting for; Temporal bounds it
                _log.warning("a turn waits for the database", error=error.message)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                await self._wake(task, found.others)
                return Admitted(granted=found.granted, wait=found.wait)

    @activity.defn(name=Activity.LEAVE)
    async def leave(self, task: AdmitTask) -> Admitted:
        """Leave the queue, or give the turn up."""
        try:
            await self._pass_on(task, _holder(task.context))
        except DatabaseUnavailable as error:
            _log.warning("a turn ends by itself", tool_id=task.tool_id, error=str(error))
        return Admitted(granted=False)

    @asynccontextmanager
    async def turn(self, task: ToolTask) -> AsyncIterator[Turn]:
        """Hold the attempt's turn while the block runs; nothing happens for tools without limit.

        Raises:
            RateLimited: a call outside of a run found no room.
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        turn = Turn(task, self._limits)
        if task.tool_id is None or task.rate_limit is None:
            yield turn
            return
        holder = _holder(task.context)
        asked = AdmitTask(context=task.context, tool_id=task.tool_id, rate_limit=task.rate_limit)
        wake = partial(self._wake, asked)
        async with self._limits.held(task.tool_id, task.rate_limit, holder, wake):
            try:
                yield turn
            except asyncio.CancelledError:
                if activity.is_worker_shutdown():  # another worker goes on with it
                    turn.kept_seconds = 0.0
                raise
            finally:
                # Also when the attempt is cancelled: the next one shall not wait for the lease's end.
                await asyncio.shield(self._end(asked, holder, turn.kept_seconds))

    async def _end(self, asked: AdmitTask, holder: str, kept_seconds: float | None) -> None:
        try:
            if kept_seconds is not None:
                await self._limits.prolong(asked.tool_id, holder, kept_seconds + LEASE_SECONDS)
            else:
                await self._pass_on(asked, holder)
        except ToolError as error:
            _log.warning("a turn ends by itself", tool_id=asked.tool_id, error=str(error))

    async def _pass_on(self, asked: AdmitTask, holder: str) -> None:
        granted = await self._limits.release(asked.tool_id, asked.rate_limit, holder)
        await self._wake(asked, granted)

    async def _wake(self, asked: AdmitTask, granted: Sequence[Granted]) -> None:
        """Tell holders that their turn has come; those that are gone pass it on."""
        waiting = list(granted)
        while waiting:
            each = waiting.pop()
            if not await _tell(each):
                waiting += await self._limits.release(asked.tool_id, asked.rate_limit, each.holder)


def _holder(context: NodeContext) -> str:
    place = activity_id(context.node_key, context.path)
    alone = "" if activity.info().workflow_id else ALONE
    return f"{alone}{context.execution_id}/{place}"


async def _tell(granted: Granted) -> bool:
    """Whether the holder still wants its turn; one that cannot be told looks by itself."""
    if granted.holder.startswith(ALONE):
        return True  # it asks often by itself
    execution_id, _, place = granted.holder.partition("/")
    run = activity.client().get_workflow_handle(workflow_id(execution_id))
    try:
        await run.signal(ADMITTED_SIGNAL, Admitted(place=place, wait=granted.wait))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        _log.warning("a turn could not be told", holder=granted.holder, error=str(error))
    return True
