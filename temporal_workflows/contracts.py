"""What crosses a process border: names, ids, and every input, result, signal and query.

Names and fields here are permanent: running histories carry them. Add fields with defaults only.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from models.enums import ApprovalStatus, ExecutionStatus, LogLevel, NotificationChannel
from models.graph.agent import AgentSpec
from models.graph.compatibility import EdgeEnds
from models.graph.graph import Graph
from models.graph.limits import MAX_INLINE_BYTES
from models.graph.node import Retry
from models.graph.tool import RateLimit, ToolSpec
from models.graph.values import Json

TASK_QUEUE = "pastetrader"
GRAPH_WORKFLOW = "GraphWorkflow"
AGENT_WORKFLOW = "AgentWorkflow"
SCHEDULED_RUN = "ScheduledRun"
NOTIFY_WORKFLOW = "NotifyWorkflow"
EXECUTION_PREFIX = "exec-"
SCHEDULE_PREFIX = "trigger-"
NOTIFY_PREFIX = "notify-"
HINT_CHANNEL = "pastetrader_hint"
FIRINGS_CHANNEL = "pastetrader_firings"
FIRINGS_CHANNEL = "pastetrader_firings"  # firings of triggers that nobody has taken up yet
STATUS_QUERY = "status"
ADMITTED_SIGNAL = "admitted"
PAUSE_SIGNAL = "pause"  # nothing new begins until `resume`
RESUME_SIGNAL = "resume"
REFRESH_SIGNAL = "refresh"  # go on with a newer build of the worker, if there is one
ENDED_SIGNAL = "ended"  # the run that a schedule started is over
DECIDE_UPDATE = "decide"  # a person's word on a sensitive call
SAY_UPDATE = "say"  # a person's next message in a conversation
CLOSE_UPDATE = "close"  # nobody will say anything more
UPGRADE_UPDATE = "upgrade"  # go on with another version of the graph
COMPATIBILITY_QUERY = "compatibility"  # whether that is possible
EVENT_SIGNAL = "event"  # an event for a node that waits for it
EVENT_PURPOSE = "event"  # of the timer and the marker of a node that waits for an event
APPROVAL_PURPOSE = "approval"  # of the timer and the marker of a call that waits for a person
REMINDER_PURPOSE = "reminder"  # of the timer and the marker that remind people of it
IDLE_PURPOSE = "idle"  # of the timer of a conversation that waits for its next message
CONVERSATION_KEY = "conversation"
STATE_CHUNK_BYTES = 512 * 1024


class Activity:
    """Activity names; histories carry them for ever."""

    TOOL = "tool"
    TRIGGER = "trigger"
    CONDITION = "condition"
    ADAPTER = "adapter"
    AGGREGATOR = "aggregator"
    EVALUATE = "evaluate"  # what steers containers, delays and sub-workflows
    RECORD = "record"  # decisions and container results that no other event carries
    ADMIT = "admit"  # asks for a turn with a limited tool
    LEAVE = "leave"  # gives the place in its queue up
    SAVE_STATE = "save_state"
    LOAD_STATE = "load_state"
    TURN = "turn"  # one answer of a language model
    DRAFT = "draft"  # a change of the graph that an agent drafts
    MCP_DISCOVER = "mcp_discover"
    FIRE = "fire"  # a schedule's firing
    WITHDRAW = "withdraw"  # takes one back that has not started yet
    NOTIFY = "notify"  # tells one address of one thing


class Payload(BaseModel):
    """Unknown fields are ignored, so that an older worker reads a newer history."""

    model_config = ConfigDict(extra="ignore")


def workflow_id(execution_id: str) -> str:
    """Temporal workflow id of an execution."""
    return f"{EXECUTION_PREFIX}{execution_id}"


def execution_id(temporal_workflow_id: str) -> str | None:
    """Execution id inside a Temporal workflow id; None for a workflow that is not ours."""
    found = temporal_workflow_id.removeprefix(EXECUTION_PREFIX)
    return found if found != temporal_workflow_id else None


def notify_workflow_id(notice_id: str) -> str:
    """Temporal workflow id of what tells of a notice."""
    return f"{NOTIFY_PREFIX}{notice_id}"


def schedule_id(trigger_id: str) -> str:
    """Id of a trigger's schedule; what it starts has the time in UTC behind it."""
    return f"{SCHEDULE_PREFIX}{trigger_id}"


def activity_id(key: str, path: str, purpose: str = "") -> str:
    """`key`, `key@3.0` inside containers, with `#purpose` for a node's helper activities."""
    place = f"{key}@{path}" if path else key
    return f"{place}#{purpose}" if purpose else place


def parse_activity_id(value: str) -> tuple[str, str, str]:
    """Inverse of `activity_id`: (key, path, purpose)."""
    place, _, purpose = value.partition("#")
    key, _, path = place.partition("@")
    return key, path, purpose


class LogLine(Payload):
    """One line of the execution log, as the tool wrote it."""

    timestamp: datetime
    level: LogLevel = LogLevel.INFO
    message: str
    data: Json = None


class LiveLog(Payload):
    """Heartbeat detail of a running tool: its newest lines; `first` is the number of the first.

    Temporal keeps it over attempts, so it says whose lines they are.
    """

    attempt: int
    first: int = 0
    lines: list[LogLine] = Field(default_factory=list)


class Usage(Payload):
    """What an attempt cost; `ms` is wall time inside the worker."""

    ms: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class NodeError(Payload):
    """Why a node failed; also the output of a node with `on_error: continue`, under `error`."""

    code: str
    message: str
    node_key: str = ""
    path: str = ""
    attempt: int = 1
    details: Json = None


class Envelope(Payload):
    """What every activity returns. `output` is JSON or `{"$artifact": …}`.

    `input` is filled by local activities only: their markers do not carry what went in.
    `handle` is the branch a condition took.
    """

    output: Json = None
    handle: str | None = None
    input: Json = None
    logs: list[LogLine] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)


class FailureDetail(Payload):
    """First detail of every `ApplicationError` an activity raises; its `type` is `error.code`."""

    error: NodeError
    logs: list[LogLine] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)


class NodeContext(Payload):
    """Which node of which run an activity works for."""

    execution_id: str
    owner_id: str = ""
    node_key: str
    path: str = ""


class SecretPart(Payload):
    """Stands for a secret's value inside a text."""

    secret: str


class SecretPlace(Payload):
    """A text that holds secrets: where it is in a `ToolTask`, and what it is made of.

    Until the activity fills it in, `{{ secrets.name }}` stands there for people to read. Only
    templates make places, so data that looks like one stays data.
    """

    at: list[str | int]  # such as ["config", "headers", "Authorization"]
    parts: list[str | SecretPart]


class ToolTask(Payload):
    """Input of activity `tool`: `inputs` and `config` are final but for the secrets' places."""

    context: NodeContext
    config: dict[str, Json]  # a rendered `ToolConfig`, checked by the activity
    inputs: Json = Field(default_factory=dict)  # an object, or one artifact that holds it
    secrets: list[SecretPlace] = Field(default_factory=list)
    tool_id: str | None = None  # the registered tool that `rate_limit` counts by
    rate_limit: RateLimit | None = None
    inline_bytes: int = MAX_INLINE_BYTES  # a larger output comes by reference
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    timeout_seconds: float = 300
    retry: Retry = Field(default_factory=Retry)


class AdmitTask(Payload):
    """Input of local activities `admit` and `leave`: who wants to use which limited tool."""

    context: NodeContext
    tool_id: str
    rate_limit: RateLimit


class Admitted(Payload):
    """Result of `admit`, and signal `admitted` when the turn comes later.

    `place` is the node's activity id. The tool may run `wait` seconds from now; without a turn
    that is when to ask again at the latest.
    """

    place: str = ""
    granted: bool = True
    wait: float = 0.0


class TriggerTask(Payload):
    """Input of local activity `trigger`."""

    context: NodeContext
    input: Json
    input_schema: dict[str, Any] | None = None


class ConditionTask(Payload):
    """Input of local activity `condition`: the scope holds only what the templates reference."""

    context: NodeContext
    inputs: dict[str, Json]
    branches: list[tuple[str, str]]  # (handle, when)
    default: str | None
    scope: dict[str, Json]


class AdapterTask(Payload):
    """Input of local activities `adapter` and `aggregator` (whose merge is a template too)."""

    context: NodeContext
    inputs: dict[str, Json] = Field(default_factory=dict)
    output: Json
    scope: dict[str, Json]
    output_schema: dict[str, Any] | None = None


class MergeTask(Payload):
    """Input of local activity `aggregator`: outputs of the live incoming nodes, in edge order."""

    context: NodeContext
    merge: Literal["list", "object", "concat", "custom"]
    incoming: list[tuple[str, Json]]  # (source key, output)
    template: Json = None
    scope: dict[str, Json] = Field(default_factory=dict)


class EvaluateTask(Payload):
    """Input of local activity `evaluate`: one template; `field` names it in errors."""

    context: NodeContext
    field: str
    template: Json
    scope: dict[str, Json]


class NodeRecord(Payload):
    """A decision or a container's result, as the history and the mirror carry it."""

    node_key: str
    path: str = ""
    status: ExecutionStatus
    output: Json = None
    error: NodeError | None = None
    reason: str | None = None  # why skipped, or `reused` for a recorded output taken over
    handle: str | None = None


class RecordTask(Payload):
    """Input of local activity `record`; outputs over the inline limit come back as artifacts."""

    context: NodeContext
    records: list[NodeRecord]


class Records(Payload):
    """Result of `record`."""

    records: list[NodeRecord]


class _WithGraph(Payload):
    """Carries a graph as its author wrote it: defaults would triple its size."""

    graph: Graph

    @field_serializer("graph")
    def _as_written(self, graph: Graph) -> dict[str, Any]:
        return graph.model_dump(mode="json", exclude_unset=True)


class SubWorkflow(_WithGraph):
    """A published workflow as the run of its caller carries it."""

    workflow_id: str
    name: str
    version: int
    graph_hash: str = ""


class ReceivedEvent(Payload):
    """An event as nodes see it: `id` is its sender's, or was made; `key` may have been left out."""

    id: str
    event: str
    key: str | None = None
    payload: Json = None
    received_at: datetime


class EventArrival(Payload):
    """Signal `event`: an event for the node whose activity id is `place`."""

    place: str
    event: ReceivedEvent


class TakenDecision(Payload):
    """A person's decision as their run took it: who said what, and when."""

    by: str
    approve: bool
    comment: str | None = None
    form: Json = None
    at: datetime


class OpenQuestion(Payload):
    """A question that goes on waiting in the next run; `place` is the activity id of its node."""

    place: str
    asked_at: datetime
    reminded_at: datetime | None = None
    decisions: list[TakenDecision] = Field(default_factory=list)


class RunState(Payload):
    """Where a run stood when it continued as new.

    `scheduler` holds the state itself, or `chunks` names the artifacts whose text together is it.
    `deadlines` are the running delays' ends as (key, path, time). While `paused` nothing begins.
    `events` arrived for nodes that had not taken them yet; `questions` wait for people.
    `edges` are those of the graph that the state is of, when the run goes on with another.
    """

    scheduler: dict[str, Any] | None = None
    chunks: list[Json] = Field(default_factory=list)
    deadlines: list[tuple[str, str, datetime]] = Field(default_factory=list)
    paused: bool = False
    events: list[EventArrival] = Field(default_factory=list)
    edges: list[EdgeEnds] | None = None
    questions: list[OpenQuestion] = Field(default_factory=list)


class StateTask(Payload):
    """Input of local activities `save_state` (with `text`) and `load_state` (with `chunk`)."""

    context: NodeContext
    text: str = ""
    chunk: Json = None


class StateChunks(Payload):
    """Result of `save_state`: references to artifacts of at most `STATE_CHUNK_BYTES` each."""

    chunks: list[Json]


class ToolOfferSpec(Payload):
    """A tool as the model sees it."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class NewMessage(Payload):
    """A message that joins a conversation: text, or the JSON or artifact that a tool gave."""

    seq: int
    role: Literal["system", "user", "tool"]
    content: Json
    tool_call_id: str | None = None


class TurnInputs(Payload):
    """What is new since the turn before, and the number that the answer gets."""

    messages: list[NewMessage] = Field(default_factory=list)
    seq: int = 0


class TurnTask(Payload):
    """Input of activity `turn`: the model answers what stands in the conversation.

    The answer gets number `seq`; the conversation itself is in the database, not in histories.
    `config` is as in `AgentInput`, but for the secrets' places. With
    `summary` the model is asked to sum up what is no longer sent word for word.
    """

    context: NodeContext
    config: dict[str, Json]
    secrets: list[SecretPlace] = Field(default_factory=list)
    offers: list[ToolOfferSpec] = Field(default_factory=list)
    conversation_id: str
    seq: int
    inputs: TurnInputs = Field(default_factory=TurnInputs)
    summary: bool = False
    timeout_seconds: float = 600
    retry: Retry = Field(default_factory=lambda: Retry(max_attempts=8))


class DraftTask(Payload):
    """Input of activity `draft`: one call of a tool with which a model drafts a graph.

    The draft is what the calls so far make of `base`; they are in the conversation, where message
    number `seq` asks for this one. `inputs` is what people see of it: the call's arguments.
    """

    context: NodeContext
    conversation_id: str
    seq: int
    call_id: str
    name: str
    inputs: dict[str, Json] = Field(default_factory=dict)
    base: Json = None
    timeout_seconds: float = 30
    retry: Retry = Field(default_factory=Retry)


class AskedCall(Payload):
    """A call that the model asks for; `problem` says why its arguments cannot be used."""

    id: str
    name: str
    arguments: dict[str, Json] = Field(default_factory=dict)
    problem: str | None = None


class TurnOutput(Payload):
    """The `output` of activity `turn`; `value` is the answer as JSON when there is a schema."""

    text: str = ""
    value: Json = None
    calls: list[AskedCall] = Field(default_factory=list)
    finish: str = "stop"


class AgentToolSpec(Payload):
    """What an agent's run lets its model call: one of `spec`, `workflow`, `agent` and `draft`.

    `workflow` and `agent` are names in the run's own snapshot. `parameters` is the schema that the
    model sees; without one it is the tool's own. A `sensitive` call waits until a person decides.
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    spec: ToolSpec | None = None
    workflow: str | None = None
    agent: str | None = None
    draft: bool = False
    sensitive: bool = False
    approval_seconds: float = 7 * 86_400
    timeout_seconds: float = 300


class Decision(Payload):
    """Argument of update `decide`: what a person says to what waits at `place`.

    That is a call such as `call_1_2`, or a node such as `review@3`. `by` is the person's id, and
    `form` what they filled in.
    """

    place: str
    approve: bool
    by: str
    comment: str | None = None
    form: Json = None


class DecisionTaken(Payload):
    """Result of update `decide`: what the question has come to; `pending` waits for more people."""

    status: ApprovalStatus


class Said(Payload):
    """Argument of update `say`: a person's message; one `id` joins the conversation once."""

    text: str
    id: str


class SaidAnswer(Payload):
    """Result of update `say`: the message's number among those that people sent."""

    number: int


class AgentState(Payload):
    """Where an agent stands between two turns: counters, and what the model has not heard yet.

    `before` holds the counters from when the newest question came, at `since`: budgets count from
    there. `summed` is the number of the last message that the newest summary covers. Of people's
    messages, `said` are those that wait, and `heard` has the newest ids with their numbers. `idle`
    says that everything was answered: how it `ended`, and the answer's `value` as JSON.
    """

    seq: int = 0
    turns: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    text: str = ""
    new: list[NewMessage] = Field(default_factory=list)
    before: "AgentState | None" = None
    since: datetime | None = None
    summaries: int = 0
    summed: int = 0
    said: list[Said] = Field(default_factory=list)
    heard: dict[str, int] = Field(default_factory=dict)
    idle: bool = False
    closing: bool = False
    ended: str = ""
    value: Json = None


class AgentInput(Payload):
    """Input of `AgentWorkflow`; its run is an execution of its own.

    It is below a graph's run, or below another agent's; a conversation (`chat`) and a draft stand
    alone, and have no workflow. `input` is `{prompt}`, what it is asked first; `system` is what the
    model is. `registered`, `workflows` and `agents` are what its tools name.
    """

    execution_id: str
    owner_id: str = ""
    workflow_id: str = ""
    workflow_version: int = 0
    graph_hash: str = ""
    node_key: str = ""
    agent_id: str = ""
    title: str = ""
    system: str = ""
    config: dict[str, Json]  # rendered `AgentSettings` without `system` and `tools`
    secrets: list[SecretPlace] = Field(default_factory=list)
    tools: list[AgentToolSpec] = Field(default_factory=list)
    input: Json = None
    chat: bool = False
    idle_seconds: float = 90 * 86_400
    ends_on_timeout: bool = False
    draft_base: Json = None
    registered: dict[str, ToolSpec] = Field(default_factory=dict)
    workflows: dict[str, SubWorkflow] = Field(default_factory=dict)
    agents: dict[str, AgentSpec] = Field(default_factory=dict)
    depth: int = 0
    state: AgentState | None = None
    max_events: int = 4_000  # continue as new beyond this many history events
    started_at: datetime | None = None


class ScheduledRunInput(Payload):
    """Input of `ScheduledRun`; with `waits` it goes on until the run that it starts is over.

    `scheduled_at` is of one that continued as new: what it fired for.
    """

    trigger_id: str
    waits: bool = True
    scheduled_at: datetime | None = None


class FiringTask(Payload):
    """Input of activities `fire` and `withdraw`.

    `key`, the id of the workflow that asks, says which firing of the trigger it is, and `run_id`
    whether it was this very workflow that made it.
    """

    trigger_id: str
    key: str
    run_id: str
    scheduled_at: datetime


class FiringState(Payload):
    """Result of `fire` and `withdraw`: the firing, and whether nothing more will come of it.

    Its id is that of the execution that it starts; None when the trigger is gone.
    """

    firing_id: str | None = None
    over: bool = False


class McpDiscoveryTask(Payload):
    """Input of activity `mcp_discover`: the id of a registered server."""

    server_id: str


class McpOffer(Payload):
    """A tool that a server offers; `hash` is of its whole definition, the texts here are cut."""

    name: str
    title: str | None = None
    description: str | None = None
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    hash: str


class McpLeftOut(Payload):
    """A tool that graphs cannot use, and why."""

    name: str
    reason: str


class McpDiscovery(Payload):
    """Result of `mcp_discover`; `server_version` says which state of the registration it is of."""

    server_version: int
    tools: list[McpOffer] = Field(default_factory=list)
    left_out: list[McpLeftOut] = Field(default_factory=list)


class SealedText(Payload):
    """A text that only whoever has the server's keys reads; the parts are in base64."""

    ciphertext: str
    wrapped_key: str
    key_id: str


def link_place(notice_id: str, address: str) -> str:
    """What the link of a recipient is sealed for: nothing else opens it."""
    return f"link {notice_id} {address}"


class Message(Payload):
    """What people are told: a line, more about it, where to look, and the same for programs."""

    title: str
    text: str = ""
    url: str = ""
    data: dict[str, Json] = Field(default_factory=dict)


class Recipient(Payload):
    """An e-mail address; `link` is a sealed URL by which whoever reads there may decide."""

    address: str
    link: SealedText | None = None


class NotifyTask(Payload):
    """Input of activity `notify`: `config` is the rule's, with secrets by reference.

    `recipient` is for e-mail only. Whoever is told twice knows it by `notice_id`.
    """

    notice_id: str
    notification_id: str
    owner_id: str
    channel: NotificationChannel
    config: dict[str, Json]
    message: Message
    recipient: Recipient | None = None


class NotifyInput(Payload):
    """Input of `NotifyWorkflow`: each of `recipients` is told on its own; none tells once."""

    task: NotifyTask
    recipients: list[Recipient] = Field(default_factory=list)


class NotifyResult(Payload):
    """Result of activity `notify` and of its workflow; with `error` somebody was not told."""

    attempts: int = 1
    error: str | None = None
    sent_at: datetime | None = None


class GraphInput(_WithGraph):
    """Input of `GraphWorkflow`; `graph`, `tools` and `workflows` are the run's own snapshot.

    `seeds` are recorded outcomes of another run's nodes, taken over instead of running them.
    `state` continues a run that continued as new.
    """

    execution_id: str
    owner_id: str = ""
    workflow_id: str
    workflow_version: int
    graph_hash: str = ""
    tools: dict[str, ToolSpec] = Field(default_factory=dict)
    workflows: dict[str, SubWorkflow] = Field(default_factory=dict)
    agents: dict[str, AgentSpec] = Field(default_factory=dict)
    input: Json = Field(default_factory=dict)
    trigger_key: str | None = None
    depth: int = 0
    seeds: list[NodeRecord] = Field(default_factory=list)
    input_overrides: dict[str, dict[str, Json]] = Field(default_factory=dict)  # key → inputs
    state: RunState | None = None
    max_events: int = 4_000  # continue as new beyond this many history events
    started_at: datetime | None = None


class Upgrade(_WithGraph):
    """Input of `upgrade` and `compatibility`: a version, with all it refers to, as a start has it."""

    workflow_version: int
    graph_hash: str = ""
    tools: dict[str, ToolSpec] = Field(default_factory=dict)
    workflows: dict[str, SubWorkflow] = Field(default_factory=dict)
    agents: dict[str, AgentSpec] = Field(default_factory=dict)


class GraphResult(Payload):
    """Result of `GraphWorkflow`; a failed run raises instead, with `FailureDetail`."""

    status: ExecutionStatus = ExecutionStatus.COMPLETED
    output: Json = None
