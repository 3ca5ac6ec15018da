"""The one workflow that runs any graph: a thin shell around the scheduler."""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from models.enums import ExecutionStatus, NodeType
from models.graph.expression import ExpressionError, render_value
from models.graph.limits import MAX_INLINE_BYTES
from models.graph.node import (
    CONTAINER_TYPES,
    ApprovalNode,
    LoopNode,
    ParallelNode,
    TriggerNode,
)
from models.graph.values import Json, encoded_size
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    ADMITTED_SIGNAL,
    DECIDE_UPDATE,
    GRAPH_WORKFLOW,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    STATE_CHUNK_BYTES,
    STATUS_QUERY,
    Activity,
    Admitted,
    Decision as PersonsDecision,
    Envelope,
    GraphInput,
    GraphResult,
    NodeError,
    NodeRecord,
    Records,
    RecordTask,
    RunState,
    StateChunks,
    StateTask,
    activity_id,
)
from temporal_workflows.failures import TIMEOUT, node_error, run_failure
from temporal_workflows.node_runs import NodeFailed, NodeRuns
from temporal_workflows.scheduler import (
    AskWhile,
    Close,
    Decision,
    Outcome,
    Place,
    Run,
    Scheduler,
    Settle,
    Stop,
)
from temporal_workflows.scope import scope_for

RUN = Place("run")  # stands for the whole run in ids of its own activities: `run#…`
MAX_HISTORY_BYTES = 10 * 1024 * 1024
MAX_INLINE_STATE = 256 * 1024
MAX_BATCH = 200
# How they end is told by records only.
SILENT = CONTAINER_TYPES | {NodeType.APPROVAL}


@workflow.defn(name=GRAPH_WORKFLOW)
class GraphWorkflow:
    """Starts what the scheduler names, reports how it ended, and records what no event tells."""

    @workflow.init
    def __init__(self, start: GraphInput) -> None:
        self.start = start
        self.commands = Commands(start)
        self.scheduler = Scheduler(
            start.graph, seeds=start.seeds, trigger_key=start.trigger_key or _first_trigger(start)
        )
        self.nodes = NodeRuns(start, self.scheduler, self.commands)
        self.tasks: dict[Place, asyncio.Task[Outcome | None]] = {}
        self.records: list[NodeRecord] = []
        self.recording: asyncio.Task[None] | None = None
        self.sent_records = 0
        self.limits: dict[Place, asyncio.Task[None]] = {}
        self.held: list[Decision] = []
        self.paused = start.state is not None and start.state.paused
        self.rotate = False
        self.cancelling = False
        self.broken: BaseException | None = None

    @workflow.run
    async def run(self, start: GraphInput) -> GraphResult:
        """Run the graph to its end, or as far as one history should go."""
        if start.started_at is None:
            start.started_at = workflow.info().workflow_start_time
        try:
            await self._begin()
            await workflow.wait_condition(lambda: self._settled() or self._drained())
            if not self._settled():
                await self._continue_as_new()
        except asyncio.CancelledError:
            if self.scheduler.frames:  # else the state was not loaded yet: nothing ran
                await self._cancel()
            raise
        if self.scheduler.error is not None:
            raise run_failure(self.scheduler.error)
        return GraphResult(output=await self._output())

    @workflow.signal(name=ADMITTED_SIGNAL)
    def admitted(self, answer: Admitted) -> None:
        """Another run gave a limited tool up, and a node of this one is next."""
        self.commands.admit(answer)

    @workflow.signal(name=PAUSE_SIGNAL)
    def pause(self) -> None:
        """Let what runs end, and begin nothing; timers and what runs below go on."""
        self.paused = not self.cancelling

    @workflow.signal(name=RESUME_SIGNAL)
    def resume(self) -> None:
        """Begin what was held back."""
        self.paused = False
        # A run that goes on in another history begins it there.
        held, self.held = self.held, []
        self._apply(held)

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: PersonsDecision) -> None:
        """A person says what a node waits for."""
        self.nodes.approvals.decide(decision)

    @decide.validator
    def _may_decide(self, decision: PersonsDecision) -> None:
        self.nodes.approvals.check(decision)

    @workflow.query(name=STATUS_QUERY)
    def status(self) -> list[str]:
        """Activity ids of the nodes that run now."""
        return [activity_id(place.key, place.path) for place in self.scheduler.running()]

    # Progress ------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        state = self.start.state
        if state is None:
            self._apply(self.scheduler.start())
            return
        self.nodes.deadlines = {Place(key, path): when for key, path, when in state.deadlines}
        self._apply(self.scheduler.load(state.scheduler or await self._load(state)))
        for place in list(self.scheduler.passes):
            self._limit(place)

    def _apply(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            if isinstance(decision, Run | AskWhile) and (self._rotating() or self.paused):
                self.held.append(decision)
            else:
                self._perform(decision)

    def _perform(self, decision: Decision) -> None:
        match decision:
            case Run(place):
                self._spawn(place, self._run(place))
            case AskWhile(place, index):
                self._spawn(place, self._ask(place, index))
            case Close(place, outcome):
                self._spawn(place, self._close(place, outcome))
            case Settle(place, outcome):
                self._record(place, outcome)
            case Stop(place):
                self._stop(place)

    def _stop(self, place: Place) -> None:
        if place in self.tasks:
            self.tasks[place].cancel()
        elif Run(place) in self.held:
            self.held.remove(Run(place))
            outcome = Outcome(ExecutionStatus.CANCELLED)
            self._record(place, outcome)
            self._apply(self.scheduler.finish(place, outcome))

    def _spawn(self, place: Place, work: Coroutine[Any, Any, Outcome | None]) -> None:
        task = asyncio.create_task(work)
        self.tasks[place] = task
        task.add_done_callback(lambda ended: self._ended(place, ended))

    def _ended(self, place: Place, task: asyncio.Task[Outcome | None]) -> None:
        if self.tasks.get(place) is task:
            del self.tasks[place]
        outcome = self._outcome(place, task)
        if outcome is not None:
            self._apply(self.scheduler.finish(place, outcome))

    def _outcome(self, place: Place, task: asyncio.Task[Outcome | None]) -> Outcome | None:
        """How the work ended; None while a container's passes go on."""
        failure = None if task.cancelled() else task.exception()
        if task.cancelled() or (failure is not None and is_cancelled_exception(failure)):
            outcome = Outcome(ExecutionStatus.CANCELLED)
            silent = self.start.graph.by_key[place.key].type in SILENT
            told = self.commands.told(place) and not silent
        elif failure is None:
            return task.result()
        else:
            outcome = Outcome(ExecutionStatus.FAILED, error=_error_of(failure, place))
            told = isinstance(failure, FailureError)
        if not told:
            self._record(place, outcome)
        return outcome

    # Work ----------------------------------------------------------------------------------------

    async def _run(self, place: Place) -> Outcome | None:
        node = self.start.graph.by_key[place.key]
        if isinstance(node, ApprovalNode):  # no event tells how it ends
            return await self._close(place, await self.nodes.run(place))
        if not isinstance(node, ParallelNode | LoopNode):
            return await self.nodes.run(place)
        items = await self.nodes.items(place, node)
        if "timeout_seconds" in node.model_fields_set:
            self.nodes.deadlines[place] = workflow.now() + timedelta(seconds=node.timeout_seconds)
            self._limit(place)
        self._apply(self.scheduler.open_container(place, items))
        return None

    def _limit(self, place: Place) -> None:
        """Watch a container's timeout, if it was given one."""
        deadline = self.nodes.deadlines.get(place)
        if deadline is not None:
            self.limits[place] = asyncio.create_task(self._expire(place, deadline))

    async def _expire(self, place: Place, deadline: datetime) -> None:
        left = (deadline - workflow.now()).total_seconds()
        await self.commands.wait(left, place, "timeout")
        seconds = self.start.graph.by_key[place.key].timeout_seconds
        message = f"the container did not end within {seconds:g} seconds (timeout_seconds)"
        error = NodeFailed(TIMEOUT, message).error(place)
        self._apply(self.scheduler.expire(place, error))

    async def _ask(self, place: Place, index: int) -> None:
        node = self.start.graph.by_key[place.key]
        assert isinstance(node, LoopNode)  # noqa: S101 - only loops are asked
        try:
            proceed = await self.nodes.proceed(place, node, index)
        except (NodeFailed, FailureError) as failure:
            if is_cancelled_exception(failure):
                raise
            self._apply(self.scheduler.fail_pass(place, _error_of(failure, place)))
        else:
            self._apply(self.scheduler.answer_while(place, proceed))

    async def _close(self, place: Place, outcome: Outcome) -> Outcome:
        """Record the end of what no event tells of; an output over the inline limit becomes an artifact."""
        self.nodes.deadlines.pop(place, None)
        if place in self.limits:
            self.limits.pop(place).cancel()
        record = _as_record(place, outcome)
        title = self.start.graph.by_key[place.key].title
        size = encoded_size(outcome.output)
        found = await self._send([record], place, title, "close", size)
        outcome.output = found.records[0].output
        return outcome

    # Records -------------------------------------------------------------------------------------

    def _record(self, place: Place, outcome: Outcome) -> None:
        self.records.append(_as_record(place, outcome))
        if self.recording is None:
            self._begin_recording()

    def _begin_recording(self) -> None:
        self.recording = asyncio.create_task(self._send_records())
        self.recording.add_done_callback(self._recorded)

    async def _send_records(self) -> None:
        await asyncio.sleep(0)  # what one event decides goes into one marker
        while self.records:
            batch, self.records = self.records[:MAX_BATCH], self.records[MAX_BATCH:]
            self.sent_records += 1
            size = sum(encoded_size(record.output) for record in batch)
            await self._send(batch, RUN, "record", f"record.{self.sent_records}", size)

    def _recorded(self, task: asyncio.Task[None]) -> None:
        self.recording = None
        self.broken = task.exception()
        # One that came after the last was sent and before this was called waits for nobody else.
        if self.records and self.broken is None:
            self._begin_recording()

    async def _send(
        self, records: list[NodeRecord], place: Place, title: str, purpose: str, size: int
    ) -> Records:
        task = RecordTask(context=self.commands.context(place), records=records)
        return await self.commands.local(
            Activity.RECORD,
            task,
            place,
            title=title,
            purpose=purpose,
            size=min(size, MAX_INLINE_BYTES),
            result=Records,
        )

    # Ends ----------------------------------------------------------------------------------------

    def _settled(self) -> bool:
        if self.broken is not None:
            raise self.broken
        return self.scheduler.done and not self.tasks and self.recording is None

    async def _cancel(self) -> None:
        self.cancelling, self.paused = True, False
        held, self.held = self.held, []
        self._apply(held)
        self._apply(self.scheduler.cancel())
        while not self._settled():
            # A second request to cancel changes nothing; what runs is already being stopped.
            with suppress(asyncio.CancelledError):
                await workflow.wait_condition(self._settled)

    async def _output(self) -> Json:
        template = self.start.graph.output
        output: Json = self.scheduler.output
        if template is not None:
            frame = self.scheduler.frames[None, ""]
            scope = scope_for(self.scheduler, self.start, frame, template)
            try:
                output = render_value(template, scope, field="output")
            except ExpressionError as error:
                failed = NodeFailed("ExpressionFailed", error.message, {"field": "output"})
                raise run_failure(failed.error(Place(""))) from error
        return await self.nodes.stored(RUN, "output", "output", output)

    # Continue-as-new -----------------------------------------------------------------------------

    def _rotating(self) -> bool:
        """Whether this history is long enough; nothing new starts until what runs has ended."""
        if self.rotate or self.cancelling:
            return self.rotate and not self.cancelling
        info = workflow.info()
        length = info.get_current_history_length()
        limit = self.start.max_events
        long = length > limit or info.get_current_history_size() > MAX_HISTORY_BYTES
        # A child may run for days: do not hold its siblings for it until there is no choice.
        self.rotate = long and (length > 2 * limit or not self._children())
        return self.rotate

    def _children(self) -> bool:
        by_key = self.start.graph.by_key
        below = {NodeType.WORKFLOW, NodeType.AGENT}
        return any(by_key[place.key].type in below for place in self.tasks)

    def _drained(self) -> bool:
        """Whether only timers still run; they go on in the next run."""
        timers_only = all(place in self.nodes.deadlines for place in self.tasks)
        return self._rotating() and timers_only and self.recording is None

    async def _continue_as_new(self) -> NoReturn:
        text = json.dumps(self.scheduler.dump(), separators=(",", ":"))
        state = RunState(
            deadlines=[(place.key, place.path, at) for place, at in self.nodes.deadlines.items()],
            paused=self.paused,
        )
        if len(text) <= MAX_INLINE_STATE:
            state.scheduler = json.loads(text)
        else:
            task = StateTask(context=self.commands.context(RUN), text=text)
            saved = await self.commands.local(
                Activity.SAVE_STATE, task, RUN, title="save", purpose="save", result=StateChunks
            )
            state.chunks = saved.chunks
        workflow.continue_as_new(self.start.model_copy(update={"state": state}))

    async def _load(self, state: RunState) -> dict[str, Any]:
        parts = []
        for number, chunk in enumerate(state.chunks):
            task = StateTask(context=self.commands.context(RUN), chunk=chunk)
            envelope = await self.commands.local(
                Activity.LOAD_STATE,
                task,
                RUN,
                title="load",
                purpose=f"load.{number}",
                size=STATE_CHUNK_BYTES,
                result=Envelope,
            )
            parts.append(str(envelope.output))
        loaded: dict[str, Any] = json.loads("".join(parts))
        return loaded


def _error_of(failure: BaseException, place: Place) -> NodeError:
    if isinstance(failure, NodeFailed):
        return failure.error(place)
    if isinstance(failure, FailureError):
        return node_error(failure, place)
    message = f"{type(failure).__name__}: {failure}"
    return NodeFailed("InternalError", message).error(place)


def _as_record(place: Place, outcome: Outcome) -> NodeRecord:
    return NodeRecord(
        node_key=place.key,
        path=place.path,
        status=outcome.status,
        output=outcome.output,
        error=outcome.error,
        reason=outcome.reason,
        handle=outcome.handle,
    )


def _first_trigger(start: GraphInput) -> str | None:
    triggers = [node for node in start.graph.nodes if isinstance(node, TriggerNode)]
    enabled = [node for node in triggers if not node.disabled]
    return next((node.key for node in enabled or triggers), None)
