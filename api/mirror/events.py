"""Temporal's history events as small typed facts, with payloads decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure as FailureProto
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.update.v1 import Request as UpdateRequest
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError, ChildWorkflowError

from models.enums import ExecutionStatus
from models.graph.values import Json
from temporal_workflows.contracts import (
    DECIDE_UPDATE,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    Decision,
    parse_activity_id,
)
from temporal_workflows.failures import failure_detail, node_error
from temporal_workflows.payloads import ENCODING
from temporal_workflows.scheduler import Place

LOCAL_ACTIVITY = "core_local_activity"
JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something ended badly: a `NodeError`, and what its attempt logged and cost."""

    error: JsonObject
    logs: Sequence[JsonObject] = ()
    usage: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What every fact has: the event that tells it."""

    event_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RunStarted(Fact):
    """`start` is the `GraphInput`; `continued` names the run before this one in the chain."""

    start: JsonObject
    continued: str | None


@dataclass(frozen=True, slots=True)
class RunEnded(Fact):
    """The run's end; `failure` unless it completed or was cancelled."""

    status: ExecutionStatus
    output: Json = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RunContinued(Fact):
    """The run goes on in another history."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Scheduled(Fact):
    """A remote activity was handed to the workers; `title` is what people read."""

    place: Place
    input: Json
    title: str = ""


@dataclass(frozen=True, slots=True)
class Started(Fact):
    """The attempt that ended the activity; earlier attempts failed, the last of them with `last`."""

    scheduled_id: int
    attempt: int
    last: Failure | None


@dataclass(frozen=True, slots=True)
class Ended(Fact):
    """The end of a remote activity or a child workflow, by the event that scheduled it."""

    scheduled_id: int
    status: ExecutionStatus
    output: Json = None
    failure: Failure | None = None
    logs: Sequence[JsonObject] = ()
    usage: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class LocalEnded(Fact):
    """A local activity, from start to end; `result` is what it returned."""

    activity: str
    place: Place
    purpose: str
    attempt: int
    started_at: datetime
    ended_at: datetime
    completed_at: datetime
    result: JsonObject | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class TimerStarted(Fact):
    """A timer that a node waits for."""

    place: Place
    purpose: str


@dataclass(frozen=True, slots=True)
class TimerEnded(Fact):
    """A timer fired or was cancelled."""

    started_id: int
    fired: bool


@dataclass(frozen=True, slots=True)
class Steered(Fact):
    """Somebody pauses the run, or lets it go on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Offered(Fact):
    """A decision that a run gets again after its reset; `Decided` tells when it is taken."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Decided(Fact):
    """A person's decision is taken: `decision`, or the one that event `offered_id` offered."""

    decision: Decision | None
    offered_id: int


@dataclass(frozen=True, slots=True)
class ChildInitiated(Fact):
    """A run below; `start` is its `GraphInput` or `AgentInput`."""

    place: Place
    start: JsonObject


@dataclass(frozen=True, slots=True)
class LiveAttempt:
    """An activity that has not ended: its attempt, and how the attempt before it ended.

    `lines` are the newest lines of its log, from number `first_line` on.
    """

    place: Place
    attempt: int
    running: bool
    started_at: datetime | None
    last: Failure | None
    first_line: int = 0
    lines: Sequence[JsonObject] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive events of one run: all from `first` to `last`, of which some tell facts."""

    run_id: str
    first: int
    last: int
    facts: Sequence[Fact]


async def read_page(run_id: str, events: Sequence[HistoryEvent], converter: DataConverter) -> Page:
    """Decode consecutive events, in order; `events` must not be empty."""
    reader = _Reader(converter)
    facts = [fact for event in events if (fact := await reader.read(event)) is not None]
    return Page(run_id, events[0].event_id, events[-1].event_id, facts)


class _Reader:
    def __init__(self, converter: DataConverter) -> None:
        self._converter = converter

    async def read(self, event: HistoryEvent) -> Fact | None:
        """The fact that an event tells; None for bookkeeping."""
        read = _READERS.get(event.event_type)
        return None if read is None else await read(self, event)

    # Runs ----------------------------------------------------------------------------------------

    async def run_started(self, event: HistoryEvent) -> Fact:
        details = event.workflow_execution_started_event_attributes
        start = await self._object(details.input)
        continued = details.continued_execution_run_id or None
        return RunStarted(event.event_id, _time(event), start, continued)

    async def run_completed(self, event: HistoryEvent) -> Fact:
        details = event.workflow_execution_completed_event_attributes
        result = await self._object(details.result)
        status = ExecutionStatus.COMPLETED
        return RunEnded(event.event_id, _time(event), status, result.get("output"))

    async def run_failed(self, event: HistoryEvent) -> Fact:
        details = event.workflow_execution_failed_event_attributes
        failure = await self._failure(details.failure, None)
        return RunEnded(event.event_id, _time(event), ExecutionStatus.FAILED, None, failure)

    async def run_cancelled(self, event: HistoryEvent) -> Fact:
        return RunEnded(event.event_id, _time(event), ExecutionStatus.CANCELLED)

    async def run_terminated(self, event: HistoryEvent) -> Fact:
        reason = event.workflow_execution_terminated_event_attributes.reason
        failure = _named("Terminated", reason or "the run was terminated")
        return RunEnded(event.event_id, _time(event), ExecutionStatus.CANCELLED, None, failure)

    async def run_timed_out(self, event: HistoryEvent) -> Fact:
        details = event.workflow_execution_timed_out_event_attributes
        if details.new_execution_run_id:
            return RunContinued(event.event_id, _time(event), details.new_execution_run_id)
        failure = _named("Timeout", "the run did not end within its timeout")
        return RunEnded(event.event_id, _time(event), ExecutionStatus.FAILED, None, failure)

    async def run_continued(self, event: HistoryEvent) -> Fact:
        details = event.workflow_execution_continued_as_new_event_attributes
        return RunContinued(event.event_id, _time(event), details.new_execution_run_id)

    # Activities ----------------------------------------------------------------------------------

    async def scheduled(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_scheduled_event_attributes
        task = await self._object(details.input)
        place, _ = parse_place(details.activity_id)
        summary = await self._first([event.user_metadata.summary])
        title = summary if isinstance(summary, str) else ""
        return Scheduled(event.event_id, _time(event), place, task.get("inputs"), title)

    async def started(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_started_event_attributes
        last = None
        if details.HasField("last_failure"):
            last = await self._failure(details.last_failure, None)
        return Started(
            event.event_id, _time(event), details.scheduled_event_id, details.attempt, last
        )

    async def completed(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_completed_event_attributes
        envelope = await self._object(details.result)
        return Ended(
            event.event_id,
            _time(event),
            details.scheduled_event_id,
            ExecutionStatus.COMPLETED,
            output=envelope.get("output"),
            logs=envelope.get("logs") or (),
            usage=envelope.get("usage"),
        )

    async def failed(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_failed_event_attributes
        return await self._ended_badly(event, details.scheduled_event_id, details.failure)

    async def timed_out(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_timed_out_event_attributes
        return await self._ended_badly(event, details.scheduled_event_id, details.failure)

    async def cancelled(self, event: HistoryEvent) -> Fact:
        details = event.activity_task_canceled_event_attributes
        status = ExecutionStatus.CANCELLED
        return Ended(event.event_id, _time(event), details.scheduled_event_id, status)

    async def marker(self, event: HistoryEvent) -> Fact | None:
        details = event.marker_recorded_event_attributes
        if details.marker_name != LOCAL_ACTIVITY:
            return None
        data = await self._object(details.details["data"])
        place, purpose = parse_place(data["activity_id"])
        failure = None
        if details.HasField("failure"):
            failure = await self._failure(details.failure, place)
        result = await self._object(details.details["result"]) if failure is None else None
        # One that was cancelled before it began has no time of its own.
        ended = data["complete_time"]
        completed = _parse_time(ended) if ended else _time(event)
        started = _parse_time(data["original_schedule_time"])
        return LocalEnded(
            event.event_id,
            _time(event),
            data["activity_type"],
            place,
            purpose,
            data["attempt"],
            started_at=started,
            ended_at=max(started, completed),
            completed_at=completed,
            result=result,
            failure=failure,
        )

    # Timers, people and children -----------------------------------------------------------------

    async def timer_started(self, event: HistoryEvent) -> Fact:
        summary = await self._first([event.user_metadata.summary])
        place, purpose = parse_place(summary if isinstance(summary, str) else "")
        return TimerStarted(event.event_id, _time(event), place, purpose)

    async def timer_fired(self, event: HistoryEvent) -> Fact:
        started = event.timer_fired_event_attributes.started_event_id
        return TimerEnded(event.event_id, _time(event), started, fired=True)

    async def timer_cancelled(self, event: HistoryEvent) -> Fact:
        started = event.timer_canceled_event_attributes.started_event_id
        return TimerEnded(event.event_id, _time(event), started, fired=False)

    async def signaled(self, event: HistoryEvent) -> Fact | None:
        name = event.workflow_execution_signaled_event_attributes.signal_name
        if name not in {PAUSE_SIGNAL, RESUME_SIGNAL}:
            return None
        return Steered(event.event_id, _time(event), name == PAUSE_SIGNAL)

    async def update_admitted(self, event: HistoryEvent) -> Fact | None:
        request = event.workflow_execution_update_admitted_event_attributes.request
        decision = await self._decision(request)
        return None if decision is None else Offered(event.event_id, _time(event), decision)

    async def update_accepted(self, event: HistoryEvent) -> Fact | None:
        details = event.workflow_execution_update_accepted_event_attributes
        decision, offered = None, details.accepted_request_sequencing_event_id
        if details.HasField("accepted_request"):
            decision = await self._decision(details.accepted_request)
            if decision is None:
                return None
        return Decided(event.event_id, _time(event), decision, offered)

    async def _decision(self, request: UpdateRequest) -> Decision | None:
        """The decision that an update carries; None for any other update."""
        if request.input.name != DECIDE_UPDATE:
            return None
        return Decision.model_validate(await self._object(request.input.args))

    async def child_initiated(self, event: HistoryEvent) -> Fact:
        details = event.start_child_workflow_execution_initiated_event_attributes
        summary = await self._first([event.user_metadata.summary])
        place, _ = parse_place(summary if isinstance(summary, str) else "")
        start = await self._object(details.input)
        return ChildInitiated(event.event_id, _time(event), place, start)

    async def child_refused(self, event: HistoryEvent) -> Fact:
        details = event.start_child_workflow_execution_failed_event_attributes
        failure = _named("ChildNotStarted", "the sub-workflow's id is taken")
        return Ended(
            event.event_id,
            _time(event),
            details.initiated_event_id,
            ExecutionStatus.FAILED,
            failure=failure,
        )

    async def child_completed(self, event: HistoryEvent) -> Fact:
        details = event.child_workflow_execution_completed_event_attributes
        result = await self._object(details.result)
        return Ended(
            event.event_id,
            _time(event),
            details.initiated_event_id,
            ExecutionStatus.COMPLETED,
            output=result.get("output"),
        )

    async def child_failed(self, event: HistoryEvent) -> Fact:
        details = event.child_workflow_execution_failed_event_attributes
        return await self._ended_badly(event, details.initiated_event_id, details.failure)

    async def child_cancelled(self, event: HistoryEvent) -> Fact:
        details = event.child_workflow_execution_canceled_event_attributes
        status = ExecutionStatus.CANCELLED
        return Ended(event.event_id, _time(event), details.initiated_event_id, status)

    async def child_timed_out(self, event: HistoryEvent) -> Fact:
        details = event.child_workflow_execution_timed_out_event_attributes
        failure = _named("Timeout", "the node did not end within its timeout")
        status = ExecutionStatus.FAILED
        return Ended(
            event.event_id, _time(event), details.initiated_event_id, status, failure=failure
        )

    async def child_terminated(self, event: HistoryEvent) -> Fact:
        details = event.child_workflow_execution_terminated_event_attributes
        failure = _named("TerminatedError", "the sub-workflow was terminated")
        status = ExecutionStatus.FAILED
        return Ended(
            event.event_id, _time(event), details.initiated_event_id, status, failure=failure
        )

    # Values --------------------------------------------------------------------------------------

    async def _ended_badly(
        self, event: HistoryEvent, scheduled_id: int, failure: FailureProto
    ) -> Fact:
        found = await self._failure(failure, None)
        return Ended(
            event.event_id,
            _time(event),
            scheduled_id,
            ExecutionStatus.FAILED,
            failure=found,
            logs=found.logs,
            usage=found.usage,
        )

    async def _failure(self, failure: FailureProto, place: Place | None) -> Failure:
        copied = FailureProto()
        copied.CopyFrom(failure)  # decoding a failure writes into it
        return failure_of(await self._converter.decode_failure(copied), place)

    async def _object(self, payloads: Payloads) -> JsonObject:
        found = await self._first(payloads.payloads)
        return found if isinstance(found, dict) else {}

    async def _first(self, payloads: Sequence[Payload]) -> Any:
        if not payloads or not payloads[0].metadata:
            return None
        (value,) = await self._converter.decode(payloads[:1])
        # What is encrypted shows nothing of what it holds.
        encrypted = payloads[0].metadata.get("encoding") == ENCODING
        return storable(value) if encrypted or b"\\u0000" in payloads[0].data else value


def failure_of(cause: BaseException, place: Place | None = None) -> Failure:
    """A decoded failure in the terms of its node; without `place`, `node_key` stays as recorded."""
    detail = failure_detail(cause) if isinstance(cause, ApplicationError) else None
    if detail is not None and place is None:
        error = detail.error
    else:
        error = node_error(_as_ended(cause), place or Place(""))
    return Failure(
        storable(error.model_dump(mode="json")),
        [storable(line.model_dump(mode="json")) for line in detail.logs] if detail else (),
        detail.usage.model_dump(mode="json") if detail else None,
    )


def storable(value: Any) -> Any:
    """JSON that PostgreSQL can hold: NUL characters are replaced."""
    match value:
        case str():
            return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
        case dict():
            return {storable(key): storable(item) for key, item in value.items()}
        case list():
            return [storable(item) for item in value]
    return value


def parse_place(activity_id: str) -> tuple[Place, str]:
    """The place and the purpose in an activity id."""
    key, path, purpose = parse_activity_id(activity_id)
    return Place(key, path), purpose


def _as_ended(cause: BaseException) -> ChildWorkflowError:
    """Wrapped as workflow code sees it, so that both translate it with the same function."""
    wrapped = ChildWorkflowError(
        "",
        namespace="",
        workflow_id="",
        run_id="",
        workflow_type="",
        initiated_event_id=0,
        started_event_id=0,
        retry_state=None,
    )
    wrapped.__cause__ = cause
    return wrapped


def _named(code: str, message: str) -> Failure:
    error = {"code": code, "message": storable(message), "node_key": "", "path": ""}
    return Failure({**error, "attempt": 1, "details": None})


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _parse_time(stamp: dict[str, int]) -> datetime:
    # As floats, like the SDK, so that times computed from it are the workflow's own.
    return datetime.fromtimestamp(stamp["seconds"] + stamp["nanos"] / 1e9, UTC)


_READERS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: _Reader.run_started,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: _Reader.run_completed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: _Reader.run_failed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: _Reader.run_cancelled,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: _Reader.run_terminated,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: _Reader.run_timed_out,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: _Reader.run_continued,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: _Reader.scheduled,
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: _Reader.started,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: _Reader.completed,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: _Reader.failed,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: _Reader.timed_out,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED: _Reader.cancelled,
    EventType.EVENT_TYPE_MARKER_RECORDED: _Reader.marker,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: _Reader.signaled,
    EventType.EVENT_TYPE_TIMER_STARTED: _Reader.timer_started,
    EventType.EVENT_TYPE_TIMER_FIRED: _Reader.timer_fired,
    EventType.EVENT_TYPE_TIMER_CANCELED: _Reader.timer_cancelled,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED: _Reader.update_admitted,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: _Reader.update_accepted,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: _Reader.child_initiated,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED: _Reader.child_refused,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED: _Reader.child_completed,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED: _Reader.child_failed,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED: _Reader.child_cancelled,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT: _Reader.child_timed_out,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED: _Reader.child_terminated,
}
