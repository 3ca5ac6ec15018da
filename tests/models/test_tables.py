"""Mixins, soft deletion, sessions, status moves, and what the database itself holds."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from models.agent import Agent, AgentToolRow
from models.approval import Approval, ApprovalLink
from models.audit import AuditEntry
from models.base import new_id
from models.enums import TERMINAL_STATUSES, ExecutionStatus, TriggerType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.mcp import McpServer
from models.secret import Secret
from models.session import INCLUDE_DELETED, act_as, create_session_factory, get_db
from models.tool import Tool
from models.user import ApiKey, RefreshToken, User
from models.workflow import EdgeRow, NodeRow, Workflow, WorkflowVersion

STATUSES = st.sampled_from(list(ExecutionStatus))


def user(**more: Any) -> User:
    email = f"{uuid4().hex}@example.org"
    return User(**({"email": email, "hashed_password": "-", "display_name": "N"} | more))


async def saved(session: AsyncSession, *rows: Any) -> None:
    session.add_all(rows)
    await session.flush()


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert {found.version for found in ids} == {7}


async def test_times_carry_a_zone_and_follow_changes(db: AsyncSession) -> None:
    row = user()
    await saved(db, row)
    await db.refresh(row)
    assert row.created_at.tzinfo is not None
    assert abs((datetime.now(UTC) - row.created_at).total_seconds()) < 60


async def test_the_bin_hides_rows_unless_asked(db: AsyncSession) -> None:
    row = user()
    await saved(db, row)
    row.soft_delete()
    at = row.deleted_at
    row.soft_delete()
    assert (row.is_deleted, row.deleted_at) == (True, at)
    await db.flush()
    statement = select(User).where(User.id == row.id)
    assert await db.scalar(statement) is None
    assert await db.scalar(statement, execution_options={INCLUDE_DELETED: True}) is row
    row.restore()
    await db.flush()
    assert await db.scalar(statement) is row


async def test_an_e_mail_is_unique_among_the_living(db: AsyncSession) -> None:
    first = user(email="same@example.org")
    await saved(db, first)
    first.soft_delete()
    await saved(db, user(email="same@example.org"))
    with pytest.raises(IntegrityError):
        await saved(db, user(email="same@example.org"))


async def test_enums_are_held_by_the_database(db: AsyncSession) -> None:
    row = user()
    await saved(db, row)
    with pytest.raises(IntegrityError):
        await db.execute(update(User).where(User.id == row.id).values(role="emperor"))


async def test_a_session_commits_on_success_and_rolls_back_on_error(engine: AsyncEngine) -> None:
    factory = create_session_factory(engine)
    kept, lost = user(), user()
    async for session in get_db(factory):
        session.add(kept)
    asked = get_db(factory)
    session = await anext(asked)
    session.add(lost)
    await session.flush()
    with pytest.raises(ZeroDivisionError):
        await asked.athrow(ZeroDivisionError())
    async with factory() as session:
        assert await session.get(User, kept.id) is not None
        assert await session.get(User, lost.id) is None


@given(STATUSES, STATUSES)
def test_a_status_moves_forward_only(before: ExecutionStatus, after: ExecutionStatus) -> None:
    if before in TERMINAL_STATUSES or after is ExecutionStatus.PENDING:
        assert not before.can_become(after)
    if after in TERMINAL_STATUSES and before not in TERMINAL_STATUSES:
        assert before.can_become(after)


async def test_the_audit_log_cannot_be_changed(db: AsyncSession) -> None:
    entry = AuditEntry(action="a")
    await saved(db, entry)
    for statement in ("UPDATE audit_log SET action = 'b'", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with db.begin_nested():
                await db.execute(text(statement))


# Row-level security ------------------------------------------------------------------------------


@pytest.fixture
async def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that really commit."""
    return create_session_factory(engine)


@pytest.fixture
async def two_owners(
    sessions: async_sessionmaker[AsyncSession],
) -> tuple[UUID, UUID]:
    """Two accounts, each with a row in every table that belongs to somebody."""
    owners = (user(), user())
    async with sessions.begin() as session:
        session.add_all(owners)
        await session.flush()
        for owner in owners:
            await _fill(session, owner)
    return owners[0].id, owners[1].id


async def _fill(session: AsyncSession, owner: User) -> None:
    workflow = Workflow(owner_id=owner.id, name="w", config={}, variables={})
    await saved(session, workflow)
    execution = WorkflowExecution(
        owner_id=owner.id,
        workflow_id=workflow.id,
        workflow_version=1,
        graph_hash="",
        trigger_type=TriggerType.MANUAL,
        temporal_workflow_id=uuid4().hex,
    )
    await saved(session, execution)
    now = datetime.now(UTC)
    await saved(
        session,
        NodeRow(workflow_id=workflow.id, id="a", key="a", position=0, document={}),
        EdgeRow(workflow_id=workflow.id, id="e", source="a", target="b", position=0, document={}),
        WorkflowVersion(
            workflow_id=workflow.id, version=1, graph={}, graph_hash="", created_by=owner.id
        ),
        Tool(owner_id=owner.id, name="t", tool_type="python", config={}),
        NodeExecution(
            execution_id=execution.id,
            node_key="a",
            node_type="tool",
            name="a",
            status="completed",
            run_id="r",
            scheduled_event_id=1,
            accepted_at=now,
        ),
        ExecutionLog(
            id=new_id(),
            timestamp=now,
            execution_id=execution.id,
            node_key="a",
            level="info",
            message="m",
            seq=0,
        ),
        ApiKey(user_id=owner.id, name="k", prefix="p", key_hash=uuid4().hex, scopes=["read"]),
        RefreshToken(user_id=owner.id, family=new_id(), token_hash=uuid4().hex, expires_at=now),
        Secret(owner_id=owner.id, name="s", ciphertext=b"c", wrapped_key=b"w", key_id="k"),
        McpServer(owner_id=owner.id, name="m", transport="http", url="https://example.com"),
        Approval(
            owner_id=owner.id, execution_id=execution.id, node_key="call_1_1", title="t", request={}
        ),
    )
    await _fill_agents(session, owner)


async def _fill_agents(session: AsyncSession, owner: User) -> None:
    agent = Agent(owner_id=owner.id, name="a", model_provider="openai", model_name="m")
    await saved(session, agent)
    await saved(session, AgentToolRow(agent_id=agent.id, name="t", position=0, document={}))


TABLES = (
    *(Workflow, NodeRow, EdgeRow, WorkflowVersion, Tool),
    *(WorkflowExecution, NodeExecution, ExecutionLog, ApiKey, RefreshToken),
    *(Secret, McpServer, Approval, Agent, AgentToolRow),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__tablename__)
async def test_a_query_without_a_filter_sees_its_own_rows_only(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID], table: Any
) -> None:
    statement = select(func.count()).select_from(table)
    async with sessions.begin() as session:
        assert (await session.scalar(statement) or 0) >= 2
        await act_as(session, two_owners[0])
        assert await session.scalar(statement) == 1
        key = table.__mapper__.primary_key[0]
        changed = await session.execute(update(table).values({key.name: key}))
        assert changed.rowcount == 1  # type: ignore[attr-defined]
        await session.rollback()
    async with sessions.begin() as session:
        assert (await session.scalar(statement) or 0) >= 2, "it ends with the transaction"


async def test_nobody_writes_rows_of_others(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID]
) -> None:
    async with sessions() as session:
        await act_as(session, two_owners[0])
        session.add(Workflow(owner_id=two_owners[1], name="x", config={}, variables={}))
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.flush()


async def test_a_public_tool_is_seen_and_not_changed(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID]
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(Tool).where(Tool.owner_id == two_owners[1]).values(is_public=True)
        )
    async with sessions.begin() as session:
        await act_as(session, two_owners[0])
        seen = (await session.scalars(select(Tool.owner_id))).all()
        assert set(two_owners) <= set(seen)
        changed = await session.execute(
            update(Tool).where(Tool.owner_id == two_owners[1]).values(name="mine")
        )
        assert changed.rowcount == 0  # type: ignore[attr-defined]


async def test_a_public_agent_is_seen_with_its_tools_and_neither_is_changed(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID]
) -> None:
    theirs = Agent.owner_id == two_owners[1]
    async with sessions.begin() as session:
        agent_id = await session.scalar(select(Agent.id).where(theirs))
        await session.execute(update(Agent).where(theirs).values(is_public=True))
    async with sessions.begin() as session:
        await act_as(session, two_owners[0])
        assert await session.scalar(select(Agent.id).where(theirs)) == agent_id
        tools = AgentToolRow.agent_id == agent_id
        assert await session.scalar(select(AgentToolRow.name).where(tools)) == "t"
        for change in (
            update(Agent).where(theirs).values(name="mine"),
            update(AgentToolRow).where(tools).values(name="mine"),
        ):
            assert (await session.execute(change)).rowcount == 0  # type: ignore[attr-defined]


async def test_who_is_assigned_sees_the_approval_and_nothing_of_its_run(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID]
) -> None:
    """By e-mail address or by role, as the account is now."""
    me, other = two_owners
    theirs = Approval.owner_id == other
    async with sessions.begin() as session:
        mine = (await session.get_one(User, me)).email
    for names, role, seen in (
        ([mine], "editor", True),
        (["role:editor"], "editor", True),
        (["role:editor"], "viewer", False),
        (["role:viewer"], "viewer", True),
        ([f"x{mine}", "role:admin"], "editor", False),
        ([], "editor", False),
    ):
        async with sessions.begin() as session:
            await session.execute(update(User).where(User.id == me).values(role=role))
            await session.execute(update(Approval).where(theirs).values(assignees=names))
        async with sessions.begin() as session:
            await act_as(session, me)
            found = (await session.scalars(select(Approval.owner_id))).all()
            assert (other in found) is seen, (names, role)
            run = WorkflowExecution.owner_id == other
            assert await session.scalar(select(WorkflowExecution.id).where(run)) is None
            changed = await session.execute(update(Approval).where(theirs).values(title="mine"))
            assert changed.rowcount == 0  # type: ignore[attr-defined]


async def test_links_are_seen_and_made_by_those_who_see_the_approval(
    sessions: async_sessionmaker[AsyncSession], two_owners: tuple[UUID, UUID]
) -> None:
    me, other = two_owners
    theirs = Approval.owner_id == other
    facts = {"user_id": me, "expires_at": datetime.now(UTC)}
    async with sessions.begin() as session:
        approval = await session.scalar(select(Approval.id).where(theirs))
    async with sessions() as session:
        await act_as(session, me)
        session.add(ApprovalLink(approval_id=approval, token_hash=uuid4().hex, **facts))
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.flush()
    async with sessions.begin() as session:
        mine = (await session.get_one(User, me)).email
        await session.execute(update(Approval).where(theirs).values(assignees=[mine]))
    async with sessions.begin() as session:
        await act_as(session, me)
        session.add(ApprovalLink(approval_id=approval, token_hash=uuid4().hex, **facts))
        await session.flush()
    async with sessions.begin() as session:
        await session.execute(update(Approval).where(theirs).values(assignees=[]))
        await act_as(session, me)
        assert (await session.scalars(select(ApprovalLink))).all() == []


async def test_a_run_may_be_an_agents_and_no_workflows(db: AsyncSession) -> None:
    owner = user()
    await saved(db, owner)
    agent = Agent(owner_id=owner.id, name="helper", model_provider="openai", model_name="m")
    await saved(db, agent)
    run = WorkflowExecution(
        owner_id=owner.id,
        agent_id=agent.id,
        workflow_version=0,
        graph_hash="",
        trigger_type=TriggerType.CHAT,
        temporal_workflow_id=uuid4().hex,
    )
    await saved(db, run)
    agent.soft_delete()
    await db.flush()
    await db.refresh(run)
    assert (run.workflow_name, run.agent_name) == (None, "helper")
