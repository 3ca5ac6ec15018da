"""A worker that hints, a mirror, and executions accepted as the API accepts them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from temporalio.client import Client

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.database import Database
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.worker import build_worker
from api.engine import Engine
from api.mirror.feed import Mirror
from models.approval import Approval
from models.enums import ExecutionStatus, TriggerType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.graph.graph import Graph
from models.session import create_session_factory
from models.user import User
from models.workflow import Workflow
from temporal_workflows.contracts import AgentInput, GraphInput, SubWorkflow, workflow_id
from tests.temporal_workflows.shapes import BROKEN, CHILD, INPUT
from tests.tools import TOOLS


@dataclass
class Desk:
    """Accepts executions, starts them, and reads their rows."""

    sessions: async_sessionmaker[AsyncSession]
    engine: Engine
    database_url: str
    owner_id: UUID
    workflow_id: UUID

    def mirror(self) -> Mirror:
        """A mirror that does not run yet."""
        return Mirror(self.engine, self.sessions, self.database_url)

    async def accept(self, graph: dict[str, Any], given: Any = None, **more: Any) -> GraphInput:
        """Insert the row of a start, as the API does before Temporal hears of it."""
        start = GraphInput(
            execution_id=str(uuid4()),
            owner_id=str(self.owner_id),
            workflow_id=str(self.workflow_id),
            workflow_version=1,
            graph=Graph.model_validate(graph),
            input=INPUT if given is None else given,
            workflows={found["name"]: self._sub_workflow(found) for found in (CHILD, BROKEN)},
            **more,
        )
        async with self.sessions.begin() as session:
            session.add(
                WorkflowExecution(
                    id=UUID(start.execution_id),
                    owner_id=self.owner_id,
                    workflow_id=self.workflow_id,
                    workflow_version=1,
                    graph_hash="",
                    input=start.input,
                    temporal_workflow_id=workflow_id(start.execution_id),
                    start_input=start.model_dump(mode="json"),
                )
            )
        return start

    async def start(self, graph: dict[str, Any], given: Any = None, **more: Any) -> UUID:
        """Accept an execution and start it."""
        start = await self.accept(graph, given, **more)
        await self.engine.start(start)
        return UUID(start.execution_id)

    async def start_agent(self, start: AgentInput) -> UUID:
        """Accept an agent's run, a conversation or not, and start it."""
        async with self.sessions.begin() as session:
            session.add(
                WorkflowExecution(
                    id=UUID(start.execution_id),
                    owner_id=self.owner_id,
                    workflow_id=UUID(start.workflow_id) if start.workflow_id else None,
                    workflow_version=0,
                    graph_hash="",
                    trigger_type=TriggerType.CHAT if start.chat else TriggerType.MANUAL,
                    input=start.input,
                    temporal_workflow_id=workflow_id(start.execution_id),
                    start_input=start.model_dump(mode="json"),
                )
            )
        await self.engine.start(start)
        return UUID(start.execution_id)

    async def approvals(self, execution_id: UUID) -> list[Approval]:
        """Its approvals, by place."""
        statement = select(Approval).where(Approval.execution_id == execution_id)
        async with self.sessions() as session:
            return list(await session.scalars(statement.order_by(Approval.node_key)))

    async def execution(self, execution_id: UUID) -> WorkflowExecution:
        """Its row."""
        async with self.sessions() as session:
            return await session.get_one(WorkflowExecution, execution_id)

    async def nodes(self, execution_id: UUID) -> list[NodeExecution]:
        """Its node rows, by event."""
        statement = (
            select(NodeExecution)
            .where(NodeExecution.execution_id == execution_id)
            .order_by(
                NodeExecution.run_id,
                NodeExecution.scheduled_event_id,
                NodeExecution.node_key,
                NodeExecution.path,
                NodeExecution.attempt,
            )
        )
        async with self.sessions() as session:
            return list(await session.scalars(statement))

    async def logs(self, execution_id: UUID) -> list[ExecutionLog]:
        """Its log lines, in order."""
        statement = (
            select(ExecutionLog)
            .where(ExecutionLog.execution_id == execution_id)
            .order_by(ExecutionLog.timestamp, ExecutionLog.id)
        )
        async with self.sessions() as session:
            return list(await session.scalars(statement))

    async def until_ended(self, execution_id: UUID, seconds: float = 30) -> WorkflowExecution:
        """Wait for the mirror to end the execution."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.execution(execution_id)
                if ExecutionStatus(found.status).is_terminal:
                    return found
                await asyncio.sleep(0.02)

    def _sub_workflow(self, graph: dict[str, Any]) -> SubWorkflow:
        return SubWorkflow(
            workflow_id=str(self.workflow_id),
            name=graph["name"],
            version=1,
            graph=Graph.model_validate(graph),
        )


@pytest.fixture(scope="session")
async def desk(
    engine: AsyncEngine,
    migrated_url: str,
    temporal_client: Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Desk]:
    """A worker on its own task queue, and an account with one workflow."""
    sessions = create_session_factory(engine)
    owner = User(email=f"{uuid4().hex}@example.org", hashed_password="-", display_name="Mirror")
    async with sessions.begin() as session:
        session.add(owner)
        await session.flush()
        workflow = Workflow(owner_id=owner.id, name="mirrored")
        session.add(workflow)
    queue = f"mirror-{uuid4().hex}"
    hints = Hints(migrated_url)
    database, http = Database(migrated_url), HttpClient(parse_openings("127.0.0.1"))
    worker = build_worker(
        temporal_client,
        tools=TOOLS,
        artifacts=Artifacts.from_url(tmp_path_factory.mktemp("artifacts").as_uri()),
        hints=hints,
        task_queue=queue,
        database=database,
        http=http,
    )
    door = Engine.with_client(temporal_client, task_queue=queue)
    async with worker:
        yield Desk(sessions, door, migrated_url, owner.id, workflow.id)
    for each in (hints, database, http):
        await each.close()


@pytest.fixture
async def mirror(desk: Desk) -> AsyncIterator[Mirror]:
    """A mirror that runs."""
    made = desk.mirror()
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.wait([running])
