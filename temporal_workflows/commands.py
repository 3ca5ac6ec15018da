"""The Temporal commands of a run, kept within what one workflow task may carry."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from models.graph.values import Json, encoded_size
from temporal_workflows.contracts import (
    AGENT_WORKFLOW,
    GRAPH_WORKFLOW,
    Activity,
    AdmitTask,
    Admitted,
    AgentInput,
    DraftTask,
    Envelope,
    GraphInput,
    GraphResult,
    NodeContext,
    ToolTask,
    TurnTask,
    activity_id,
    workflow_id,
)
from temporal_workflows.policies import (
    HEARTBEAT_TIMEOUT,
    LIMIT_RETRY,
    LOCAL_RETRY,
    LOCAL_TIMEOUT,
    retry_policy,
    start_to_close,
)
from temporal_workflows.scheduler import Place

# One workflow task answers in a single gRPC message of at most 4 MB.
MAX_TASK_BYTES = 2 * 1024 * 1024
# Temporal refuses more than 2,000 pending activities.
MAX_IN_FLIGHT = 400
# A place in a queue is lost when nobody asks for fifteen minutes.
LONGEST_PATIENCE = 300.0

Result = TypeVar("Result", bound=BaseModel)


class Commands:
    """Schedules activities, timers and children; holds back what would overflow a message."""

    def __init__(self, start: GraphInput | AgentInput) -> None:
        self._start = start
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._sent = 0
        self._seen_length = 0
        self._flushed: asyncio.Task[None] | None = None
        self._issued: dict[Place, int] = {}
        self._turns: dict[str, Admitted] = {}

    def context(self, place: Place) -> NodeContext:
        """Names the node to an activity."""
        return NodeContext(
            execution_id=self._start.execution_id,
            owner_id=self._start.owner_id,
            node_key=place.key,
            path=place.path,
        )

    async def local(
        self,
        name: str,
        task: BaseModel,
        place: Place,
        *,
        title: str,
        purpose: str = "",
        size: int = 0,
        result: type[Result],
    ) -> Result:
        """Run a local activity; `size` is the JSON size of what its result may repeat."""
        await self._admit(size)
        self._issue(place)
        found: Result = await workflow.execute_local_activity(
            name,
            task,
            result_type=result,
            activity_id=activity_id(place.key, place.path, purpose),
            summary=title,
            start_to_close_timeout=LOCAL_TIMEOUT,
            retry_policy=LOCAL_RETRY,
        )
        return found

    async def tool(self, task: ToolTask, place: Place, title: str) -> Envelope:
        """Run a tool on whichever worker is free, once its limit allows."""
        await self._admitted(task, place, title)
        try:
            return await self._remote(Activity.TOOL, task, place, title, _size(task))
        except BaseException as failure:
            # Between two attempts no worker is there to give the place up.
            if is_cancelled_exception(failure):
                await self._leave(task, place, title)
            raise

    async def turn(self, task: TurnTask, place: Place, title: str) -> Envelope:
        """One answer of a language model, on whichever worker is free."""
        size = encoded_size(task.inputs.model_dump(mode="json"))
        return await self._remote(Activity.TURN, task, place, title, size)

    async def draft(self, task: DraftTask, place: Place, title: str) -> Envelope:
        """A change of a draft, on whichever worker is free."""
        return await self._remote(Activity.DRAFT, task, place, title, encoded_size(task.inputs))

    async def _remote(
        self, name: str, task: ToolTask | TurnTask | DraftTask, place: Place, title: str, size: int
    ) -> Envelope:
        async with self._slots:
            await self._admit(size)
            self._issue(place)
            found: Envelope = await workflow.execute_activity(
                name,
                task,
                result_type=Envelope,
                activity_id=activity_id(place.key, place.path),
                summary=title,
                start_to_close_timeout=start_to_close(task.timeout_seconds),
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=retry_policy(task.retry),
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
            return found

    def admit(self, answer: Admitted) -> None:
        """The turn of a node that waits for a limited tool has come."""
        self._turns[answer.place] = answer

    async def _admitted(self, task: ToolTask, place: Place, title: str) -> None:
        """Wait for a turn with a limited tool; whoever gives it up tells who is next."""
        asked = _asked(task)
        if asked is None:
            return
        name = activity_id(place.key, place.path)
        try:
            answer = await self._ask_for_turn(Activity.ADMIT, asked, place, title)
            patience = 1.0
            while not answer.granted:
                with suppress(asyncio.TimeoutError):
                    await workflow.wait_condition(
                        lambda: name in self._turns,
                        # Asking is for lost words only: the longer it takes, the rarer it is.
                        timeout=min(answer.wait * patience, LONGEST_PATIENCE),
                        timeout_summary=f"{name}#limit",
                    )
                patience *= 1.5
                told = self._turns.pop(name, None)
                answer = told or await self._ask_for_turn(Activity.ADMIT, asked, place, title)
            if answer.wait > 0:
                await self.wait(answer.wait, place, "limit")
        except BaseException as failure:
            if is_cancelled_exception(failure):
                await self._leave(task, place, title)
            raise

    async def _leave(self, task: ToolTask, place: Place, title: str) -> None:
        asked = _asked(task)
        if asked is not None:
            await self._ask_for_turn(Activity.LEAVE, asked, place, title)

    async def _ask_for_turn(
        self, name: str, asked: AdmitTask, place: Place, title: str
    ) -> Admitted:
        await self._admit(0)
        found: Admitted = await workflow.execute_local_activity(
            name,
            asked,
            result_type=Admitted,
            activity_id=activity_id(place.key, place.path, "limit"),
            summary=title,
            start_to_close_timeout=LOCAL_TIMEOUT,
            retry_policy=LIMIT_RETRY,
        )
        return found

    async def agent(
        self, child: AgentInput, place: Place, seconds: float | None = None
    ) -> GraphResult:
        """Run an agent; it is cancelled with its parent, and timed only when `seconds` are given."""
        return await self._run_child(AGENT_WORKFLOW, child, place, seconds)

    async def child(
        self, child: GraphInput, place: Place, seconds: float | None = None
    ) -> GraphResult:
        """Run another workflow; it is cancelled with its parent, timed only with `seconds`."""
        return await self._run_child(GRAPH_WORKFLOW, child, place, seconds)

    async def _run_child(
        self, name: str, child: GraphInput | AgentInput, place: Place, seconds: float | None
    ) -> GraphResult:
        async with self._slots:
            await self._admit(encoded_size(child.model_dump(mode="json")))
            result: GraphResult = await workflow.execute_child_workflow(
                name,
                child,
                id=workflow_id(child.execution_id),
                result_type=GraphResult,
                static_summary=activity_id(place.key, place.path),
                task_timeout=workflow.info().task_timeout,
                execution_timeout=None if seconds is None else timedelta(seconds=seconds),
                parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
            )
            return result

    async def wait(self, seconds: float, place: Place, purpose: str = "") -> None:
        """A durable timer that names its node."""
        if not purpose:
            self._issue(place)
        await workflow.sleep(
            timedelta(seconds=max(seconds, 0.001)),
            summary=activity_id(place.key, place.path, purpose),
        )

    def told(self, place: Place) -> bool:
        """Whether a command of the node has reached the history, so that its end will too."""
        issued = self._issued.get(place)
        return issued is not None and issued < workflow.info().get_current_history_length()

    def _issue(self, place: Place) -> None:
        self._issued.setdefault(place, workflow.info().get_current_history_length())

    async def _admit(self, size: int) -> None:
        while self._carried() and self._carried() + size > MAX_TASK_BYTES:
            if self._flushed is None:
                self._flushed = asyncio.create_task(self._flush())
            await asyncio.shield(self._flushed)
        self._sent += size

    def _carried(self) -> int:
        length = workflow.info().get_current_history_length()
        if length != self._seen_length:
            self._seen_length, self._sent = length, 0
        return self._sent

    async def _flush(self) -> None:
        """Let a timer end this workflow task, so that its commands are sent."""
        await workflow.sleep(timedelta(milliseconds=1), summary="flush")
        self._sent = 0
        self._flushed = None


def _size(task: ToolTask) -> int:
    places: list[Json] = [place.model_dump(mode="json") for place in task.secrets]
    return encoded_size(task.inputs) + encoded_size(task.config) + encoded_size(places)


def _asked(task: ToolTask) -> AdmitTask | None:
    """The question for a turn; None for a tool without a limit."""
    if task.tool_id is None or task.rate_limit is None:
        return None
    return AdmitTask(context=task.context, tool_id=task.tool_id, rate_limit=task.rate_limit)
