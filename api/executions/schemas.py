"""What clients send and get."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Closed, StoredJson, Text
from models.enums import ExecutionStatus, LogLevel, NodeType, TriggerType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.graph.base import KEY_PATTERN
from models.graph.compatibility import Compatibility
from models.graph.values import ARTIFACT_KEY, Json, encoded_size

# An output beyond this is left out of lists and streams; the detail has it whole.
MAX_SHOWN_BYTES = 16 * 1024

Tag = Annotated[Text, Field(min_length=1, max_length=100)]


class StartRequest(Closed):
    """A run of the published version, or of `version`."""

    input: StoredJson = Field(default_factory=dict)
    version: int | None = Field(None, ge=1, le=2**31 - 1)
    tags: list[Tag] = Field(default_factory=list, max_length=20)


class ForkRequest(Closed):
    """Where a run begins anew: at `from_node` (none: at what failed).

    Of a node within containers, `path` names the pass, such as `3` or `3.0`; none is every pass.
    """

    from_node: str | None = Field(None, pattern=KEY_PATTERN)
    path: str = Field("", pattern=r"^(\d{1,5}(\.\d{1,5}){0,9})?$")
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class RetryRequest(ForkRequest):
    """Runs again from there; other recorded outputs are reused."""

    inputs: dict[str, StoredJson] | None = Field(
        None, description="Replaces the inputs of `from_node`; of a trigger, the run's input."
    )


class RepeatedNode(BaseModel):
    """A node that ran and would run again, `times` in all its passes.

    `effect` tells whether it reaches the world outside, which would then see it again.
    """

    node_key: str
    name: str
    node_type: NodeType
    times: int
    effect: bool


class RetryReport(BaseModel):
    """What running again would take over (`reused` outcomes) and what it would do again."""

    reused: int
    again: list[RepeatedNode]


class UpgradeRequest(Closed):
    """The version that the run is to go on with."""

    version: int = Field(ge=1, le=2**31 - 1)


class UpgradeReport(Compatibility):
    """Whether a run can go on with another version, and what becomes of each node."""

    from_version: int
    to_version: int
    possible: bool


class TerminateRequest(Closed):
    """Why the run is ended without asking it."""

    reason: str = Field("terminated through the API", min_length=1, max_length=1_000)


class Links(BaseModel):
    """Where to go on."""

    self: str
    events: str
    temporal: str | None = None


class StartAnswer(BaseModel):
    """An accepted start."""

    id: UUID
    status: ExecutionStatus
    links: Links


class TemporalRun(BaseModel):
    """The run in Temporal; `url` opens it in Temporal Web."""

    workflow_id: str
    run_id: str | None
    url: str | None


class TemporalEvent(BaseModel):
    """The event that scheduled an attempt."""

    run_id: str
    scheduled_event_id: int
    url: str | None


class NodeOut(BaseModel):
    """One attempt of one node; `path` is `""` at top level, `"3.0"` inside containers."""

    id: UUID
    node_key: str
    node_type: NodeType
    name: str
    path: str
    attempt: int
    status: ExecutionStatus
    input: Json
    output: Json
    error: dict[str, Any] | None
    reason: str | None
    usage: dict[str, Any] | None
    started_at: datetime | None
    ended_at: datetime | None
    temporal: TemporalEvent
    truncated: bool = False
    links: dict[str, str] = Field(default_factory=dict)


class ExecutionOut(BaseModel):
    """One run; `nodes` in the detail only.

    Conversations and drafts have no workflow, and version 0. `trigger_metadata` of a run that a
    trigger started has its `trigger_id` and `trigger_name`.
    """

    id: UUID
    workflow_id: UUID | None
    workflow_name: str | None
    workflow_version: int
    agent_id: UUID | None
    agent_name: str | None
    status: ExecutionStatus
    trigger_type: TriggerType
    trigger_metadata: dict[str, Any]
    input: Json
    output: Json
    error: dict[str, Any] | None
    tags: list[str]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    retry_of: UUID | None
    parent_execution_id: UUID | None
    parent_node_key: str | None
    temporal: TemporalRun
    nodes: list[NodeOut] | None = None
    truncated: bool = False


class ExecutionGraph(BaseModel):
    """The graph document of a run; null for an agent's."""

    graph: dict[str, Json] | None


class LogOut(BaseModel):
    """One log line."""

    timestamp: datetime
    level: LogLevel
    node_key: str
    path: str
    message: str
    data: Json


class ExecutionList(BaseModel):
    """A page of runs."""

    items: list[ExecutionOut]
    next_cursor: str | None


class MessageOut(BaseModel):
    """A message of an agent's conversation; `reply` is what the model's own ones cost."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    role: str
    content: str
    tool_calls: list[dict[str, Any]]
    tool_call_id: str | None
    reply: dict[str, Any] | None
    created_at: datetime


class MessageList(BaseModel):
    """A page of a conversation, in order."""

    items: list[MessageOut]
    next_cursor: str | None


class NodeList(BaseModel):
    """A page of node attempts, in the order they were scheduled."""

    items: list[NodeOut]
    next_cursor: str | None


class LogList(BaseModel):
    """A page of log lines, oldest first."""

    items: list[LogOut]
    next_cursor: str | None


class Bar(BaseModel):
    """One attempt on the time axis; `offset_ms` counts from the start of the run."""

    id: UUID
    node_key: str
    node_type: NodeType
    name: str
    path: str
    attempt: int
    status: ExecutionStatus
    started_at: datetime | None
    ended_at: datetime | None
    offset_ms: float | None
    duration_ms: float | None


class Timeline(BaseModel):
    """When each attempt ran."""

    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: float | None
    bars: list[Bar]


class Bucket(BaseModel):
    """Runs accepted from `start` to the next bucket's."""

    start: datetime
    by_status: dict[ExecutionStatus, int]


class Statistics(BaseModel):
    """Runs accepted in the last `window_hours`; durations of the ended ones, in milliseconds.

    `buckets` cut the window into equal parts, oldest first.
    """

    window_hours: int
    total: int
    by_status: dict[ExecutionStatus, int]
    success_rate: float | None
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    buckets: list[Bucket]


class View:
    """Rows as clients see them.

    Args:
        temporal_ui: Base URL of Temporal Web; None when there is none.
    """

    def __init__(self, temporal_ui: str | None, namespace: str = "default") -> None:
        self._base = f"{temporal_ui.rstrip('/')}/namespaces/{namespace}" if temporal_ui else None

    def run_url(self, workflow_id: str, run_id: str | None) -> str | None:
        """The run's page in Temporal Web."""
        if self._base is None:
            return None
        page = f"{self._base}/workflows/{workflow_id}"
        return f"{page}/{run_id}/history" if run_id else page

    def execution(
        self, row: WorkflowExecution, nodes: list[NodeOut] | None = None, *, brief: bool = False
    ) -> ExecutionOut:
        """`brief` leaves large values out."""
        given, cut_input = _shown(row.input, brief=brief)
        output, cut_output = _shown(row.output, brief=brief)
        return ExecutionOut(
            id=row.id,
            workflow_id=row.workflow_id,
            workflow_name=row.workflow_name,
            workflow_version=row.workflow_version,
            agent_id=row.agent_id,
            agent_name=row.agent_name,
            status=ExecutionStatus(row.status),
            trigger_type=TriggerType(row.trigger_type),
            trigger_metadata=row.trigger_metadata,
            input=given,
            output=output,
            error=row.error,
            tags=row.tags,
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            retry_of=row.retry_of,
            parent_execution_id=row.parent_execution_id,
            parent_node_key=row.parent_node_key,
            temporal=TemporalRun(
                workflow_id=row.temporal_workflow_id,
                run_id=row.temporal_run_id,
                url=self.run_url(row.temporal_workflow_id, row.temporal_run_id),
            ),
            nodes=nodes,
            truncated=cut_input or cut_output,
        )

    def node(
        self, row: NodeExecution, temporal_workflow_id: str, *, brief: bool = False
    ) -> NodeOut:
        """`brief` leaves large values out."""
        given, cut_input = _shown(row.input, brief=brief)
        output, cut_output = _shown(row.output, brief=brief)
        return NodeOut(
            id=row.id,
            node_key=row.node_key,
            node_type=NodeType(row.node_type),
            name=row.name,
            path=row.path,
            attempt=row.attempt,
            status=ExecutionStatus(row.status),
            input=given,
            output=output,
            error=row.error,
            reason=row.reason,
            usage=row.usage,
            started_at=row.started_at,
            ended_at=row.ended_at,
            temporal=TemporalEvent(
                run_id=row.run_id,
                scheduled_event_id=row.scheduled_event_id,
                url=self.run_url(temporal_workflow_id, row.run_id),
            ),
            truncated=cut_input or cut_output,
            links={"self": f"/api/v1/executions/{row.execution_id}/nodes/{row.id}"},
        )

    def log(self, row: ExecutionLog) -> LogOut:
        """A log line."""
        return LogOut(
            timestamp=row.timestamp,
            level=LogLevel(row.level),
            node_key=row.node_key,
            path=row.path,
            message=row.message,
            data=row.data,
        )


def _shown(value: Json, *, brief: bool) -> tuple[Json, bool]:
    """The value, or null when it is too large to be shown in brief; and whether it was."""
    if not brief or value is None or (isinstance(value, dict) and ARTIFACT_KEY in value):
        return value, False
    cut = encoded_size(value) > MAX_SHOWN_BYTES
    return (None, True) if cut else (value, False)
