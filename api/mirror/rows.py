"""What the projector works on: rows as plain values, before they meet a database."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from models.enums import ApprovalStatus, ExecutionStatus, NodeType
from models.graph.values import Json
from temporal_workflows.scheduler import Place

NAMESPACE = UUID("5f0c1d4e-7b0a-4c55-9a3b-2f6d0a7c8e11")


@dataclass(slots=True)
class NodeRow:
    """One row of `node_executions`."""

    id: UUID
    execution_id: UUID
    node_key: str
    path: str
    node_type: NodeType
    name: str
    run_id: str
    scheduled_event_id: int
    attempt: int
    status: ExecutionStatus
    input: Json = None
    output: Json = None
    error: dict[str, Any] | None = None
    reason: str | None = None
    usage: dict[str, Any] | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    handle: str | None = None  # the branch that a condition took; no column has it

    @property
    def place(self) -> Place:
        """Which node in which pass."""
        return Place(self.node_key, self.path)

    def move(self, status: ExecutionStatus, **values: Any) -> bool:
        """Take over `values` and `status`; False, and no change, once the row has ended."""
        if self.status.is_terminal:
            return False
        self.status = status
        for name, value in values.items():
            setattr(self, name, value)
        return True


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of `execution_logs`; its id is that of its node row and its number."""

    id: UUID
    timestamp: datetime
    execution_id: UUID
    node_execution_id: UUID
    node_key: str
    path: str
    level: str
    message: str
    data: Json
    seq: int


@dataclass(slots=True)
class ApprovalRow:
    """One row of `approvals`; `decided_at` is when it ended, whoever or whatever ended it."""

    id: UUID
    execution_id: UUID
    node_key: str
    path: str
    title: str
    request: Json
    created_at: datetime
    expires_at: datetime | None
    form_schema: dict[str, Any] | None = None
    assignees: list[str] = field(default_factory=list)
    required: int = 1
    decisions: list[dict[str, Any]] = field(default_factory=list)
    reminded_at: datetime | None = None
    status: ApprovalStatus = ApprovalStatus.PENDING
    comment: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChildRow:
    """The execution row of a run below, as its parent's history tells it."""

    id: UUID
    workflow_id: UUID | None
    agent_id: UUID | None
    workflow_version: int
    graph_hash: str
    input: Json
    parent_node_key: str


@dataclass(slots=True)
class ExecutionRow:
    """The columns of `workflow_executions` that the mirror writes."""

    id: UUID
    status: ExecutionStatus = ExecutionStatus.PENDING
    output: Json = None
    error: dict[str, Any] | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    temporal_run_id: str | None = None
    workflow_version: int = 0
    graph_hash: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event that the rows contain."""

    run_id: str
    event_id: int


@dataclass(slots=True)
class Changes:
    """What a page changed; `continued` names the run that goes on."""

    cursor: Cursor | None = None
    nodes: dict[UUID, NodeRow] = field(default_factory=dict)
    logs: list[LogRow] = field(default_factory=list)
    children: list[ChildRow] = field(default_factory=list)
    approvals: dict[UUID, ApprovalRow] = field(default_factory=dict)
    continued: str | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write besides the cursor."""
        return bool(self.nodes or self.logs or self.children or self.approvals or self.continued)


def node_row_id(run_id: str, event_id: int, place: Place, attempt: int) -> UUID:
    """The same for the same attempt, however often it is projected."""
    return uuid5(NAMESPACE, f"{run_id}/{event_id}/{place.key}@{place.path}/{attempt}")


def log_row_id(node_execution_id: UUID, seq: int) -> UUID:
    """The same for the same line, however often it is projected."""
    return uuid5(node_execution_id, str(seq))


def approval_row_id(node_execution_id: UUID) -> UUID:
    """The same for the same call, however often it is projected."""
    return uuid5(node_execution_id, "approval")
