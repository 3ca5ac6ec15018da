"""The one workflow that runs any graph: a thin shell around the scheduler."""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from models.enums import ExecutionStatus, NodeType
from models.graph.compatibility import Compatibility, Reason, compatibility, ends_of
from models.graph.expression import ExpressionError, render_value
from models.graph.limits import MAX_INLINE_BYTES
from models.graph.node import (
    CONTAINER_TYPES,
    ApprovalNode,
    EventNode,
    LoopNode,
    ParallelNode,
    TriggerNode,
)
from models.graph.values import Json, encoded_size
from temporal_workflows.commands import Commands
from temporal_workflows.compensation import Compensations
from temporal_workflows.contracts import (
    ADMITTED_SIGNAL,
    COMPATIBILITY_QUERY,
    DECIDE_UPDATE,
    EVENT_SIGNAL,
    GRAPH_WORKFLOW,
    PAUSE_SIGNAL,
    REFRESH_SIGNAL,
    RESUME_SIGNAL,
    STATE_CHUNK_BYTES,
    STATUS_QUERY,
    UPGRADE_UPDATE,
    Activity,
    Admitted,
    Decision as PersonsDecision,
    DecisionTaken,
    Envelope,
    EventArrival,
    GraphInput,
    GraphResult,
    NodeError,
    NodeRecord,
    Records,
    RecordTask,
    RunState,
    StateChunks,
    StateTask,
    Upgrade,
    activity_id,
)
from temporal_workflows.failures import TIMEOUT, node_error, run_failure
from temporal_workflows.node_runs import NodeFailed, NodeRuns
from temporal_workflows.policies import NEWEST_BUILD
from temporal_workflows.scheduler import (
    AskWhile,
    Close,
    Decision,
    Frame,
    Outcome,
    Place,
    Run,
    Scheduler,
    Settle,
    Stop,
)
from temporal_workflows.scope import scope_for

UPGRADE_REFUSED = "UpgradeRefused"
RUN = Place("run")  # stands for the whole run in ids of its own activities: `run#…`
MAX_HISTORY_BYTES = 10 * 1024 * 1024
MAX_INLINE_STATE = 256 * 1024
MAX_BATCH = 200
# How they end is told by records only.
SILENT = CONTAINER_TYPES | {NodeType.APPROVAL, NodeType.EVENT}


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
        self.compensations = Compensations(self.scheduler, self._compensate, self._may_compensate)
        self.tasks: dict[Place, asyncio.Task[Outcome | None]] = {}
        self.records: list[NodeRecord] = []
        self.recording: asyncio.Task[None] | None = None
        self.sent_records = 0
        self.limits: dict[Place, asyncio.Task[None]] = {}
        self.held: list[Decision] = []
        self.paused = start.state is not None and start.state.paused
        self.rotate = self.refreshing = False
        self.upgrade: Upgrade | None = None
        self.cancelling = False
        self.undone = 0
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
            if self.scheduler.error is not None:
                raise run_failure(self.scheduler.error)
            return GraphResult(output=await self._output())
        except asyncio.CancelledError:
            await self._know_what_ran()
            if self.scheduler.frames:
                await self._cancel()
            await self._undo()
            raise
        except FailureError:
            await self._undo()
            raise

    @workflow.signal(name=ADMITTED_SIGNAL)
    def admitted(self, answer: Admitted) -> None:
        """Another run gave a limited tool up, and a node of this one is next."""
        self.commands.admit(answer)

    @workflow.signal(name=REFRESH_SIGNAL)
    def refresh(self) -> None:
        """Go on in another history as soon as that is possible: with the newest build."""
        self.refreshing = True

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

    @workflow.signal(name=EVENT_SIGNAL)
    def event(self, arrival: EventArrival) -> None:
        """An event that a node waits for; any other changes nothing."""
        self.nodes.events.arrive(arrival)

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: PersonsDecision) -> DecisionTaken:
        """A person says what a node waits for."""
        return self.nodes.approvals.decide(decision)

    @decide.validator
    def _may_decide(self, decision: PersonsDecision) -> None:
        self.nodes.approvals.check(decision)

    @workflow.update(name=UPGRADE_UPDATE)
    def take_upgrade(self, upgrade: Upgrade) -> None:
        """Go on with another version as soon as what runs has ended; what waits goes on waiting."""
        self.upgrade, self.rotate = upgrade, True

    @take_upgrade.validator
    def _may_upgrade(self, upgrade: Upgrade) -> None:
        found = self.compatibility(upgrade)
        if found.reasons:
            message = "; ".join(reason.message for reason in found.reasons)
            raise ApplicationError(message, found.model_dump(mode="json"), type=UPGRADE_REFUSED)

    @workflow.query(name=COMPATIBILITY_QUERY)
    def compatibility(self, upgrade: Upgrade) -> Compatibility:
        """Whether the run could go on with another version as it stands now."""
        found = compatibility(
            self.start.graph,
            upgrade.graph,
            ended={key for frame in self.scheduler.frames.values() for key in _began(frame)},
            running={place.key for place in self.scheduler.running()} - self._not_begun(),
        )
        if self.cancelling or self.scheduler.done:
            found.reasons.append(Reason(code="RUN_ENDS", message="the run is ending"))
        return found

    @workflow.query(name=STATUS_QUERY)
    def status(self) -> list[str]:
        """Activity ids of the nodes that run now."""
        undoing = [self.compensations.running] if self.compensations.running else []
        running = [*self.scheduler.running(), *undoing]
        return [activity_id(place.key, place.path) for place in running]

    # Progress ------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        state = self.start.state
        if state is None:
            self._apply(self.scheduler.start())
            return
        self.nodes.deadlines = {Place(key, path): when for key, path, when in state.deadlines}
        dumped = state.scheduler or await self._load(state)
        if state.edges is None:
            self._apply(self.scheduler.load(dumped))
        else:
            self._apply(self.scheduler.adopt(dumped, state.edges))
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
        if isinstance(node, ApprovalNode | EventNode):  # no event tells how it ends
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

    async def _know_what_ran(self) -> None:
        """A run that is cancelled while it loads its state has still to undo what is in it."""
        if self.scheduler.frames or not self.start.graph.compensations:
            return
        self.paused = True  # nothing begins by the way
        with suppress(FailureError):  # the state is gone, and with it what was done
            await self._to_its_end(self._begin())

    def _stop_all(self) -> None:
        self.cancelling, self.paused = True, False
        held, self.held = self.held, []
        self._apply(held)
        self._apply(self.scheduler.cancel())

    async def _cancel(self) -> None:
        self._stop_all()
        while not self._settled():
            # A second request to cancel changes nothing; what runs is already being stopped.
            with suppress(asyncio.CancelledError):
                await workflow.wait_condition(self._settled)

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Shield work: a request to cancel lets it go on if it was paused, and no more."""
        task = asyncio.create_task(work)
        while not task.done():
            try:
                await workflow.wait_condition(task.done)
            except asyncio.CancelledError:
                self.paused = False
        task.result()

    # Compensation --------------------------------------------------------------------------------

    async def _undo(self) -> None:
        """Undo what completed, if anything has a compensation; only termination stops it."""
        if self.scheduler.undoable:
            self.upgrade = None
            await self._to_its_end(self._undo_all())

    async def _undo_all(self) -> None:
        if self.tasks:  # the run fails before its nodes ended: what they did could not be recorded
            self._stop_all()
            await workflow.wait_condition(lambda: not self.tasks)
        await self.compensations.run()
        await workflow.wait_condition(lambda: self.recording is None)

    async def _may_compensate(self) -> None:
        await workflow.wait_condition(lambda: not self.paused)
        # A cancelled run ends as cancelled only in the history that was asked to.
        if self.undone and not self.cancelling and self._is_long():
            await workflow.wait_condition(lambda: self.recording is None)
            await self._continue_as_new()

    async def _compensate(self, place: Place) -> None:
        task = asyncio.create_task(self.nodes.run(place))
        await workflow.wait_condition(task.done)
        self._outcome(place, task)
        self.undone += 1

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
        """Whether to go on in another history; nothing new starts until what runs has ended."""
        if self.rotate or self.cancelling:
            return self.rotate and not self.cancelling
        length = workflow.info().get_current_history_length()
        # A child may run for days: do not hold its siblings for it until there is no choice.
        self.rotate = (self.refreshing or self._is_long()) and (
            length > 2 * self.start.max_events or not self._children()
        )
        return self.rotate

    def _is_long(self) -> bool:
        info = workflow.info()
        long = info.get_current_history_length() > self.start.max_events
        return long or info.get_current_history_size() > MAX_HISTORY_BYTES

    def _children(self) -> bool:
        by_key = self.start.graph.by_key
        below = {NodeType.WORKFLOW, NodeType.AGENT}
        return any(by_key[place.key].type in below for place in self.tasks)

    def _drained(self) -> bool:
        """Whether only timers still run; they go on in the next run."""
        timers_only = all(place in self.nodes.deadlines for place in self.tasks)
        idle = timers_only and not self.nodes.events.holding
        return self._rotating() and idle and self.recording is None

    async def _continue_as_new(self) -> NoReturn:
        if self.upgrade is not None:
            self.scheduler.withdraw(found.place for found in self.held if isinstance(found, Run))
        self.nodes.events.leave()
        text = json.dumps(self.scheduler.dump(), separators=(",", ":"))
        state = RunState(
            deadlines=[(place.key, place.path, at) for place, at in self.nodes.deadlines.items()],
            paused=self.paused,
            questions=self.nodes.approvals.open_questions(),
        )
        if len(text) <= MAX_INLINE_STATE:
            state.scheduler = json.loads(text)
        else:
            task = StateTask(context=self.commands.context(RUN), text=text)
            saved = await self.commands.local(
                Activity.SAVE_STATE, task, RUN, title="save", purpose="save", result=StateChunks
            )
            state.chunks = saved.chunks
        state.events = self.nodes.events.arrivals()
        workflow.continue_as_new(self._following(state), initial_versioning_behavior=NEWEST_BUILD)

    def _not_begun(self) -> set[str]:
        """Keys of nodes that are held back wherever they are to run."""
        held = {found.place for found in self.held if isinstance(found, Run)}
        begun = {place.key for place in self.scheduler.running() if place not in held}
        return {place.key for place in held} - begun

    def _following(self, state: RunState) -> GraphInput:
        """What the next run of the chain is given."""
        if self.upgrade is None:
            return self.start.model_copy(update={"state": state})
        state.edges = [ends_of(edge) for edge in self.start.graph.edges]
        chosen = {name: getattr(self.upgrade, name) for name in type(self.upgrade).model_fields}
        return self.start.model_copy(update={"state": state, **chosen})

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


def _began(frame: Frame) -> list[str]:
    """Keys of the nodes that ended after they began: what was skipped may change."""
    never = (ExecutionStatus.SKIPPED, ExecutionStatus.CANCELLED)
    return [key for key, found in frame.outcomes.items() if found.status not in never]


def _first_trigger(start: GraphInput) -> str | None:
    triggers = [node for node in start.graph.nodes if isinstance(node, TriggerNode)]
    enabled = [node for node in triggers if not node.disabled]
    return next((node.key for node in enabled or triggers), None)
