"""Starting runs, once each, and what is asked of them afterwards."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import Engine, EngineUnavailable
from api.executions import repository
from api.executions.acceptance import Cause, accept, ensure_started, fits
from api.executions.errors import (
    AlreadyEnded,
    HistoryGone,
    IdempotencyKeyReused,
    InputInvalid,
    NotEnded,
    NoWorkflow,
    TemporalUnavailable,
)
from api.executions.schemas import (
    Bucket,
    ForkRequest,
    RepeatedNode,
    RetryReport,
    RetryRequest,
    StartRequest,
    Statistics,
)
from api.executions.seeds import Again, Fork, containers, plan, recorded_rows
from api.executions.snapshot import Snapshot, take_snapshot
from api.mirror.rows import ExecutionRow, NodeRow
from models.artifacts import PREVIEW_BYTES, ArtifactFiles, reference
from models.base import new_id
from models.enums import ExecutionStatus, NodeType, ToolType, TriggerType
from models.execution import WorkflowExecution
from models.graph.graph import Graph
from models.graph.json_schema import SchemaInvalid, schema_problems
from models.graph.node import AgentNode, Node, ToolNode, TriggerNode, WorkflowNode
from models.graph.values import Json, is_artifact
from models.overflow import JSON_TYPE, by_reference
from models.workflow import Workflow
from temporal_workflows.contracts import PAUSE_SIGNAL, RESUME_SIGNAL, GraphInput, activity_id

MAX_SCHEMA_PROBLEMS = 20
BUCKETS = 24


class ExecutionService:
    """Use cases around one session; starts leave for Temporal after its commit."""

    def __init__(self, session: AsyncSession, engine: Engine, artifacts: ArtifactFiles) -> None:
        self._session = session
        self._engine = engine
        self._artifacts = artifacts

    # Starting ------------------------------------------------------------------------------------

    async def start(
        self, workflow: Workflow, request: StartRequest, cause: Cause
    ) -> WorkflowExecution:
        """Accept a run; with the same idempotency key, the run that was accepted first.

        Raises:
            IdempotencyKeyReused: the key came with another request.
            NotPublished, SnapshotInvalid, SnapshotTooLarge: the graph cannot run.
            InputInvalid: the input cannot be used, or there is no trigger node of that key.
        """
        asked = _request_hash(request)
        known = await self._known(workflow, cause.idempotency_key, asked)
        if known is not None:
            return known
        snapshot = await take_snapshot(self._session, workflow, request.version)
        trigger = _trigger(snapshot.graph, cause.trigger_key)
        _check_input(request.input, trigger)
        start = _graph_input(workflow, snapshot, request.input, trigger)
        if cause.execution_id is not None:
            start.execution_id = str(cause.execution_id)
        start.input = await self._by_reference(start)
        return await self._accept(workflow, start, request.tags, cause, asked)

    async def retry(
        self, execution: WorkflowExecution, request: RetryRequest, cause: Cause
    ) -> WorkflowExecution:
        """Run again from a node, or from what failed; what need not run again is reused.

        Raises:
            NoWorkflow: the run is an agent's, so there is no graph to run.
            NotEnded: the run still goes on.
            HistoryGone: Temporal no longer has its history.
            As `start` otherwise.
        """
        if await repository.is_of_agent(self._session, execution):
            raise NoWorkflow(_instead_of_retry(execution))
        asked = _request_hash(request, execution.id)
        workflow = await repository.workflow_of(self._session, execution)
        known = await self._known(workflow, cause.idempotency_key, asked)
        if known is not None:
            return known
        if not ExecutionStatus(execution.status).is_terminal:
            raise NotEnded("the execution still runs; cancel it or wait for its end")
        version = request.version or execution.workflow_version
        snapshot = await take_snapshot(self._session, workflow, version)
        _check_fork(snapshot.graph, request)
        given, overrides = _edited(snapshot.graph, request, execution.input)
        trigger = _first_trigger(snapshot.graph)
        _check_input(given, trigger)
        start = _graph_input(workflow, snapshot, given, trigger)
        start.input = await self._by_reference(start)
        start.input_overrides = overrides
        await self._seed(start, execution, request)
        return await self._accept(workflow, start, list(execution.tags), cause, asked)

    async def retry_report(self, execution: WorkflowExecution, request: ForkRequest) -> RetryReport:
        """What `retry` would take over, and what it would do again.

        Raises:
            As `retry`.
        """
        if await repository.is_of_agent(self._session, execution):
            raise NoWorkflow(_instead_of_retry(execution))
        workflow = await repository.workflow_of(self._session, execution)
        version = request.version or execution.workflow_version
        graph = (await take_snapshot(self._session, workflow, version)).graph
        _check_fork(graph, request)
        found = await self._plan(execution, graph, request, inside=_inside(execution, request))
        return RetryReport(reused=len(found.seeds), again=_repeated(graph, found.rows))

    async def _seed(
        self, start: GraphInput, execution: WorkflowExecution, request: ForkRequest
    ) -> None:
        """Give the start what it takes over; of passes only as much as one start can carry."""
        inside = _inside(execution, request)
        start.seeds = (await self._plan(execution, start.graph, request, inside=inside)).seeds
        if inside and not fits(start):
            start.seeds = (await self._plan(execution, start.graph, request, inside=False)).seeds

    async def _by_reference(self, start: GraphInput) -> Json:
        """The input with its large parts in the store; if the start fails, retention removes them."""

        async def put(data: bytes) -> Json:
            file = await self._artifacts.put(
                start.execution_id, data, content_type=JSON_TYPE, owner=start.owner_id
            )
            return reference(file, data[:PREVIEW_BYTES])

        return await by_reference(start.input, put)

    async def _plan(
        self, execution: WorkflowExecution, graph: Graph, request: ForkRequest, *, inside: bool
    ) -> Again:
        try:
            pages = await self._engine.chain(execution.temporal_workflow_id)
        except EngineUnavailable as error:
            raise TemporalUnavailable("Temporal does not answer; try again shortly") from error
        if not pages and execution.started_at is not None:
            raise HistoryGone("Temporal no longer has this execution's history")
        rows = recorded_rows(ExecutionRow(id=execution.id), pages)
        fork = Fork(request.from_node, request.path) if request.from_node else None
        return plan(graph, rows, fork, inside=inside)

    async def _known(
        self, workflow: Workflow, key: str | None, asked: str
    ) -> WorkflowExecution | None:
        if key is None:
            return None
        found = await repository.by_idempotency_key(self._session, workflow.id, key)
        if found is not None and found.request_hash != asked:
            raise IdempotencyKeyReused(
                "this Idempotency-Key came before with another request; use a new key"
            )
        return found

    async def _accept(
        self,
        workflow: Workflow,
        start: GraphInput,
        tags: list[str],
        cause: Cause,
        asked: str,
    ) -> WorkflowExecution:
        made = await accept(self._session, self._engine, start, cause, asked=asked, tags=tags)
        made = made or await self._known(workflow, cause.idempotency_key, asked)
        if made is None:
            raise IdempotencyKeyReused("this Idempotency-Key is in use; use a new key")
        return made

    # Stopping ------------------------------------------------------------------------------------

    async def cancel(self, execution: WorkflowExecution) -> None:
        """Ask a run to stop; one that has ended stays as it is."""
        await self._stop(execution, None)

    async def terminate(self, execution: WorkflowExecution, reason: str) -> None:
        """End a run without asking it; one that has ended stays as it is."""
        await self._stop(execution, reason)

    async def _stop(self, execution: WorkflowExecution, reason: str | None) -> None:
        if ExecutionStatus(execution.status).is_terminal:
            return
        # Accepted, but perhaps not started: what is to be stopped must exist.
        await ensure_started(self._engine, execution)
        name = execution.temporal_workflow_id
        try:
            if reason is None:
                await self._engine.cancel(name)
            else:
                await self._engine.terminate(name, reason)
        except EngineUnavailable as error:
            raise TemporalUnavailable("Temporal does not answer; try again shortly") from error

    async def pause(self, execution: WorkflowExecution) -> None:
        """Let what runs end, and begin nothing more until it is resumed."""
        await self._steer(execution, PAUSE_SIGNAL)

    async def resume(self, execution: WorkflowExecution) -> None:
        """Let a paused run go on."""
        await self._steer(execution, RESUME_SIGNAL)

    async def _steer(self, execution: WorkflowExecution, signal: str) -> None:
        """Tell the run; its row shows it a little later.

        Raises:
            AlreadyEnded: there is nothing more to pause or to resume.
            NoWorkflow: an agent's run takes its turns until it has an answer.
            TemporalUnavailable: Temporal does not answer.
        """
        if await repository.is_of_agent(self._session, execution):
            raise NoWorkflow(
                "an agent's run cannot be paused: pause the run above it, or cancel it"
            )
        if ExecutionStatus(execution.status).is_terminal:
            raise AlreadyEnded(f"the execution is {execution.status}; run it again instead")
        await ensure_started(self._engine, execution)
        try:
            known = await self._engine.steer(execution.temporal_workflow_id, signal)
        except EngineUnavailable as error:
            raise TemporalUnavailable("Temporal does not answer; try again shortly") from error
        if not known:
            raise AlreadyEnded("the execution has ended; run it again instead")
        await repository.hint(self._session, execution.id)

    # Figures -------------------------------------------------------------------------------------

    async def statistics(
        self, owner_id: UUID | None, hours: int, workflow: UUID | None = None
    ) -> Statistics:
        """Figures of the workflows' runs accepted in the last `hours`.

        They are of everybody when `owner_id` is None.
        """
        since = datetime.now(UTC) - timedelta(hours=hours)
        chosen = repository.filtered(
            select(WorkflowExecution), repository.Filters(workflow_id=workflow, since=since)
        )
        if owner_id is not None:
            chosen = chosen.where(WorkflowExecution.owner_id == owner_id)
        counts = await repository.count_by_status(self._session, chosen)
        half, most = await repository.duration_percentiles(self._session, chosen)
        completed = counts.get(ExecutionStatus.COMPLETED, 0)
        ended = completed + counts.get(ExecutionStatus.FAILED, 0)
        width = timedelta(hours=hours) / BUCKETS
        starts = [since + width * number for number in range(BUCKETS)]
        found = await repository.count_by_time(self._session, chosen, starts)
        return Statistics(
            window_hours=hours,
            total=sum(counts.values()),
            by_status=counts,
            success_rate=completed / ended if ended else None,
            duration_p50_ms=half,
            duration_p95_ms=most,
            buckets=[
                Bucket(
                    start=start,
                    by_status={
                        status: count
                        for (moment, status), count in found.items()
                        if moment == start
                    },
                )
                for start in starts
            ],
        )


def _graph_input(
    workflow: Workflow, snapshot: Snapshot, given: Json, trigger: TriggerNode | None
) -> GraphInput:
    return GraphInput(
        execution_id=str(new_id()),
        owner_id=str(workflow.owner_id),
        workflow_id=str(workflow.id),
        workflow_version=snapshot.version,
        graph=snapshot.graph,
        graph_hash=snapshot.graph_hash,
        tools=snapshot.tools,
        workflows=snapshot.workflows,
        agents=snapshot.agents,
        input=given,
        trigger_key=trigger.key if trigger else None,
    )


def _trigger(graph: Graph, key: str | None) -> TriggerNode | None:
    if key is None:
        return _first_trigger(graph)
    node = graph.by_key.get(key)
    if not isinstance(node, TriggerNode):
        raise InputInvalid(f"node: the graph has no trigger node {key!r}")
    return node


def _first_trigger(graph: Graph) -> TriggerNode | None:
    return next((node for node in graph.nodes if isinstance(node, TriggerNode)), None)


def _check_input(given: Json, trigger: TriggerNode | None) -> None:
    """The trigger checks again inside the run, with large values loaded; this only says it earlier."""
    schema = trigger.config.input_schema if trigger else None
    if schema is None or _holds_artifact(given):
        return
    try:
        found = schema_problems(given, schema)
    except SchemaInvalid as error:
        raise InputInvalid(f"the trigger's JSON Schema cannot be used: {error}") from error
    problems = [
        {
            "path": f"input.{problem.path}" if problem.path else "input",
            "message": problem.message,
            "code": InputInvalid.code,
        }
        for problem in found[:MAX_SCHEMA_PROBLEMS]
    ]
    if problems:
        raise InputInvalid("the input does not satisfy the trigger's JSON Schema", errors=problems)


def _holds_artifact(value: Json) -> bool:
    if isinstance(value, dict):
        return is_artifact(value) or any(map(_holds_artifact, value.values()))
    return isinstance(value, list) and any(map(_holds_artifact, value))


def _check_fork(graph: Graph, request: ForkRequest) -> None:
    key = request.from_node
    if key is not None and key not in graph.by_key:
        raise InputInvalid(f"from_node: the graph has no node {key!r}")
    undone = [node for node, undoing in graph.compensations.items() if undoing == key]
    if undone:
        raise InputInvalid(f"from_node: {key!r} runs only to undo {undone[0]!r}; begin there")
    if isinstance(request, RetryRequest) and request.inputs is not None and key is None:
        raise InputInvalid("inputs: name the node they are for in `from_node`")
    if not request.path:
        return
    depth = len(containers(graph, key)) if key else 0
    if len(request.path.split(".")) != depth:
        raise InputInvalid(
            f"path: {request.path!r} names no pass of {key!r}, which is in {depth} containers"
        )


def _inside(execution: WorkflowExecution, request: ForkRequest) -> bool:
    """Only the same graph has the same passes."""
    return request.version in (None, execution.workflow_version)


def _repeated(graph: Graph, rows: list[NodeRow]) -> list[RepeatedNode]:
    times = Counter(row.node_key for row in rows)
    return [
        RepeatedNode(
            node_key=node.key,
            name=node.title,
            node_type=node.type,
            times=times[node.key],
            effect=_has_effect(node),
        )
        for node in graph.nodes
        if times[node.key]
    ]


def _has_effect(node: Node) -> bool:
    """Whether it reaches the world outside; others only compute."""
    if isinstance(node, ToolNode) and node.config is not None:
        return node.config.kind not in (ToolType.BUILTIN, ToolType.PYTHON)
    return isinstance(node, ToolNode | AgentNode | WorkflowNode)


def _instead_of_retry(execution: WorkflowExecution) -> str:
    if execution.parent_execution_id is not None:
        above = execution.parent_execution_id
        return f"an agent's run has no workflow to run again: retry the run above it, {above}"
    if execution.trigger_type == TriggerType.CHAT:
        return "a conversation has no workflow to run again: send its agent a message"
    return "this run has no workflow to run again: ask for it anew"


def _edited(
    graph: Graph, request: RetryRequest, given: Json
) -> tuple[Json, dict[str, dict[str, Json]]]:
    """The run's input and the nodes' edited inputs."""
    if request.from_node is None or request.inputs is None:
        return given, {}
    if graph.by_key[request.from_node].type is NodeType.TRIGGER:
        return dict(request.inputs), {}
    return given, {activity_id(request.from_node, request.path): dict(request.inputs)}


def _request_hash(request: StartRequest | RetryRequest, of: UUID | None = None) -> str:
    document = {"of": str(of) if of else None, **request.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
