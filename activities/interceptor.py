"""Around every activity: heartbeats for the server, typed failures for the graph, hints for the mirror."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.errors import ToolError, application_error, typed
from activities.hints import Hints
from activities.live import LIVE, LiveLines
from temporal_workflows.contracts import NodeContext, execution_id

HINT_FUNCTION = "pastetrader_hint"


class RunInterceptor(Interceptor):
    """Installs the parts below on a worker."""

    def __init__(self, hints: Hints) -> None:
        self._hints = hints

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See base class."""
        return _Activities(next, self._hints)

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """See base class."""
        input.unsafe_extern_functions[HINT_FUNCTION] = self._hints.hint
        return _Workflows


class _Activities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, hints: Hints) -> None:
        super().__init__(next)
        self._hints = hints

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        try:
            async with _heartbeats():
                return await self._typed(input)
        except asyncio.CancelledError:
            if activity.is_worker_shutdown():
                raise ApplicationError("the worker shut down", type="WorkerShutdown") from None
            raise
        finally:
            found = execution_id(info.workflow_id or "")
            if found is not None:
                self._hints.hint(found)

    async def _typed(self, input: ExecuteActivityInput) -> Any:
        try:
            with typed():
                return await self.next.execute_activity(input)
        except ToolError as error:
            context = getattr(input.args[0], "context", None) if input.args else None
            if not isinstance(context, NodeContext):
                context = NodeContext(execution_id="", node_key="")
            raise application_error(error, context, attempt=activity.info().attempt) from error


@asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    """Beat four times per timeout while the activity runs; a beat also brings cancellation."""
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return
    lines = LiveLines(activity.info().attempt)
    LIVE.set(lines)
    beating = asyncio.create_task(_beat(timeout.total_seconds() / 4, lines))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(interval: float, lines: LiveLines) -> None:
    while True:
        activity.heartbeat(*lines.beat())
        await asyncio.sleep(interval)


class _Workflows(WorkflowInboundInterceptor):
    """Hints once more when a run ends: its last event follows its last activity."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self._hint()
        ended = True
        try:
            return await self.next.execute_workflow(input)
        except GeneratorExit:  # dropped from the worker's memory
            ended = False
            raise
        finally:
            if ended:
                self._hint()

    def _hint(self) -> None:
        found = execution_id(workflow.info().workflow_id)
        if found is not None and not workflow.unsafe.is_replaying():
            with workflow.unsafe.sandbox_unrestricted():
                hint: Callable[[str], None] = workflow.extern_functions()[HINT_FUNCTION]
                hint(found)
