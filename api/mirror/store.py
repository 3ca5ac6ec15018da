"""The mirror's reads and writes; its caller commits."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.mirror.rows import Changes, ChildRow, Cursor, ExecutionRow, LogRow, NodeRow
from models.enums import TERMINAL_STATUSES, ExecutionStatus, NodeType, TriggerType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from temporal_workflows.contracts import workflow_id

EXECUTION_CHANNEL = "pastetrader_execution"
LEASE_SECONDS = 15
LEASE_LOCK = 0x70747264  # first key of the advisory locks that living mirrors hold
ENDED = sorted(TERMINAL_STATUSES)
# Plain tables: the ORM's bulk insert would split rows by which of their values are null.
EXECUTIONS, NODES, LOGS = (
    WorkflowExecution.metadata.tables[model.__tablename__]
    for model in (WorkflowExecution, NodeExecution, ExecutionLog)
)
LIVE = sorted(set(ExecutionStatus) - TERMINAL_STATUSES)

# A lease counts only as long as its holder lives: living mirrors hold an advisory lock.
_CLAIM = text(
    """
    UPDATE workflow_executions AS e
    SET mirror_lease_holder = :me, mirror_lease_until = now() + make_interval(secs => :seconds)
    WHERE e.id = ANY(:ids) AND e.status = ANY(:live) AND (
        e.mirror_lease_holder IS NULL OR e.mirror_lease_holder = :me
        OR e.mirror_lease_until < now()
        OR NOT EXISTS (
            SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = :lock
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND l.objid = (
                ('x' || right(e.mirror_lease_holder::text, 8))::bit(32)::int & 2147483647
            )::oid
        )
    )
    RETURNING e.id
    """
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An execution as the tables have it."""

    execution: ExecutionRow
    temporal_id: str
    cursor: Cursor | None
    open_rows: Sequence[NodeRow]


def lock_key(holder: UUID) -> int:
    """Second key of the advisory lock of a mirror; `_CLAIM` computes the same."""
    return holder.int & 0x7FFFFFFF


async def claim(session: AsyncSession, ids: Sequence[UUID], holder: UUID) -> set[UUID]:
    """Take the leases of live executions that no other living mirror holds."""
    found = await session.execute(
        _CLAIM,
        {
            "ids": list(ids),
            "me": holder,
            "seconds": LEASE_SECONDS,
            "live": LIVE,
            "lock": LEASE_LOCK,
        },
    )
    return set(found.scalars())


async def load(session: AsyncSession, execution_id: UUID) -> Stored | None:
    """An execution with its open rows."""
    found = await session.get(WorkflowExecution, execution_id)
    if found is None:
        return None
    rows = await session.scalars(
        select(NodeExecution).where(
            NodeExecution.execution_id == execution_id, NodeExecution.status.not_in(ENDED)
        )
    )
    execution = ExecutionRow(
        id=found.id,
        status=ExecutionStatus(found.status),
        output=found.output,
        error=found.error,
        started_at=found.started_at,
        ended_at=found.ended_at,
        temporal_run_id=found.temporal_run_id,
    )
    cursor = Cursor(**found.mirror_cursor) if found.mirror_cursor else None
    return Stored(execution, found.temporal_workflow_id, cursor, [_as_row(row) for row in rows])


async def write(
    session: AsyncSession, execution: ExecutionRow, changes: Changes, before: Cursor | None
) -> bool:
    """Write one execution's changes if its cursor still stands at `before`; else nothing."""
    now = await _move_cursor(session, execution, changes.cursor, before)
    if now is None:
        return False
    if changes.nodes:
        await _write_nodes(session, changes.nodes.values(), now)
    if changes.logs:
        await _write_logs(session, changes.logs)
    if changes.children:
        await _write_children(session, execution.id, changes.children)
    await notify(session, execution.id)
    return True


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
    now = await session.scalar(
        update(WorkflowExecution)
        .where(WorkflowExecution.id == execution.id)
        .values(**_execution_values(execution, changes.cursor), updated_at=_next_moment())
        .returning(WorkflowExecution.updated_at)
    )
    rows = [row for row in changes.nodes.values() if row.id not in keep]
    if rows and now is not None:
        await _write_nodes(session, rows, now, over_ended=True)
    if changes.logs:
        await _write_logs(
            session, [line for line in changes.logs if line.node_execution_id not in keep]
        )
    if changes.children:
        await _write_children(session, execution.id, changes.children)
    await notify(session, execution.id)


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


def _execution_values(execution: ExecutionRow, cursor: Cursor | None) -> dict[str, Any]:
    return {
        "status": execution.status,
        "output": execution.output,
        "error": execution.error,
        "started_at": execution.started_at,
        "ended_at": execution.ended_at,
        "temporal_run_id": execution.temporal_run_id,
        "start_input": None,
        "mirror_cursor": asdict(cursor) if cursor else None,
    }


async def _move_cursor(
    session: AsyncSession, execution: ExecutionRow, cursor: Cursor | None, before: Cursor | None
) -> datetime | None:
    stands: ColumnElement[bool] = WorkflowExecution.mirror_cursor.is_(None)
    if before is not None:
        stands = WorkflowExecution.mirror_cursor == cast(asdict(before), JSONB)
    statement = (
        update(WorkflowExecution)
        .where(WorkflowExecution.id == execution.id, stands, WorkflowExecution.status.in_(LIVE))
        .values(
            **_execution_values(execution, cursor),
            updated_at=_next_moment(),
            mirror_lease_until=func.now() + text(f"interval '{LEASE_SECONDS} seconds'"),
        )
        .returning(WorkflowExecution.updated_at)
        .execution_options(synchronize_session=False)
    )
    moved: datetime | None = await session.scalar(statement)
    return moved


async def _write_nodes(
    session: AsyncSession, rows: Iterable[NodeRow], now: datetime, *, over_ended: bool = False
) -> None:
    statement = insert(NODES)
    changing = {
        name: statement.excluded[name]
        for name in (
            *("status", "input", "output", "error", "reason", "usage"),
            *("started_at", "ended_at", "updated_at"),
        )
    }
    statement = statement.on_conflict_do_update(
        index_elements=["id"],
        set_=changing,
        where=None if over_ended else and_(*(NODES.c.status != status for status in ENDED)),
    )
    await session.execute(statement, [_node_values(row, now) for row in rows])


def _node_values(row: NodeRow, now: datetime) -> dict[str, Any]:
    values = asdict(row)
    del values["handle"]
    return {**values, "updated_at": now}


async def _write_logs(session: AsyncSession, lines: Iterable[LogRow]) -> None:
    values = [asdict(line) for line in lines]
    if values:
        await session.execute(insert(LOGS).on_conflict_do_nothing(), values)


async def _write_children(
    session: AsyncSession, parent_id: UUID, children: Iterable[ChildRow]
) -> None:
    parent = await session.get_one(WorkflowExecution, parent_id)
    values = [
        {
            **asdict(child),
            "owner_id": parent.owner_id,
            "trigger_type": TriggerType.WORKFLOW,
            "temporal_workflow_id": workflow_id(str(child.id)),
            "parent_execution_id": parent_id,
        }
        for child in children
    ]
    await session.execute(insert(EXECUTIONS).on_conflict_do_nothing(), values)


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
