"""Calls that wait for a person, as rows: asked for, then decided, expired or cancelled."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from api.mirror.events import JsonObject
from api.mirror.rows import ApprovalRow, NodeRow, approval_row_id
from models.enums import ApprovalStatus, NodeType
from models.graph.assignees import together
from models.graph.values import is_artifact
from temporal_workflows.contracts import Decision, OpenQuestion, TakenDecision, activity_id

PENDING = ApprovalStatus.PENDING


class Approvals:
    """The approvals of one run by the rows of their calls; each ends once.

    A run that continues as new while it waits asks again, and begins with what was decided, so its
    own history has all of them.
    """

    def __init__(self) -> None:
        self._by_call: dict[UUID, ApprovalRow] = {}
        self._timers: dict[int, NodeRow] = {}
        self._offers: dict[int, Decision] = {}
        self._earlier: dict[str, OpenQuestion] = {}

    def ask(self, row: NodeRow, found: JsonObject, asked_at: datetime) -> ApprovalRow:
        """A call begins to wait; `found` is {tool, arguments, until, asked_at}, times in ISO.

        A node shows {message, inputs}, which are its arguments, and names its `assignees`. A large
        question is an artifact, which stands for the arguments; `asked_at` for its time.
        """
        known = self._by_call.get(row.id)
        if known is not None and known.status is not PENDING:
            return known
        until = _moment(found.get("until"))
        arguments = found if is_artifact(found) else found.get("arguments")
        node = row.node_type is NodeType.APPROVAL
        made = ApprovalRow(
            id=approval_row_id(row.id),
            execution_id=row.execution_id,
            node_key=row.node_key,
            path=row.path,
            title=row.name,
            request=arguments if node else {"tool": row.name, "arguments": arguments},
            created_at=_moment(found.get("asked_at")) or asked_at,
            expires_at=until,
            form_schema=_schema(found.get("form")),
            assignees=list(found.get("assignees") or ()),
            required=found.get("required") or 1,
        )
        row.input = arguments
        # The sweep looks at what is due.
        row.output = {"until": until.isoformat()} if until else None
        self._by_call[row.id] = made
        earlier = self._earlier.pop(activity_id(row.node_key, row.path), None)
        if earlier is not None:
            made.reminded_at = earlier.reminded_at
            for taken in earlier.decisions:
                self._take(row, made, taken)
        return made

    def was_asked(self, row: NodeRow) -> bool:
        """Whether the row is of a call that waits, or waited, for a person."""
        return row.id in self._by_call

    def decide(self, row: NodeRow, decision: Decision, at: datetime) -> ApprovalRow | None:
        """Note a decision, which may be the last that was needed; None when none is."""
        found = self._pending(row)
        if found is not None:
            self._take(row, found, TakenDecision(**decision.model_dump(exclude={"place"}), at=at))
        return found

    def _take(self, row: NodeRow, asked: ApprovalRow, taken: TakenDecision) -> None:
        asked.decisions = [*asked.decisions, taken.model_dump(mode="json")]
        asked.status = together([each["approve"] for each in asked.decisions], asked.required)
        if asked.status is not PENDING:
            asked.decided_at = taken.at
            asked.decided_by, asked.comment = _person(taken.by), taken.comment
            row.output = None

    def remind(self, row: NodeRow, told: JsonObject) -> ApprovalRow | None:
        """People are reminded, at {reminded_at}; None when the row has nothing that is pending."""
        found = self._pending(row)
        if found is not None:
            found.reminded_at = _moment(told.get("reminded_at"))
        return found

    def end(self, row: NodeRow, status: ApprovalStatus, at: datetime) -> ApprovalRow | None:
        """End the row's approval undecided; None when it has none that is pending."""
        found = self._pending(row)
        if found is not None:
            found.status, found.decided_at = status, at
            row.output = None
        return found

    def _pending(self, row: NodeRow) -> ApprovalRow | None:
        found = self._by_call.get(row.id)
        return found if found is not None and found.status is PENDING else None

    def timer_started(self, event_id: int, row: NodeRow | None) -> None:
        """The time within which somebody must decide begins."""
        if row is not None and self.was_asked(row):
            self._timers[event_id] = row

    def timed(self, event_id: int) -> NodeRow | None:
        """The row that a timer is for; None when it is another's."""
        return self._timers.get(event_id)

    def offer(self, event_id: int, decision: Decision) -> None:
        """A decision from before a reset, which the run may take or refuse."""
        self._offers[event_id] = decision

    def offered(self, event_id: int) -> Decision | None:
        """The decision that an event offered; None when it offered something else."""
        return self._offers.pop(event_id, None)

    def begin_run(self) -> None:
        """Event numbers begin anew in the next run of a chain."""
        self._timers.clear()
        self._offers.clear()

    def resume(self, questions: Iterable[JsonObject]) -> None:
        """What waited in the run before this one is known before it is asked again."""
        found = map(OpenQuestion.model_validate, questions)
        self._earlier = {each.place: each for each in found}


def reason(status: ApprovalStatus, comment: str | None) -> str:
    """Why a call was skipped."""
    return f"{status}: {comment}" if comment else str(status)


def _schema(found: object) -> JsonObject | None:
    return found if isinstance(found, dict) else None


def _moment(found: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


def _person(found: str) -> UUID | None:
    try:
        return UUID(found)
    except ValueError:
        return None
