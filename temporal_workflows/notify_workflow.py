"""The workflow of a notice: people are told, however long their server is away."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from temporal_workflows.contracts import (
    NOTIFY_WORKFLOW,
    Activity,
    NotifyInput,
    NotifyResult,
    NotifyTask,
)
from temporal_workflows.failures import failure_detail
from temporal_workflows.policies import (
    NOTIFY_DEADLINE,
    NOTIFY_RETRY,
    NOTIFY_TIMEOUT,
    retry_policy,
)


@workflow.defn(name=NOTIFY_WORKFLOW)
class NotifyWorkflow:
    """Tells everybody once; each of them is tried again on its own."""

    @workflow.run
    async def run(self, start: NotifyInput) -> NotifyResult:
        """Work for a day at most; what could not be told is in the result, not raised."""
        told = await asyncio.gather(
            *(_tell(task, number) for number, task in enumerate(_tasks(start)))
        )
        errors = [each.error for each in told if each.error is not None]
        return NotifyResult(
            attempts=max(each.attempts for each in told),
            error="; ".join(errors) or None,
            sent_at=None if errors else workflow.now(),
        )


def _tasks(start: NotifyInput) -> list[NotifyTask]:
    if not start.recipients:
        return [start.task]
    return [start.task.model_copy(update={"recipient": each}) for each in start.recipients]


async def _tell(task: NotifyTask, number: int) -> NotifyResult:
    try:
        told: NotifyResult = await workflow.execute_activity(
            Activity.NOTIFY,
            task,
            activity_id=f"{Activity.NOTIFY}-{number}",
            result_type=NotifyResult,
            start_to_close_timeout=NOTIFY_TIMEOUT,
            schedule_to_close_timeout=NOTIFY_DEADLINE,
            retry_policy=retry_policy(NOTIFY_RETRY),
        )
    except ActivityError as failure:
        if is_cancelled_exception(failure):
            raise
        return _given_up(failure)
    return told


def _given_up(failure: ActivityError) -> NotifyResult:
    """Why the last attempt failed; when time ran out, that is behind Temporal's own word for it."""
    cause: BaseException | None = failure.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    detail = failure_detail(cause) if cause is not None else None
    if detail is None:
        return NotifyResult(error="no worker told of it in time")
    return NotifyResult(attempts=detail.error.attempt, error=detail.error.message)
