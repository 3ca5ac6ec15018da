"""Queries about executions; every read of one goes through its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.agent import Agent, AgentMessage
from models.enums import ExecutionStatus, NodeType, TriggerType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.session import INCLUDE_DELETED
from models.workflow import Workflow, WorkflowVersion
from temporal_workflows.contracts import HINT_CHANNEL


@dataclass(frozen=True, slots=True)
class Filters:
    """Which executions a list shows; None leaves a condition out.

    Runs without a workflow are shown only when `trigger` or `parent` asks for them.
    """

    status: Sequence[ExecutionStatus] | None = None
    workflow_id: UUID | None = None
    trigger: TriggerType | None = None
    parent: UUID | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


async def insert_once(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert an execution; False when its id or its workflow's idempotency key is taken."""
    statement = (
        insert(WorkflowExecution)
        .values(**values)
        .on_conflict_do_nothing()
        .returning(WorkflowExecution.id)
    )
    return await session.scalar(statement) is not None


async def by_idempotency_key(
    session: AsyncSession, workflow_id: UUID, key: str
) -> WorkflowExecution | None:
    """The execution that was started with this key."""
    found: WorkflowExecution | None = await session.scalar(
        select(WorkflowExecution).where(
            WorkflowExecution.workflow_id == workflow_id, WorkflowExecution.idempotency_key == key
        )
    )
    return found


def filtered(statement: Select[WorkflowExecution], filters: Filters) -> Select[WorkflowExecution]:
    """Narrow a list of executions."""
    row = WorkflowExecution
    if filters.status:
        statement = statement.where(row.status.in_(filters.status))
    if filters.workflow_id is not None:
        statement = statement.where(row.workflow_id == filters.workflow_id)
    if filters.trigger is not None:
        statement = statement.where(row.trigger_type == filters.trigger)
    if filters.parent is not None:
        statement = statement.where(row.parent_execution_id == filters.parent)
    elif filters.trigger not in (TriggerType.CHAT, TriggerType.DRAFT):
        statement = statement.where(row.workflow_id.is_not(None))
    if filters.tag is not None:
        statement = statement.where(row.tags.contains([filters.tag]))
    if filters.since is not None:
        statement = statement.where(row.created_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(row.created_at < filters.until)
    if filters.text is not None:
        statement = statement.where(_mentions(filters.text))
    return statement


def _mentions(words: str) -> Any:
    """Id, error message or a name contain the text, whatever its case."""
    row = WorkflowExecution
    workflows = select(Workflow.id).where(Workflow.name.icontains(words, autoescape=True))
    agents = select(Agent.id).where(Agent.name.icontains(words, autoescape=True))
    return or_(
        cast(row.id, String).icontains(words, autoescape=True),
        row.error["message"].astext.icontains(words, autoescape=True),
        row.workflow_id.in_(workflows),
        row.agent_id.in_(agents),
    )


async def nodes(
    session: AsyncSession, execution_id: UUID, *, after: NodeExecution | None = None, limit: int
) -> list[NodeExecution]:
    """Node attempts in the order they were scheduled; runs of a chain sort by their ids' time."""
    row = NodeExecution
    order = (row.run_id, row.scheduled_event_id, row.attempt, row.id)
    statement = select(row).where(row.execution_id == execution_id).order_by(*order).limit(limit)
    if after is not None:
        position = (after.run_id, after.scheduled_event_id, after.attempt, after.id)
        statement = statement.where(tuple_(*order) > tuple_(*position))
    return list(await session.scalars(statement))


async def node(session: AsyncSession, execution_id: UUID, node_id: UUID) -> NodeExecution | None:
    """One attempt of the execution."""
    found: NodeExecution | None = await session.scalar(
        select(NodeExecution).where(
            NodeExecution.execution_id == execution_id, NodeExecution.id == node_id
        )
    )
    return found


async def messages(
    session: AsyncSession, execution: WorkflowExecution, *, after: int, limit: int
) -> list[AgentMessage]:
    """Messages of the execution's conversation from the one after number `after` on."""
    row = AgentMessage
    mine = (row.conversation_id == execution.id) & (row.owner_id == execution.owner_id)
    statement = select(row).where(mine, row.seq > after).order_by(row.seq).limit(limit)
    return list(await session.scalars(statement))


async def logs(
    session: AsyncSession,
    execution_id: UUID,
    *,
    node_key: str | None = None,
    levels: Sequence[str] = (),
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ExecutionLog]:
    """Log lines, oldest first."""
    row = ExecutionLog
    statement = select(row).where(row.execution_id == execution_id)
    if node_key is not None:
        statement = statement.where(row.node_key == node_key)
    if levels:
        statement = statement.where(row.level.in_(levels))
    if after is not None:
        statement = statement.where(tuple_(row.timestamp, row.id) > tuple_(*after))
    statement = statement.order_by(row.timestamp, row.id).limit(limit)
    return list(await session.scalars(statement))


async def count_by_status(
    session: AsyncSession, statement: Select[WorkflowExecution]
) -> dict[ExecutionStatus, int]:
    """How many of the executions that `statement` selects have which status."""
    chosen = statement.subquery()
    counted = select(chosen.c.status, func.count()).group_by(chosen.c.status)
    return {ExecutionStatus(status): count for status, count in await session.execute(counted)}


async def duration_percentiles(
    session: AsyncSession, statement: Select[WorkflowExecution]
) -> tuple[float | None, float | None]:
    """Median and 95th percentile of the durations in milliseconds."""
    chosen = statement.subquery()
    length = func.extract("epoch", chosen.c.ended_at - chosen.c.started_at) * 1000
    found = await session.execute(
        select(
            func.percentile_cont(0.5).within_group(length),
            func.percentile_cont(0.95).within_group(length),
        )
    )
    half, most = found.one()
    return (None if half is None else float(half)), (None if most is None else float(most))


async def count_by_time(
    session: AsyncSession, statement: Select[WorkflowExecution], starts: Sequence[datetime]
) -> dict[tuple[datetime, ExecutionStatus], int]:
    """How many there are from each of the evenly spaced `starts` to the next, by status.

    What came after the last one's end, while this was asked, counts in the last.
    """
    chosen = statement.subquery()
    binned = func.date_bin(starts[1] - starts[0], chosen.c.created_at, starts[0])
    start = func.least(binned, starts[-1]).label("start")
    found = await session.execute(
        select(start, chosen.c.status, func.count()).group_by(start, chosen.c.status)
    )
    return {(moment, ExecutionStatus(status)): count for moment, status, count in found}


async def workflow_of(session: AsyncSession, execution: WorkflowExecution) -> Workflow:
    """The execution's workflow, even when it was deleted since."""
    return await session.get_one(
        Workflow, execution.workflow_id, execution_options={INCLUDE_DELETED: True}
    )


async def is_of_agent(session: AsyncSession, execution: WorkflowExecution) -> bool:
    """Whether an agent runs, not a graph: on its own, or as a node or call of the run above it."""
    if execution.workflow_id is None or execution.agent_id is not None:
        return True
    kind = await session.scalar(
        select(NodeExecution.node_type)
        .where(
            NodeExecution.execution_id == execution.parent_execution_id,
            NodeExecution.node_key == execution.parent_node_key,
        )
        .limit(1)
    )
    return kind == NodeType.AGENT


async def hint(session: AsyncSession, execution_id: UUID) -> None:
    """Tell the mirrors, at commit, that the run has something new that no worker tells of."""
    await session.execute(select(func.pg_notify(HINT_CHANNEL, str(execution_id))))


async def graph_of(session: AsyncSession, execution: WorkflowExecution) -> dict[str, Any] | None:
    """The graph of the version that the execution runs; versions are never deleted.

    None when an agent runs.
    """
    if await is_of_agent(session, execution):
        return None
    version = await session.scalars(
        select(WorkflowVersion).where(
            WorkflowVersion.workflow_id == execution.workflow_id,
            WorkflowVersion.version == execution.workflow_version,
        )
    )
    graph: dict[str, Any] = version.one().graph
    return graph
