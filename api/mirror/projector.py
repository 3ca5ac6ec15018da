"""The pure projection of one execution's history: pages of facts in, row changes out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.mirror.approvals import Approvals, reason
from api.mirror.events import (
    ChildInitiated,
    Decided,
    Ended,
    Fact,
    Failure,
    JsonObject,
    LiveAttempt,
    LocalEnded,
    Offered,
    Page,
    RunContinued,
    RunEnded,
    RunStarted,
    Scheduled,
    Started,
    Steered,
    TimerEnded,
    TimerStarted,
    parse_place,
)
from api.mirror.rows import (
    ApprovalRow,
    Changes,
    ChildRow,
    Cursor,
    ExecutionRow,
    LogRow,
    NodeRow,
    log_row_id,
    node_row_id,
)
from models.enums import ApprovalStatus, ExecutionStatus, NodeType
from models.graph.node import CONTAINER_TYPES
from temporal_workflows.contracts import (
    APPROVAL_PURPOSE,
    EVENT_PURPOSE,
    IDLE_PURPOSE,
    REMINDER_PURPOSE,
    Activity,
)
from temporal_workflows.scheduler import Place

COMPLETED, FAILED = ExecutionStatus.COMPLETED, ExecutionStatus.FAILED
CANCELLED, RUNNING = ExecutionStatus.CANCELLED, ExecutionStatus.RUNNING
WAITING, SKIPPED = ExecutionStatus.WAITING, ExecutionStatus.SKIPPED
NODE_ACTIVITIES = frozenset(
    {Activity.TRIGGER, Activity.CONDITION, Activity.ADAPTER, Activity.AGGREGATOR}
)
# What `evaluate` is for, and the status that its node has from then on.
OPENING = {"items": RUNNING, "workflow": RUNNING, "delay": WAITING, EVENT_PURPOSE: WAITING}
# A node that is an execution of its own below; a turn of an agent's run is none.
CHILDREN = frozenset({NodeType.WORKFLOW, NodeType.AGENT})
REMOTE = frozenset({NodeType.TOOL, NodeType.AGENT})
TURN, SUMMARY = "turn_", "summary_"  # nodes of an agent's run are `turn_2` and `call_2_1`
UNRECORDED = "Unrecorded"


class Projector:
    """State of one execution between pages; the same pages give the same rows.

    Pages may repeat and overlap: what is before the cursor changes nothing, and a page that does
    not continue the cursor's run without a gap is refused. Rows only move forward, and never
    after their end.

    Args:
        carried: Rows of earlier runs of the chain that are still open.
    """

    def __init__(self, execution: ExecutionRow, carried: Iterable[NodeRow] = ()) -> None:
        self.execution = execution
        self.cursor: Cursor | None = None
        self.ended = False
        self._open: dict[Place, NodeRow] = {row.place: row for row in carried}
        self._attempts: dict[Place, int] = {}
        self._events: dict[int, NodeRow] = {}
        self._nodes: dict[str, tuple[NodeType, str]] = {}
        self._tools: dict[str, NodeType] = {}
        self._approvals = Approvals()
        self._idle: int | None = None
        self._paused = False
        self._changes = Changes()

    @property
    def open_rows(self) -> list[NodeRow]:
        """Rows that have not ended."""
        return list(self._open.values())

    def accepts(self, page: Page) -> bool:
        """Whether the page brings something new without a gap."""
        if self.ended:
            return False
        if self.cursor is None or page.run_id != self.cursor.run_id:
            return page.first == 1
        return page.first <= self.cursor.event_id + 1 <= page.last

    def apply(self, page: Page) -> Changes:
        """Project what the page adds; empty changes when it adds nothing."""
        self._changes = Changes()
        if not self.accepts(page):
            return self._changes
        if self.cursor is None or page.run_id != self.cursor.run_id:
            self._events, self._idle = {}, None
            self._approvals.begin_run()
            self.cursor = Cursor(page.run_id, 0)
        for fact in page.facts:
            if fact.event_id > self.cursor.event_id:
                self._apply(fact)
        self.cursor = self._changes.cursor = Cursor(page.run_id, page.last)
        self.execution.temporal_run_id = page.run_id
        self._settle_status()
        return self._changes

    def overlay(self, attempts: Iterable[LiveAttempt]) -> Changes:
        """Project what no event tells yet: attempts of activities that are still being retried."""
        self._changes = Changes(cursor=self.cursor)
        for live in attempts:
            row = self._open.get(live.place)
            if row is None or row.node_type not in REMOTE or self.ended:
                continue
            status = RUNNING if live.running else ExecutionStatus.PENDING
            if (live.attempt, status) != (row.attempt, row.status):
                row = self._attempt(row, live.attempt, live.last)
                row.move(status, started_at=live.started_at if live.running else None)
                self._touch(row)
            if live.running:
                self._log(row, live.lines, live.first_line)
        return self._changes

    def _apply(self, fact: Fact) -> None:
        handlers: dict[type[Fact], Callable[[Any], None]] = {
            RunStarted: self._run_started,
            RunEnded: self._run_ended,
            RunContinued: self._run_continued,
            Scheduled: self._scheduled,
            Started: self._started,
            Ended: self._ended,
            LocalEnded: self._local,
            TimerStarted: self._timer_started,
            TimerEnded: self._timer_ended,
            Steered: self._steered,
            Offered: self._offered,
            Decided: self._decided,
            ChildInitiated: self._child,
        }
        handlers[type(fact)](fact)

    # Runs ----------------------------------------------------------------------------------------

    def _run_started(self, fact: RunStarted) -> None:
        # An agent's run has no graph: its nodes are the turns and calls that come.
        nodes = fact.start.get("graph", {}).get("nodes", ())
        self._nodes = {
            node["key"]: (NodeType(node["type"]), node.get("name") or node["key"]) for node in nodes
        }
        if "graph" not in fact.start:
            self._tools = {tool["name"]: _kind(tool) for tool in fact.start.get("tools") or ()}
        state = fact.start.get("state") or {}
        self._paused = bool(state.get("paused"))
        self._approvals.resume(state.get("questions") or ())
        # A run may go on with another version of its graph.
        row = self.execution
        row.workflow_version = fact.start.get("workflow_version", row.workflow_version)
        row.graph_hash = fact.start.get("graph_hash", row.graph_hash)
        if self.execution.started_at is None:
            self.execution.started_at = fact.at

    def _run_ended(self, fact: RunEnded) -> None:
        for row in self.open_rows:
            self._end_approval(row, ApprovalStatus.CANCELLED, fact)
            self._end(row, CANCELLED, ended_at=fact.at)
        self.ended = True
        self.execution.status = fact.status
        self.execution.output = fact.output
        self.execution.error = fact.failure.error if fact.failure else None
        self.execution.ended_at = fact.at

    def _run_continued(self, fact: RunContinued) -> None:
        self._changes.continued = fact.run_id

    def _steered(self, fact: Steered) -> None:
        self._paused = fact.paused

    def _settle_status(self) -> None:
        """A run whose every open node only waits is waiting itself; so is an idle conversation."""
        if self.ended:
            return
        if self._paused:
            self.execution.status = ExecutionStatus.PAUSED
            return
        leaves = [row for row in self._open.values() if row.node_type not in CONTAINER_TYPES]
        waits = bool(leaves) and all(row.status is WAITING for row in leaves)
        waits = waits or self._idle is not None
        self.execution.status = WAITING if waits else RUNNING

    # Remote activities ---------------------------------------------------------------------------

    def _scheduled(self, fact: Scheduled) -> None:
        key = fact.place.key
        if key not in self._nodes:
            kind = NodeType.AGENT if key.startswith((TURN, SUMMARY)) else NodeType.TOOL
            self._nodes[key] = (kind, fact.title or key)
        row = self._let_through(fact, fact.place)
        if row is None:
            row = self._add(fact, fact.place, RUNNING, started_at=fact.at)
        row.input = fact.input
        self._events[fact.event_id] = row

    def _started(self, fact: Started) -> None:
        row = self._events.get(fact.scheduled_id)
        if row is None:
            return
        row = self._attempt(row, fact.attempt, fact.last)
        row.move(RUNNING, started_at=fact.at)
        self._touch(row)

    def _attempt(self, row: NodeRow, attempt: int, last: Failure | None) -> NodeRow:
        """The row of attempt number `attempt`; those before it failed, the last of them so."""
        for number in range(row.attempt, attempt):
            failure = last if number == attempt - 1 else None
            self._fail_attempt(row, failure or _unrecorded(row, number))
            row = self._next_attempt(row, number + 1)
        self._events[row.scheduled_event_id] = row
        return row

    def _fail_attempt(self, row: NodeRow, failure: Failure) -> None:
        self._log(row, failure.logs)
        self._end(row, FAILED, error=_error_at(row, failure), usage=failure.usage)

    def _next_attempt(self, row: NodeRow, attempt: int) -> NodeRow:
        following = NodeRow(
            id=node_row_id(row.run_id, row.scheduled_event_id, row.place, attempt),
            execution_id=row.execution_id,
            node_key=row.node_key,
            path=row.path,
            node_type=row.node_type,
            name=row.name,
            run_id=row.run_id,
            scheduled_event_id=row.scheduled_event_id,
            attempt=attempt,
            status=RUNNING,
            input=row.input,
        )
        self._open[row.place] = following
        return following

    def _ended(self, fact: Ended) -> None:
        row = self._events.get(fact.scheduled_id)
        if row is None:
            return
        if self._tools and row.node_key.startswith(TURN):
            self._name_calls(row.node_key.removeprefix(TURN), fact.output)
        self._log(row, fact.logs)
        error = _error_at(row, fact.failure) if fact.failure else None
        self._end(
            row, fact.status, output=fact.output, error=error, usage=fact.usage, ended_at=fact.at
        )

    def _name_calls(self, turn: str, output: Any) -> None:
        """Know what a model asks for: runs below and waits name their place only."""
        calls = output.get("calls") if isinstance(output, dict) else None
        for number, call in enumerate(calls or (), 1):
            kind = self._tools.get(call["name"], NodeType.TOOL)
            self._nodes[f"call_{turn}_{number}"] = (kind, call["name"])

    # Local activities ----------------------------------------------------------------------------

    def _local(self, fact: LocalEnded) -> None:
        if fact.activity in NODE_ACTIVITIES:
            self._pure_node(fact)
        elif fact.activity == Activity.RECORD:
            for record in (fact.result or {}).get("records", ()):
                self._record(fact, record)
        elif fact.activity == Activity.EVALUATE:
            self._evaluated(fact)

    def _pure_node(self, fact: LocalEnded) -> None:
        envelope: JsonObject = fact.result or {}
        row = self._add(
            fact,
            fact.place,
            RUNNING,
            attempt=fact.attempt,
            input=envelope.get("input"),
            started_at=fact.started_at,
        )
        logs = fact.failure.logs if fact.failure else envelope.get("logs") or ()
        self._log(row, logs)
        self._end(
            row,
            FAILED if fact.failure else COMPLETED,
            output=envelope.get("output"),
            handle=envelope.get("handle"),
            error=_error_at(row, fact.failure) if fact.failure else None,
            usage=fact.failure.usage if fact.failure else envelope.get("usage"),
            ended_at=fact.ended_at,
        )

    def _evaluated(self, fact: LocalEnded) -> None:
        if fact.purpose == APPROVAL_PURPOSE and fact.failure is None:
            self._asked(fact)
            return
        if fact.purpose == REMINDER_PURPOSE:
            self._reminded(fact)
            return
        if fact.place.key not in self._nodes:
            return
        if fact.failure is not None:
            # A loop whose `while` fails is closed by a record, with the same error.
            if not fact.purpose.startswith("while"):
                row = self._open_or_add(fact, fact.place, RUNNING, started_at=fact.started_at)
                error = _error_at(row, fact.failure)
                self._end(row, FAILED, error=error, ended_at=fact.ended_at)
            return
        status = OPENING.get(fact.purpose)
        if status is None:
            return
        found = (fact.result or {}).get("output")
        row = self._open_or_add(fact, fact.place, status, started_at=fact.started_at)
        if fact.purpose == "delay":
            row.output = _until(found, fact.completed_at)
        elif fact.purpose == EVENT_PURPOSE:
            _await_event(row, found)
        else:
            row.input = found or None

    def _record(self, fact: LocalEnded, record: JsonObject) -> None:
        place = Place(record["node_key"], record.get("path", ""))
        if place.key not in self._nodes:
            return
        status = ExecutionStatus(record["status"])
        row = self._open_or_add(fact, place, RUNNING)
        self._end_approval(row, ApprovalStatus.CANCELLED, fact)
        if row.node_type is NodeType.EVENT:
            row.output = None  # what it waited for is its input
        self._end(
            row,
            status,
            output=record.get("output"),
            error=record.get("error"),
            handle=record.get("handle"),
            reason=record.get("reason"),
            ended_at=fact.ended_at,
        )

    # People --------------------------------------------------------------------------------------

    def _asked(self, fact: LocalEnded) -> None:
        found = (fact.result or {}).get("output")
        if not isinstance(found, dict):
            return
        self._nodes.setdefault(fact.place.key, (NodeType.TOOL, found.get("tool") or fact.place.key))
        row = self._open_or_add(fact, fact.place, WAITING, started_at=fact.started_at)
        asked = self._approvals.ask(row, found, fact.ended_at)
        self._changes.approvals[asked.id] = asked
        self._go_on(row, asked, fact)

    def _reminded(self, fact: LocalEnded) -> None:
        row = self._open.get(fact.place)
        told = (fact.result or {}).get("output")
        if row is None or not isinstance(told, dict):
            return
        asked = self._approvals.remind(row, told)
        if asked is not None:
            self._changes.approvals[asked.id] = asked
            self._touch(row)

    def _offered(self, fact: Offered) -> None:
        self._approvals.offer(fact.event_id, fact.decision)

    def _decided(self, fact: Decided) -> None:
        decision = fact.decision or self._approvals.offered(fact.offered_id)
        row = self._open.get(parse_place(decision.place)[0]) if decision else None
        if decision is None or row is None:
            return
        asked = self._approvals.decide(row, decision, fact.at)
        if asked is not None:
            self._changes.approvals[asked.id] = asked
            self._go_on(row, asked, fact)

    def _go_on(self, row: NodeRow, asked: ApprovalRow, fact: Fact) -> None:
        """What becomes of a row that people have decided on, or some of them."""
        if asked.status is ApprovalStatus.REJECTED and row.node_type is not NodeType.APPROVAL:
            self._end(row, SKIPPED, reason=reason(asked.status, asked.comment), ended_at=fact.at)
            return
        if asked.status is not ApprovalStatus.PENDING:
            row.move(RUNNING)  # a call begins when it is scheduled; a node's end is recorded
        self._touch(row)

    def _let_through(self, fact: Fact, place: Place) -> NodeRow | None:
        """The row of a call that waited for a person, which goes on with what is scheduled."""
        row = self._open.get(place)
        if row is None or not self._approvals.was_asked(row):
            return None
        row.move(RUNNING, started_at=fact.at)
        row.scheduled_event_id = fact.event_id
        self._touch(row)
        return row

    def _end_approval(self, row: NodeRow, status: ApprovalStatus, fact: Fact) -> bool:
        """End the row's approval undecided; False when it has none that is pending."""
        ended = self._approvals.end(row, status, fact.at)
        if ended is not None:
            self._changes.approvals[ended.id] = ended
        return ended is not None

    # Timers and children -------------------------------------------------------------------------

    def _timer_started(self, fact: TimerStarted) -> None:
        if fact.purpose == IDLE_PURPOSE:
            self._idle = fact.event_id
        elif fact.purpose == APPROVAL_PURPOSE:
            self._approvals.timer_started(fact.event_id, self._open.get(fact.place))
        node = self._nodes.get(fact.place.key)
        if fact.purpose or node is None or node[0] is not NodeType.DELAY:
            return
        self._events[fact.event_id] = self._open_or_add(
            fact, fact.place, WAITING, started_at=fact.at
        )

    def _timer_ended(self, fact: TimerEnded) -> None:
        if fact.started_id == self._idle:
            self._idle = None
        asked, expired = self._approvals.timed(fact.started_id), ApprovalStatus.EXPIRED
        if asked is not None and fact.fired and self._end_approval(asked, expired, fact):
            if asked.node_type is NodeType.APPROVAL:
                asked.move(RUNNING)
                self._touch(asked)
                return
            self._end(asked, SKIPPED, reason=reason(expired, None), ended_at=fact.at)
        row = self._events.get(fact.started_id)
        if row is not None:
            self._end(row, COMPLETED if fact.fired else CANCELLED, ended_at=fact.at)

    def _child(self, fact: ChildInitiated) -> None:
        if fact.place.key not in self._nodes:
            return
        row = self._let_through(fact, fact.place)
        if row is None:
            row = self._open_or_add(fact, fact.place, RUNNING, started_at=fact.at)
        row.input = fact.start.get("input")
        self._events[fact.event_id] = row
        self._changes.children.append(
            ChildRow(
                id=UUID(fact.start["execution_id"]),
                workflow_id=_id(fact.start.get("workflow_id")),
                agent_id=_id(fact.start.get("agent_id")),
                workflow_version=fact.start["workflow_version"],
                graph_hash=fact.start.get("graph_hash") or "",
                input=fact.start.get("input"),
                parent_node_key=row.node_key,
            )
        )

    # Rows ----------------------------------------------------------------------------------------

    def _open_or_add(
        self, fact: Fact, place: Place, status: ExecutionStatus, **values: Any
    ) -> NodeRow:
        row = self._open.get(place)
        if row is None:
            return self._add(fact, place, status, **values)
        self._touch(row)
        return row

    def _add(
        self,
        fact: Fact,
        place: Place,
        status: ExecutionStatus,
        *,
        attempt: int | None = None,
        **values: Any,
    ) -> NodeRow:
        if self.cursor is None:
            raise RuntimeError("rows belong to a run")
        kind, name = self._nodes.get(place.key, (NodeType.TOOL, place.key))
        # A sub-workflow that is tried again is scheduled again; others count within one event.
        number = attempt or self._attempts.get(place, 0) + 1
        self._attempts[place] = number
        row = NodeRow(
            id=node_row_id(self.cursor.run_id, fact.event_id, place, number),
            execution_id=self.execution.id,
            node_key=place.key,
            path=place.path,
            node_type=kind,
            name=name,
            run_id=self.cursor.run_id,
            scheduled_event_id=fact.event_id,
            attempt=number,
            status=status,
            **values,
        )
        self._open[place] = row
        self._touch(row)
        return row

    def _end(self, row: NodeRow, status: ExecutionStatus, **values: Any) -> None:
        given = {name: value for name, value in values.items() if value is not None}
        if row.move(status, **given):
            if self._open.get(row.place) is row:
                del self._open[row.place]
            if row.node_type not in CHILDREN:
                self._attempts.pop(row.place, None)
            self._touch(row)

    def _touch(self, row: NodeRow) -> None:
        self._changes.nodes[row.id] = row

    def _log(self, row: NodeRow, lines: Sequence[JsonObject], first: int = 0) -> None:
        if row.status.is_terminal:
            return
        self._changes.logs.extend(
            LogRow(
                id=log_row_id(row.id, seq),
                timestamp=datetime.fromisoformat(line["timestamp"]),
                execution_id=row.execution_id,
                node_execution_id=row.id,
                node_key=row.node_key,
                path=row.path,
                level=line.get("level", "info"),
                message=line["message"],
                data=line.get("data"),
                seq=seq,
            )
            for seq, line in enumerate(lines, first)
        )


def _error_at(row: NodeRow, failure: Failure) -> dict[str, Any]:
    """A failure as its node's error; one that comes from inside a sub-workflow is its detail."""
    error = failure.error
    inner = (error.get("node_key") or "", error.get("path") or "")
    if row.node_type in CHILDREN and inner != (row.node_key, row.path) and inner[0]:
        error = error | {
            "details": {"node_key": inner[0], "path": inner[1], "details": error.get("details")}
        }
    place = {"node_key": row.node_key, "path": row.path}
    attempt = {} if row.node_type in CHILDREN else {"attempt": row.attempt}
    return {**error, **place, **attempt}


def _kind(tool: JsonObject) -> NodeType:
    """What a call of an agent's tool is."""
    if tool.get("workflow"):
        return NodeType.WORKFLOW
    return NodeType.AGENT if tool.get("agent") else NodeType.TOOL


def _id(found: str | None) -> UUID | None:
    """An id that may be left out, as nothing or as an empty text."""
    return UUID(found) if found else None


def _await_event(row: NodeRow, found: Any) -> None:
    """A node begins to wait for an event; `found` is {event, key, until, asked_at}.

    Matching and the sweep read its output.
    """
    if isinstance(found, dict):
        row.input = {name: found.get(name) for name in ("event", "key")}
        row.output = {**row.input, "until": found.get("until")}


def _unrecorded(row: NodeRow, attempt: int) -> Failure:
    return Failure(
        {
            "code": UNRECORDED,
            "message": "the history keeps the failure of the last attempt only",
            "node_key": row.node_key,
            "path": row.path,
            "attempt": attempt,
            "details": None,
        }
    )


def _until(found: Any, completed_at: datetime) -> dict[str, Any] | None:
    """The end of a delay, computed as its workflow does."""
    if not isinstance(found, dict):
        return None
    until, seconds = found.get("until"), found.get("seconds")
    try:
        if isinstance(until, str):
            moment = datetime.fromisoformat(until)
        elif isinstance(seconds, int | float) and seconds >= 0:
            moment = completed_at + timedelta(seconds=seconds)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return {"until": moment.astimezone(UTC).isoformat()} if moment.tzinfo else None
