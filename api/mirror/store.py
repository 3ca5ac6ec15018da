"""The mirror's reads and writes; its caller commits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.mirror.rows import Changes, ChildRow, Cursor, ExecutionRow, NodeRow
from api.mirror.statements import (
    CLAIM,
    EVENT_CHANNEL,
    EXECUTION_CHANNEL,
    LEASE_LOCK,
    LEASE_SECONDS,
    LIVE,
    STATE,
    WRITE,
)
from models.approval import Approval
from models.enums import (
    TERMINAL_STATUSES,
    ApprovalStatus,
    ExecutionStatus,
    NodeType,
    TriggerType,
)
from models.event import EventDelivery
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from temporal_workflows.contracts import workflow_id

ENDED = sorted(TERMINAL_STATUSES)


@dataclass(frozen=True, slots=True)
class Stored:
    """An execution as the tables have it."""

    execution: ExecutionRow
    temporal_id: str
    cursor: Cursor | None
    open_rows: Sequence[NodeRow]


def lock_key(holder: UUID) -> int:
    """Second key of the advisory lock of a mirror; `CLAIM` computes the same."""
    return holder.int & 0x7FFFFFFF


async def claim(session: AsyncSession, execution_id: UUID, holder: UUID) -> Stored | None:
    """Take the lease of a live execution and read it; None when another living mirror holds it."""
    given = {"id": execution_id, "me": holder, "seconds": LEASE_SECONDS}
    found = await session.execute(CLAIM, given | {"live": LIVE, "lock": LEASE_LOCK})
    return await _stored(session, found.mappings().first())


async def load(session: AsyncSession, execution_id: UUID) -> Stored | None:
    """An execution with its open rows."""
    found = await session.execute(select(*STATE).where(WorkflowExecution.id == execution_id))
    return await _stored(session, found.mappings().first())


async def _stored(session: AsyncSession, found: RowMapping | None) -> Stored | None:
    if found is None:
        return None
    values = dict(found)
    cursor, temporal_id = values.pop("mirror_cursor"), values.pop("temporal_workflow_id")
    values["status"] = ExecutionStatus(values["status"])
    open_rows: list[NodeRow] = []
    if cursor is not None:
        rows = await session.scalars(
            select(NodeExecution).where(
                NodeExecution.execution_id == values["id"], NodeExecution.status.not_in(ENDED)
            )
        )
        open_rows = [_as_row(row) for row in rows]
    execution = ExecutionRow(**values)
    return Stored(execution, temporal_id, Cursor(**cursor) if cursor else None, open_rows)


@dataclass(frozen=True, slots=True)
class Write:
    """One execution's changes, to be written if its cursor still stands at `before`."""

    execution: ExecutionRow
    changes: Changes
    before: Cursor | None = None


async def write(
    session: AsyncSession, writes: Sequence[Write], *, again: bool = False
) -> set[UUID]:
    """Write changes of several executions; the ids of those whose cursor stood.

    `again` writes over what has ended, and wherever the cursor stands.
    """
    names = ("executions", "nodes", "logs", "children", "approvals")
    parts: dict[str, list[Any]] = {name: [] for name in names}
    for one in writes:
        parts["executions"].append(_execution(one))
        parts["nodes"] += one.changes.nodes.values()
        parts["logs"] += one.changes.logs
        parts["approvals"] += one.changes.approvals.values()
        parts["children"] += [_child(child, one.execution.id) for child in one.changes.children]
    given = {name: orjson.dumps(rows, default=str).decode() for name, rows in parts.items()}
    found = await session.execute(WRITE, given | {"again": again})
    moved = set(found.scalars())
    if any(_awaits_event(row) for one in writes for row in one.changes.nodes.values()):
        await session.execute(select(func.pg_notify(EVENT_CHANNEL, "")))
    return moved


def _awaits_event(row: NodeRow) -> bool:
    return row.node_type is NodeType.EVENT and row.status is ExecutionStatus.WAITING


async def replace(
    session: AsyncSession, execution: ExecutionRow, changes: Changes, *, keep: set[UUID]
) -> None:
    """Make the rows those of a rebuild: what is neither projected nor in `keep` goes."""
    wanted = set(changes.nodes) | keep
    await session.execute(
        delete(NodeExecution).where(
            NodeExecution.execution_id == execution.id, NodeExecution.id.not_in(wanted)
        )
    )
    await session.execute(
        delete(ExecutionLog).where(
            ExecutionLog.execution_id == execution.id,
            ExecutionLog.node_execution_id.not_in(keep),
        )
    )
    await session.execute(
        delete(Approval).where(
            Approval.execution_id == execution.id, Approval.id.not_in(set(changes.approvals))
        )
    )
    changes.nodes = {key: row for key, row in changes.nodes.items() if key not in keep}
    changes.logs = [line for line in changes.logs if line.node_execution_id not in keep]
    await write(session, [Write(execution, changes)], again=True)


async def existing(session: AsyncSession, execution_id: UUID, ids: set[UUID]) -> set[UUID]:
    """Those of `ids` that are ended rows of the execution."""
    found = await session.scalars(
        select(NodeExecution.id).where(
            NodeExecution.execution_id == execution_id,
            NodeExecution.id.in_(ids),
            NodeExecution.status.in_(ENDED),
        )
    )
    return set(found)


async def notify(session: AsyncSession, execution_id: UUID) -> None:
    """Tell listeners, at commit, that an execution changed."""
    await session.execute(select(func.pg_notify(EXECUTION_CHANNEL, str(execution_id))))


async def rows_to_sweep(session: AsyncSession) -> list[UUID]:
    """Executions that may have moved without a hint: running ones, and timers that are due."""
    running = select(WorkflowExecution.id).where(
        WorkflowExecution.status.in_([ExecutionStatus.PENDING, ExecutionStatus.RUNNING])
    )
    due = select(NodeExecution.execution_id).where(
        NodeExecution.status == ExecutionStatus.WAITING,
        # ISO times in UTC sort as text.
        NodeExecution.output["until"].astext < datetime.now(UTC).isoformat(),
    )
    return list(dict.fromkeys([*await session.scalars(running), *await session.scalars(due)]))


@dataclass(frozen=True, slots=True)
class Quiet:
    """An execution that waits for people, and how far its rows go."""

    id: UUID
    temporal_id: str
    cursor: Cursor


async def waiting_for_people(session: AsyncSession) -> list[Quiet]:
    """Conversations that wait for a message, and runs that wait for a decision or took an event."""
    row = WorkflowExecution
    asks = select(Approval.execution_id).where(Approval.status == ApprovalStatus.PENDING)
    took = select(NodeExecution.execution_id).where(
        NodeExecution.status == ExecutionStatus.WAITING,
        NodeExecution.node_type == NodeType.EVENT,
        exists().where(
            EventDelivery.execution_id == NodeExecution.execution_id,
            EventDelivery.node_key == NodeExecution.node_key,
            EventDelivery.path == NodeExecution.path,
            EventDelivery.sent_at.is_not(None),
        ),
    )
    found = await session.execute(
        select(row.id, row.temporal_workflow_id, row.mirror_cursor).where(
            row.status == ExecutionStatus.WAITING,
            row.mirror_cursor.is_not(None),
            or_(row.trigger_type == TriggerType.CHAT, row.id.in_(asks), row.id.in_(took)),
        )
    )
    return [Quiet(key, name, Cursor(**(cursor or {}))) for key, name, cursor in found]


async def unstarted(session: AsyncSession, older_than: datetime) -> list[WorkflowExecution]:
    """Accepted starts that Temporal may not have heard of."""
    found = await session.scalars(
        select(WorkflowExecution)
        .where(
            WorkflowExecution.status == ExecutionStatus.PENDING,
            WorkflowExecution.start_input.is_not(None),
            WorkflowExecution.created_at < older_than,
        )
        .order_by(WorkflowExecution.created_at)
        .limit(100)
    )
    return list(found)


async def refuse(session: AsyncSession, execution_id: UUID, message: str) -> None:
    """End an execution that Temporal will never start."""
    moment = datetime.now(UTC)
    await session.execute(
        update(WorkflowExecution)
        .where(
            WorkflowExecution.id == execution_id,
            WorkflowExecution.status == ExecutionStatus.PENDING,
        )
        .values(
            status=ExecutionStatus.FAILED,
            error={"code": "StartRefused", "message": message},
            ended_at=moment,
            start_input=None,
            updated_at=_next_moment(),
        )
    )
    await notify(session, execution_id)


def _next_moment() -> ColumnElement[datetime]:
    """Later than the execution's last change, whatever the server's clock does."""
    following = WorkflowExecution.updated_at + text("interval '1 microsecond'")
    return func.greatest(func.clock_timestamp(), following)


def _execution(one: Write) -> dict[str, Any]:
    values: dict[str, Any] = {
        found.name: getattr(one.execution, found.name) for found in fields(ExecutionRow)
    }
    return {**values, "mirror_cursor": one.changes.cursor, "before": one.before}


def _child(child: ChildRow, parent_id: UUID) -> dict[str, Any]:
    return {
        **asdict(child),
        "trigger_type": TriggerType.WORKFLOW,
        "trigger_metadata": {},
        "status": ExecutionStatus.PENDING,
        "tags": [],
        "temporal_workflow_id": workflow_id(str(child.id)),
        "parent_execution_id": parent_id,
    }


def _as_row(found: NodeExecution) -> NodeRow:
    return NodeRow(
        id=found.id,
        execution_id=found.execution_id,
        node_key=found.node_key,
        path=found.path,
        node_type=NodeType(found.node_type),
        name=found.name,
        run_id=found.run_id,
        scheduled_event_id=found.scheduled_event_id,
        attempt=found.attempt,
        status=ExecutionStatus(found.status),
        input=found.input,
        output=found.output,
        error=found.error,
        reason=found.reason,
        usage=found.usage,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )
