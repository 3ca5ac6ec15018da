"""What the routes about executions need besides a session and an account."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from sqlalchemy import select

from api.deps import SessionDep, UserDep
from api.engine import Engine
from api.errors import NotFound
from api.executions.schemas import View
from api.executions.service import ExecutionService
from api.executions.stream import ExecutionStream
from api.mirror.feed import Mirror
from api.ownership import owned
from models.execution import WorkflowExecution
from models.session import single_statements
from models.workflow import Workflow


def get_engine(request: Request) -> Engine:
    """The process's door to Temporal."""
    engine: Engine = request.app.state.engine
    return engine


def get_mirror(request: Request) -> Mirror:
    """The process's mirror."""
    mirror: Mirror = request.app.state.mirror
    return mirror


def get_view(request: Request) -> View:
    """How rows are shown."""
    view: View = request.app.state.view
    return view


def get_stream(request: Request) -> ExecutionStream:
    """Live events; they outlive the request's own session."""
    state = request.app.state
    sessions = single_statements(state.sessions)
    return ExecutionStream(sessions, state.channel, state.turns, state.view)


EngineDep = Annotated[Engine, Depends(get_engine)]
MirrorDep = Annotated[Mirror, Depends(get_mirror)]
ViewDep = Annotated[View, Depends(get_view)]
StreamDep = Annotated[ExecutionStream, Depends(get_stream)]


def get_service(session: SessionDep, engine: EngineDep, request: Request) -> ExecutionService:
    """Use cases in the request's transaction."""
    return ExecutionService(session, engine, request.app.state.artifacts)


ServiceDep = Annotated[ExecutionService, Depends(get_service)]


async def get_execution(
    execution_id: Annotated[UUID, Path()], session: SessionDep, user: UserDep
) -> WorkflowExecution:
    """The execution in the path.

    Raises:
        NotFound: it does not exist, or is somebody else's.
    """
    statement = owned(select(WorkflowExecution), WorkflowExecution, user)
    found = await session.scalar(statement.where(WorkflowExecution.id == execution_id))
    if found is None:
        raise NotFound(f"there is no execution {execution_id}")
    return found


async def get_workflow(
    workflow_id: Annotated[UUID, Path()], session: SessionDep, user: UserDep
) -> Workflow:
    """The workflow in the path.

    Raises:
        NotFound: it does not exist, or is somebody else's.
    """
    statement = owned(select(Workflow), Workflow, user)
    found = await session.scalar(statement.where(Workflow.id == workflow_id))
    if found is None:
        raise NotFound(f"there is no workflow {workflow_id}")
    return found


ExecutionDep = Annotated[WorkflowExecution, Depends(get_execution)]
WorkflowDep = Annotated[Workflow, Depends(get_workflow)]
