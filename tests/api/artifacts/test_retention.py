"""Retention: old runs' artifacts go; what a live or young relative may read stays."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from api.artifacts.retention import Retention
from models.artifacts import ArtifactFiles
from models.base import new_id
from models.enums import TriggerType
from models.execution import WorkflowExecution
from models.session import create_session_factory
from models.user import User
from models.workflow import Workflow

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=40)
YOUNG = NOW - timedelta(days=2)


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return create_session_factory(engine)


@pytest.fixture
def files() -> ArtifactFiles:
    return ArtifactFiles.from_url("memory:///")


class Runs:
    """Makes executions with an artifact each."""

    def __init__(self, session: AsyncSession, files: ArtifactFiles, workflow: Workflow) -> None:
        self._session = session
        self._files = files
        self._workflow = workflow

    async def add(self, ended_at: datetime | None, **relation: Any) -> str:
        row = WorkflowExecution(
            id=new_id(),
            owner_id=self._workflow.owner_id,
            workflow_id=self._workflow.id,
            workflow_version=1,
            graph_hash="",
            trigger_type=TriggerType.MANUAL,
            temporal_workflow_id=uuid4().hex,
            status="completed" if ended_at else "running",
            ended_at=ended_at,
            **relation,
        )
        self._session.add(row)
        await self._session.flush()
        await self._files.put(str(row.id), b"data", content_type="text/plain")
        return str(row.id)


@pytest.fixture
async def runs(sessions: async_sessionmaker[AsyncSession], files: ArtifactFiles) -> Any:
    async with sessions.begin() as session:
        user = User(email=f"{uuid4().hex}@example.org", hashed_password="x", display_name="n")
        session.add(user)
        await session.flush()
        workflow = Workflow(owner_id=user.id, name="w", config={}, variables={})
        session.add(workflow)
        await session.flush()
        yield Runs(session, files, workflow)


async def swept(
    sessions: async_sessionmaker[AsyncSession], files: ArtifactFiles, days: int = 30
) -> set[str]:
    await Retention(files, sessions, days).sweep(NOW)
    return set(await files.executions())


async def test_old_runs_lose_their_artifacts_and_young_ones_keep_them(
    runs: Runs, files: ArtifactFiles, sessions: async_sessionmaker[AsyncSession]
) -> None:
    old, young, live = await runs.add(OLD), await runs.add(YOUNG), await runs.add(None)
    await runs._session.commit()
    assert await swept(sessions, files) == {young, live}
    assert old not in await files.executions()


async def test_a_family_stays_together_while_one_of_it_is_live_or_young(
    runs: Runs, files: ArtifactFiles, sessions: async_sessionmaker[AsyncSession]
) -> None:
    first = await runs.add(OLD)
    retry = await runs.add(OLD, retry_of=first)
    child = await runs.add(OLD, parent_execution_id=retry)
    live = await runs.add(None, retry_of=retry)
    parent = await runs.add(YOUNG)
    old_child = await runs.add(OLD, parent_execution_id=parent)
    dead = await runs.add(OLD)
    dead_child = await runs.add(OLD, parent_execution_id=dead)
    await runs._session.commit()
    left = await swept(sessions, files)
    assert left == {first, retry, child, live, parent, old_child}
    assert not left & {dead, dead_child}


async def test_what_belongs_to_no_run_goes_after_a_day(
    runs: Runs, files: ArtifactFiles, sessions: async_sessionmaker[AsyncSession]
) -> None:
    await runs._session.commit()
    stray = str(new_id())
    await files.put(stray, b"data", content_type="text/plain")
    assert stray in await swept(sessions, files)
    await Retention(files, sessions, 30).sweep(NOW + timedelta(days=2))
    assert stray not in await files.executions()
