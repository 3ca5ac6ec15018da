"""One class per node type, with the configuration that the catalog shows and the engine runs."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from models.enums import NodeType, OnError
from models.graph.agent import AgentConfig, AgentTool
from models.graph.base import GraphModel, JsonSchema, Key
from models.graph.limits import MAX_ASSIGNEES, MAX_CONCURRENCY, MAX_ITERATIONS
from models.graph.tool import ToolConfig
from models.graph.values import Json


class Position(GraphModel):
    """Where the designer draws the node, in canvas units."""

    x: float = 0
    y: float = 0


class Retry(GraphModel):
    """When a failed attempt is tried again; intervals in seconds."""

    max_attempts: int = Field(4, ge=1, le=100)
    initial_interval: float = Field(1.0, ge=0.0, le=86_400)
    backoff: float = Field(2.0, ge=1.0, le=100)
    max_interval: float = Field(60.0, ge=0.0, le=86_400)
    non_retryable: list[str] = Field(default_factory=list, max_length=50)

    def delay(self, attempt: int) -> float:
        """Seconds to wait after failed attempt number `attempt` (counted from 1)."""
        try:
            grown = self.initial_interval * self.backoff ** (attempt - 1)
        except OverflowError:
            return self.max_interval
        return min(grown, self.max_interval)


class NodeBase(GraphModel):
    """What every node has."""

    key: Key
    name: str | None = Field(None, max_length=200)
    parent: Key | None = Field(None, description="Key of the container that holds this node.")
    position: Position | None = None
    inputs: dict[str, Json] = Field(default_factory=dict)
    timeout_seconds: float = Field(300, gt=0, le=7 * 86_400)
    retry: Retry = Field(default_factory=Retry)
    on_error: OnError = OnError.FAIL
    disabled: bool = False
    notes: str | None = Field(None, max_length=10_000)

    @property
    def title(self) -> str:
        """What people read: the name, else the key."""
        return self.name or self.key


class CompensatedNode(NodeBase):
    """A node with an effect that another one undoes when the run fails or is cancelled."""

    compensation: Key | None = Field(
        None,
        description="Key of the node that undoes this one: a tool or workflow node beside it, "
        "without edges.",
    )


class TriggerConfig(GraphModel):
    """The JSON Schema that a run's input must satisfy; none accepts any object."""

    input_schema: JsonSchema | None = None


class TriggerNode(NodeBase):
    """Entry of the graph."""

    type: Literal[NodeType.TRIGGER] = NodeType.TRIGGER
    config: TriggerConfig = Field(default_factory=TriggerConfig)


class ToolNode(CompensatedNode):
    """Runs a registered tool (`tool`) or the one it carries inline (`config`)."""

    type: Literal[NodeType.TOOL] = NodeType.TOOL
    tool: str | None = Field(None, min_length=1, max_length=200)
    config: ToolConfig | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "ToolNode":
        if (self.tool is None) == (self.config is None):
            raise ValueError(
                "give either `tool` (a registered tool's name) or `config` with a `kind`"
            )
        return self


class Branch(GraphModel):
    """One way out of a condition."""

    handle: Key
    when: str = Field(min_length=1)


class ConditionConfig(GraphModel):
    """Branches in order; the first whose `when` is true is taken, else `default`."""

    branches: list[Branch] = Field(min_length=1, max_length=50)
    default: Key | None = None


class ConditionNode(NodeBase):
    """Chooses a branch; its output is its inputs plus `handle`, the branch taken."""

    type: Literal[NodeType.CONDITION] = NodeType.CONDITION
    config: ConditionConfig


class AdapterConfig(GraphModel):
    """The template of the result, and the JSON Schema it must satisfy."""

    output: Json = None
    output_schema: JsonSchema | None = None


class AdapterNode(NodeBase):
    """Reshapes data."""

    type: Literal[NodeType.ADAPTER] = NodeType.ADAPTER
    config: AdapterConfig


class ParallelConfig(GraphModel):
    """Runs the body once for each of `items`, at most `max_concurrency` at once."""

    items: Json
    max_concurrency: int = Field(10, ge=1, le=MAX_CONCURRENCY)


class ParallelNode(NodeBase):
    """Container; its output is the list of the passes' outputs in item order."""

    type: Literal[NodeType.PARALLEL] = NodeType.PARALLEL
    config: ParallelConfig


class LoopConfig(GraphModel):
    """Either `items` (for each, in order) or `while` (evaluated before each pass)."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    items: Json = None
    while_: str | None = Field(None, alias="while")
    max_iterations: int = Field(1_000, ge=1, le=MAX_ITERATIONS)

    @model_validator(mode="after")
    def _one_of(self) -> "LoopConfig":
        if (self.items is None) == (self.while_ is None):
            raise ValueError("give either `items` or `while`")
        return self


class LoopNode(NodeBase):
    """Container; its output is {iterations, last, results}."""

    type: Literal[NodeType.LOOP] = NodeType.LOOP
    config: LoopConfig


class AggregatorConfig(GraphModel):
    """How many incoming branches to wait for, and how their outputs become one."""

    wait: Literal["all", "any", "n_of_m", "first_success"] = "all"
    n: int | None = Field(None, ge=1)
    cancel_rest: bool = False
    merge: Literal["list", "object", "concat", "custom"] = "list"
    template: Json = Field(None, description="For merge `custom`.")

    @model_validator(mode="after")
    def _n_with_n_of_m(self) -> "AggregatorConfig":
        if (self.wait == "n_of_m") != (self.n is not None):
            raise ValueError("`n` goes with wait `n_of_m`, and with nothing else")
        if (self.merge == "custom") != (self.template is not None):
            raise ValueError("`template` goes with merge `custom`, and with nothing else")
        return self


class AggregatorNode(NodeBase):
    """Joins branches."""

    type: Literal[NodeType.AGGREGATOR] = NodeType.AGGREGATOR
    config: AggregatorConfig = Field(default_factory=AggregatorConfig)


class DelayConfig(GraphModel):
    """Wait `seconds`, or until an ISO 8601 time with offset; either may be an expression."""

    seconds: Json = None
    until: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "DelayConfig":
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give either `seconds` or `until`")
        return self


class DelayNode(NodeBase):
    """A timer; costs nothing while it waits. Its output is {until}, ISO 8601 in UTC."""

    type: Literal[NodeType.DELAY] = NodeType.DELAY
    config: DelayConfig


class SubWorkflowConfig(GraphModel):
    """The workflow to run, by name, and its published version (none: the newest)."""

    workflow: str = Field(min_length=1, max_length=200)
    version: int | None = Field(None, ge=1)


class WorkflowNode(CompensatedNode):
    """Runs another workflow's published version; `inputs` become its input."""

    type: Literal[NodeType.WORKFLOW] = NodeType.WORKFLOW
    config: SubWorkflowConfig


class AgentNode(CompensatedNode):
    """A language model that works with tools; its output is {text, value, ended, turns, usage}.

    Either a registered agent (`agent`), whose prompt is `inputs.prompt`, or one written inline.
    """

    type: Literal[NodeType.AGENT] = NodeType.AGENT
    agent: str | None = Field(None, min_length=1, max_length=200)
    config: AgentConfig | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "AgentNode":
        if (self.agent is None) == (self.config is None):
            raise ValueError("give either `agent` (a registered agent's name) or `config`")
        if self.agent is not None and "prompt" not in self.inputs:
            raise ValueError("give `inputs.prompt`: what the registered agent is to do")
        return self

    @property
    def tools(self) -> list[AgentTool]:
        """The tools that the node itself gives to its model."""
        return self.config.tools if self.config else []


class ApprovalConfig(GraphModel):
    """What a person is asked, and for how long."""

    message: str = Field(min_length=1, max_length=16 * 1024, description="What the person reads.")
    form: JsonSchema | None = Field(
        None, description="Of an object that whoever approves fills in; none asks for nothing."
    )
    approval_seconds: float = Field(
        7 * 86_400, gt=0, le=366 * 86_400, description="How long the run waits for a person."
    )
    assignees: list[Annotated[str, Field(min_length=1, max_length=2_000)]] = Field(
        default_factory=list,
        max_length=MAX_ASSIGNEES,
        description="E-mail addresses, `role:admin`, `role:editor`, `role:viewer`, or templates of"
        " them. None: the owner of the run.",
    )
    required: int = Field(
        1, ge=1, le=MAX_ASSIGNEES, description="How many of them must approve; one no is enough."
    )
    reminder_seconds: float | None = Field(
        None, gt=0, le=366 * 86_400, description="When those who have not decided are reminded."
    )


class ApprovalNode(NodeBase):
    """Waits for people; its output is {approved, by, comment, form, decisions}."""

    type: Literal[NodeType.APPROVAL] = NodeType.APPROVAL
    config: ApprovalConfig


class EventNodeConfig(GraphModel):
    """Which event is waited for, and for how long; `event` and `key` may be expressions."""

    event: str = Field(min_length=1, max_length=4_096, description="The event's name.")
    key: str | None = Field(
        None,
        min_length=1,
        max_length=4_096,
        description="The event's correlation key; without one any key is right.",
    )
    wait_seconds: float = Field(
        7 * 86_400, gt=0, le=366 * 86_400, description="How long the run waits for the event."
    )


class EventNode(NodeBase):
    """Waits for an event; its output is {event, key, id, payload, received_at}."""

    type: Literal[NodeType.EVENT] = NodeType.EVENT
    config: EventNodeConfig


Node = Annotated[
    TriggerNode
    | ToolNode
    | ConditionNode
    | AdapterNode
    | ParallelNode
    | LoopNode
    | AggregatorNode
    | DelayNode
    | WorkflowNode
    | AgentNode
    | ApprovalNode
    | EventNode,
    Field(discriminator="type"),
]
UNDOING_TYPES = frozenset({NodeType.TOOL, NodeType.WORKFLOW})
CONTAINER_TYPES = frozenset({NodeType.PARALLEL, NodeType.LOOP})
ERROR_HANDLE = "error"
REJECTED_HANDLE = "rejected"
EXPIRED_HANDLE = "timeout"
