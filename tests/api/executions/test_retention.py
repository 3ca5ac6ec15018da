"""Old runs go by whole months, and nothing that lives or belongs to it goes with them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.executions.retention import RunRetention
from api.mirror import store
from api.mirror.rows import Changes, Cursor, ExecutionRow, NodeRow
from models.base import new_id
from models.enums import ExecutionStatus, NodeType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.session import create_engine, create_session_factory
from models.user import User
from models.workflow import Workflow
from tests.databases import NewDatabase, migrate

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OLD = datetime(2026, 3, 10, tzinfo=UTC)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def sessions(new_database: NewDatabase) -> AsyncIterator[Sessions]:
    """A database of its own: retention looks at all of it."""
    url = await new_database()
    await migrate(url)
    engine = create_engine(url)
    made = create_session_factory(engine)
    async with made.begin() as session:
        for month in (OLD, datetime(2026, 4, 1, tzinfo=UTC)):
            await session.execute(
                text("SELECT ensure_node_execution_partitions(:since, 2)"), {"since": month}
            )
    yield made
    await engine.dispose()


@pytest.fixture
async def workflow(sessions: Sessions) -> Workflow:
    async with sessions.begin() as session:
        owner = User(email=f"{uuid4().hex}@example.org", hashed_password="-", display_name="O")
        session.add(owner)
        await session.flush()
        made = Workflow(owner_id=owner.id, name="w")
        session.add(made)
    return made


async def run(
    sessions: Sessions, workflow: Workflow, accepted: datetime, ended: datetime | None, **more: Any
) -> UUID:
    """A run with one node and one line."""
    execution = WorkflowExecution(
        id=new_id(),
        owner_id=workflow.owner_id,
        workflow_id=workflow.id,
        workflow_version=1,
        graph_hash="",
        status=ExecutionStatus.COMPLETED if ended else ExecutionStatus.WAITING,
        input={},
        temporal_workflow_id=uuid4().hex,
        created_at=accepted,
        ended_at=ended,
        **more,
    )
    async with sessions.begin() as session:
        session.add(execution)
        await session.flush()
        session.add(
            NodeExecution(
                execution_id=execution.id,
                node_key="a",
                node_type=NodeType.TOOL,
                name="a",
                status=execution.status,
                run_id="r",
                scheduled_event_id=1,
                accepted_at=accepted,
            )
        )
        session.add(
            ExecutionLog(
                id=new_id(),
                timestamp=accepted,
                execution_id=execution.id,
                node_key="a",
                level="info",
                message="m",
                seq=0,
            )
        )
    return execution.id


async def left(sessions: Sessions) -> tuple[set[UUID], set[UUID], set[UUID]]:
    """Ids of runs, and of runs that have nodes and lines."""
    async with sessions() as session:
        runs = set(await session.scalars(select(WorkflowExecution.id)))
        nodes = set(await session.scalars(select(NodeExecution.execution_id)))
        return runs, nodes, set(await session.scalars(select(ExecutionLog.execution_id)))


async def partitions(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        found = await session.scalars(
            text(
                "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
                " WHERE inhparent = 'node_executions'::regclass"
            )
        )
        return sorted(found)


async def test_what_is_old_goes_and_what_lives_stays(
    sessions: Sessions, workflow: Workflow
) -> None:
    day = timedelta(days=1)
    gone = await run(sessions, workflow, OLD, OLD + day)
    live = await run(sessions, workflow, OLD, None)
    young = await run(sessions, workflow, OLD, NOW - 10 * day)
    child = await run(sessions, workflow, OLD, OLD + day, parent_execution_id=live)
    first = await run(sessions, workflow, OLD, OLD + day)
    again = await run(sessions, workflow, NOW - 40 * day, NOW - 2 * day, retry_of=first)
    before = await partitions(sessions)
    retention = RunRetention(sessions, 90)
    assert await retention.sweep(NOW) == 1
    kept = {live, young, child, first, again}
    runs, nodes, lines = await left(sessions)
    assert runs == nodes == kept
    assert lines == kept
    assert gone not in runs
    assert await partitions(sessions) == before, "the month goes on with what was kept"
    assert await retention.sweep(NOW) == 0


async def test_a_live_run_goes_on_after_its_month_was_dropped(
    sessions: Sessions, workflow: Workflow
) -> None:
    await run(sessions, workflow, OLD, OLD)
    live = await run(sessions, workflow, OLD, None)
    assert await RunRetention(sessions, 90).sweep(NOW) == 1
    async with sessions.begin() as session:
        held = (await session.scalars(select(NodeExecution))).one()
        row = NodeRow(
            id=held.id,
            execution_id=live,
            node_key="a",
            path="",
            node_type=NodeType.TOOL,
            name="a",
            run_id="r",
            scheduled_event_id=1,
            attempt=1,
            status=ExecutionStatus.COMPLETED,
        )
        changes = Changes(cursor=Cursor("r", 2), nodes={row.id: row})
        execution = ExecutionRow(id=live, status=ExecutionStatus.COMPLETED, ended_at=NOW)
        assert await store.write(session, [store.Write(execution, changes)]) == {live}
    async with sessions() as session:
        assert [node.status for node in await session.scalars(select(NodeExecution))] == [
            "completed"
        ]


async def test_without_an_age_nothing_is_asked(sessions: Sessions, workflow: Workflow) -> None:
    await run(sessions, workflow, OLD, OLD)
    retention = RunRetention(sessions, 0)
    await retention.prepare()
    assert len((await left(sessions))[0]) == 1
