"""Calls that wait for a person, as rows: asked for, then decided, expired or cancelled."""

from datetime import UTC, datetime
from uuid import UUID

from api.mirror.events import JsonObject
from api.mirror.rows import ApprovalRow, NodeRow, approval_row_id
from models.enums import ApprovalStatus, NodeType
from models.graph.values import is_artifact
from temporal_workflows.contracts import Decision


class Approvals:
    """The approvals of one run by the rows of their calls; each ends once.

    A run that continues as new while it waits asks again, so its own history has all of them.
    """

    def __init__(self) -> None:
        self._by_call: dict[UUID, ApprovalRow] = {}
        self._timers: dict[int, NodeRow] = {}
        self._offers: dict[int, Decision] = {}

    def ask(self, row: NodeRow, found: JsonObject, asked_at: datetime) -> ApprovalRow:
        """A call begins to wait; `found` is {tool, arguments, until, asked_at}, times in ISO.

        A node shows {message, inputs}, which are its arguments. A large question is an artifact, which stands for the arguments; `asked_at` for its time.
        """
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
        )
        row.input = arguments
        # The sweep looks at what is due.
        row.output = {"until": until.isoformat()} if until else None
        self._by_call[row.id] = made
        return made

    def was_asked(self, row: NodeRow) -> bool:
        """Whether the row is of a call that waits, or waited, for a person."""
        return row.id in self._by_call

    def end(
        self,
        row: NodeRow,
        status: ApprovalStatus,
        at: datetime,
        *,
        by: str = "",
        comment: str | None = None,
    ) -> ApprovalRow | None:
        """End the row's approval; None when it has none that is pending."""
        found = self._by_call.get(row.id)
        if found is None or found.status is not ApprovalStatus.PENDING:
            return None
        found.status, found.decided_at = status, at
        found.decided_by, found.comment = _person(by), comment
        row.output = None
        return found

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
