"""Routes about executions."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select

from api.deps import SessionDep, UserDep, get_editor
from api.engine import EngineUnavailable
from api.errors import NotFound
from api.executions import repository
from api.executions.acceptance import Cause
from api.executions.deps import (
    EngineDep,
    ExecutionDep,
    MirrorDep,
    ServiceDep,
    StreamDep,
    ViewDep,
    WorkflowDep,
)
from api.executions.errors import HistoryGone, TemporalUnavailable
from api.executions.pages import LogPlace, NodePlace, executions_page, next_place
from api.executions.schemas import (
    ExecutionGraph,
    ExecutionList,
    ExecutionOut,
    ForkRequest,
    Links,
    LogList,
    MessageList,
    MessageOut,
    NodeList,
    NodeOut,
    RetryReport,
    RetryRequest,
    StartAnswer,
    StartRequest,
    Statistics,
    TerminateRequest,
    Timeline,
    UpgradeReport,
    UpgradeRequest,
    View,
)
from api.executions.stream import Position
from api.executions.timeline import timeline_of
from api.executions.upgrade import report, upgrade
from api.ownership import owned
from api.pagination import cut, decode_cursor, encode_cursor
from api.schemas import Version
from models.enums import ExecutionStatus, LogLevel, TriggerType
from models.execution import WorkflowExecution

router = APIRouter(tags=["executions"])
IdempotencyKey = Annotated[
    str | None, Header(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")
]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Hours = Annotated[int, Query(ge=1, le=24 * 366)]
Sort = Literal["created_at", "-created_at", "started_at", "-started_at", "ended_at", "-ended_at"]
DETAIL_NODES = 1_000
BASE = "/api/v1/executions"
WRITES = [Depends(get_editor)]


@router.post("/workflows/{workflow_id}/executions", status_code=202, dependencies=WRITES)
async def start_execution(
    workflow: WorkflowDep,
    request: StartRequest,
    service: ServiceDep,
    view: ViewDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> StartAnswer:
    """Accept a run of the published version, or of `version`."""
    cause = Cause(idempotency_key=idempotency_key)
    return _started(await service.start(workflow, request, cause), view, response)


@router.get("/executions")
async def list_executions(
    session: SessionDep,
    user: UserDep,
    view: ViewDep,
    status: Annotated[list[ExecutionStatus] | None, Query()] = None,
    workflow_id: UUID | None = None,
    trigger: TriggerType | None = None,
    parent: UUID | None = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
    since: datetime | None = None,
    until: datetime | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ExecutionList:
    """Runs, newest first; `text` looks into id, names and error message.

    Conversations and drafts are listed by `trigger`, and whatever runs below a run by `parent`.
    """
    filters = repository.Filters(status, workflow_id, trigger, parent, tag, since, until, text)
    chosen = owned(select(WorkflowExecution), WorkflowExecution, user)
    rows, following = await executions_page(
        session, repository.filtered(chosen, filters), sort=sort, limit=limit, cursor=cursor
    )
    items = [view.execution(row, brief=True) for row in rows]
    return ExecutionList(items=items, next_cursor=following)


@router.get("/executions/statistics")
async def all_statistics(
    user: UserDep, service: ServiceDep, window_hours: Hours = 24
) -> Statistics:
    """Figures of all runs of the account."""
    return await service.statistics(user.id, window_hours)


@router.get("/workflows/{workflow_id}/statistics")
async def workflow_statistics(
    workflow: WorkflowDep, service: ServiceDep, window_hours: Hours = 24
) -> Statistics:
    """Figures of one workflow's runs."""
    return await service.statistics(workflow.owner_id, window_hours, workflow.id)


@router.get("/executions/{execution_id}")
async def get_execution(
    execution: ExecutionDep, session: SessionDep, view: ViewDep
) -> ExecutionOut:
    """A run with its first node attempts; large node values are left out."""
    rows = await repository.nodes(session, execution.id, limit=DETAIL_NODES)
    name = execution.temporal_workflow_id
    return view.execution(execution, [view.node(row, name, brief=True) for row in rows])


@router.get("/executions/{execution_id}/graph")
async def get_graph(execution: ExecutionDep, session: SessionDep) -> ExecutionGraph:
    """The graph that the run carries, even when its workflow was deleted since; an agent's has none."""
    return ExecutionGraph(graph=await repository.graph_of(session, execution))


@router.get("/executions/{execution_id}/messages")
async def list_messages(
    execution: ExecutionDep,
    session: SessionDep,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> MessageList:
    """The conversation of an agent's run; empty for any other run."""
    after = decode_cursor(cursor, int)[0] if cursor else 0
    rows = await repository.messages(session, execution, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row.seq))
    return MessageList(
        items=[MessageOut.model_validate(row) for row in page], next_cursor=following
    )


@router.get("/executions/{execution_id}/nodes")
async def list_nodes(
    execution: ExecutionDep,
    session: SessionDep,
    view: ViewDep,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> NodeList:
    """Node attempts in the order they were scheduled; large values are left out."""
    place = NodePlace.parse(cursor)
    after = await repository.node(session, execution.id, place.id) if place else None
    rows = await repository.nodes(session, execution.id, after=after, limit=limit + 1)
    name = execution.temporal_workflow_id
    items = [view.node(row, name, brief=True) for row in rows[:limit]]
    return NodeList(items=items, next_cursor=next_place(rows, limit, lambda row: NodePlace(row.id)))


@router.get("/executions/{execution_id}/nodes/{node_id}")
async def get_node(
    node_id: UUID, execution: ExecutionDep, session: SessionDep, view: ViewDep
) -> NodeOut:
    """One node attempt, whole."""
    row = await repository.node(session, execution.id, node_id)
    if row is None:
        raise NotFound(f"this execution has no node execution {node_id}")
    return view.node(row, execution.temporal_workflow_id)


@router.get("/executions/{execution_id}/logs")
async def list_logs(
    execution: ExecutionDep,
    session: SessionDep,
    view: ViewDep,
    node_key: Annotated[str | None, Query(max_length=63)] = None,
    level: Annotated[list[LogLevel] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> LogList:
    """Log lines, oldest first."""
    place = LogPlace.parse(cursor)
    rows = await repository.logs(
        session,
        execution.id,
        node_key=node_key,
        levels=level or (),
        after=(place.timestamp, place.id) if place else None,
        limit=limit + 1,
    )
    following = next_place(rows, limit, lambda row: LogPlace(row.timestamp, row.id))
    return LogList(items=[view.log(row) for row in rows[:limit]], next_cursor=following)


@router.get("/executions/{execution_id}/timeline")
async def get_timeline(execution: ExecutionDep, session: SessionDep) -> Timeline:
    """When each attempt ran, for the first attempts of the run."""
    rows = await repository.nodes(session, execution.id, limit=DETAIL_NODES)
    return timeline_of(execution, rows)


@router.get("/executions/{execution_id}/history")
async def get_history(execution: ExecutionDep, engine: EngineDep) -> dict[str, Any]:
    """The newest run's history as Temporal has it."""
    try:
        found = await engine.describe(execution.temporal_workflow_id)
        if found is None:
            raise HistoryGone("Temporal does not have this execution's history")
        history = await engine.history(execution.temporal_workflow_id, found.run_id)
    except EngineUnavailable as error:
        raise TemporalUnavailable("Temporal does not answer; try again shortly") from error
    document: dict[str, Any] = history.to_json_dict()
    return {"run_id": found.run_id, **document}


@router.get("/executions/{execution_id}/events", response_class=EventSourceResponse)
async def stream_events(
    execution: ExecutionDep,
    stream: StreamDep,
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """`execution`, `node`, `log`, `approval` and `delta` events as they happen, then `end`."""
    async for event in stream.events(execution.id, Position.parse(last_event_id)):
        yield event


@router.post("/executions/{execution_id}/cancel", status_code=202, dependencies=WRITES)
async def cancel_execution(
    execution: ExecutionDep, service: ServiceDep, view: ViewDep
) -> ExecutionOut:
    """Ask a run to stop; its tools are told."""
    await service.cancel(execution)
    return view.execution(execution, brief=True)


@router.post("/executions/{execution_id}/terminate", status_code=202, dependencies=WRITES)
async def terminate_execution(
    execution: ExecutionDep,
    service: ServiceDep,
    view: ViewDep,
    request: TerminateRequest | None = None,
) -> ExecutionOut:
    """End a run at once, without asking it."""
    await service.terminate(execution, (request or TerminateRequest()).reason)
    return view.execution(execution, brief=True)


@router.post("/executions/{execution_id}/pause", status_code=202, dependencies=WRITES)
async def pause_execution(
    execution: ExecutionDep, service: ServiceDep, view: ViewDep
) -> ExecutionOut:
    """Let what runs end, and begin nothing more; timers and runs below go on."""
    await service.pause(execution)
    return view.execution(execution, brief=True)


@router.post("/executions/{execution_id}/resume", status_code=202, dependencies=WRITES)
async def resume_execution(
    execution: ExecutionDep, service: ServiceDep, view: ViewDep
) -> ExecutionOut:
    """Let a paused run go on; one that is not paused stays as it is."""
    await service.resume(execution)
    return view.execution(execution, brief=True)


@router.get("/executions/{execution_id}/upgrade", dependencies=WRITES)
async def get_upgrade_report(
    execution: ExecutionDep, session: SessionDep, engine: EngineDep, version: Version | None = None
) -> UpgradeReport:
    """Whether the run could go on with another version, none the published one; node by node."""
    return await report(session, engine, execution, version)


@router.post("/executions/{execution_id}/upgrade", status_code=202, dependencies=WRITES)
async def upgrade_execution(
    execution: ExecutionDep,
    session: SessionDep,
    engine: EngineDep,
    view: ViewDep,
    request: UpgradeRequest,
) -> ExecutionOut:
    """Let a run go on with another version, once what runs now has ended."""
    await upgrade(session, engine, execution, request.version)
    return view.execution(execution, brief=True)


@router.get("/executions/{execution_id}/retry")
async def get_retry_report(
    execution: ExecutionDep, service: ServiceDep, fork: Annotated[ForkRequest, Query()]
) -> RetryReport:
    """What running again from there would take over, and which effects it would repeat."""
    return await service.retry_report(execution, fork)


@router.post("/executions/{execution_id}/retry", status_code=202, dependencies=WRITES)
async def retry_execution(
    execution: ExecutionDep,
    service: ServiceDep,
    view: ViewDep,
    response: Response,
    request: RetryRequest | None = None,
    idempotency_key: IdempotencyKey = None,
) -> StartAnswer:
    """Run again from a node with the recorded outputs of the others."""
    cause = Cause(
        trigger_type=TriggerType(execution.trigger_type),
        idempotency_key=idempotency_key,
        retry_of=execution.id,
    )
    made = await service.retry(execution, request or RetryRequest(), cause)
    return _started(made, view, response)


@router.post("/executions/{execution_id}/rebuild", dependencies=WRITES)
async def rebuild_execution(
    execution: ExecutionDep, mirror: MirrorDep, session: SessionDep, view: ViewDep
) -> ExecutionOut:
    """Project the run's history again."""
    try:
        rebuilt = await mirror.rebuild(execution.id)
    except EngineUnavailable as error:
        raise TemporalUnavailable("Temporal does not answer; try again shortly") from error
    if not rebuilt:
        raise HistoryGone("Temporal does not have this execution's history")
    await session.refresh(execution)
    return view.execution(execution, brief=True)


def _started(execution: WorkflowExecution, view: View, response: Response) -> StartAnswer:
    link = f"{BASE}/{execution.id}"
    response.headers["Location"] = link
    return StartAnswer(
        id=execution.id,
        status=ExecutionStatus(execution.status),
        links=Links(
            self=link,
            events=f"{link}/events",
            temporal=view.run_url(execution.temporal_workflow_id, execution.temporal_run_id),
        ),
    )
