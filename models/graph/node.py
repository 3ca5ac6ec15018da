"""One class per node type, with the configuration that the catalog shows and the engine runs."""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.enums import NodeType, OnError, ToolType
from models.graph.limits import MAX_CONCURRENCY, MAX_ITERATIONS
from models.graph.values import Json

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
Key = Annotated[str, Field(pattern=KEY_PATTERN)]
JsonSchema: TypeAlias = dict[str, Any]


class GraphModel(BaseModel):
    """Closed by default: an unknown field is a typo, and a typo is an error."""

    model_config = ConfigDict(extra="forbid")

    def model_post_init(self, _context: Any, /) -> None:
        """Count discriminators as set: a dump without defaults must still parse."""
        self.model_fields_set.update({"type", "kind"} & type(self).model_fields.keys())


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


# Tools -------------------------------------------------------------------------------------------


class HttpConfig(GraphModel):
    """One HTTP request; every field may hold expressions."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset(
        {"url", "query", "headers", "json_body", "form", "body"}
    )

    kind: Literal["http"] = "http"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1, max_length=8_192)
    query: dict[str, Json] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Json = Field(None, description="Sent as JSON.")
    form: dict[str, str] | None = Field(None, description="Sent as a form instead of JSON.")
    body: str | None = Field(None, description="Sent as it is instead of JSON or a form.")
    response: Literal["auto", "json", "text", "bytes"] = "auto"
    fail_on_status: bool = Field(True, description="Treat an answer of 400 or more as an error.")
    follow_redirects: bool = True
    max_bytes: int = Field(10 * 1024 * 1024, ge=1, le=256 * 1024 * 1024)


class PythonConfig(GraphModel):
    """`def main(**inputs)` in a fresh sandboxed process; the return value must be JSON."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["python"] = "python"
    code: str = Field(min_length=1, max_length=256 * 1024)
    memory_mb: int = Field(512, ge=64, le=4_096)


class ShellConfig(GraphModel):
    """A command as a list, or a `bash -euo pipefail` script; inputs arrive as files and environment.

    Never templated: a value inside a command line would be code.
    """

    TEMPLATED: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["shell"] = "shell"
    command: list[str] | None = Field(None, min_length=1, max_length=200)
    script: str | None = Field(None, min_length=1, max_length=256 * 1024)
    memory_mb: int = Field(512, ge=64, le=4_096)
    ok_exit_codes: list[int] = Field(default_factory=lambda: [0])

    @model_validator(mode="after")
    def _one_of(self) -> "ShellConfig":
        if (self.command is None) == (self.script is None):
            raise ValueError("give either `command` (a list) or `script`, not both")
        return self


class BuiltinConfig(GraphModel):
    """A helper that ships with PasteTrader, by name; see `GET /api/v1/tools/builtin`.

    `template` is a text of its own level, rendered by the activity.
    """

    TEMPLATED: ClassVar[frozenset[str]] = frozenset({"options"})

    kind: Literal["builtin"] = "builtin"
    name: str = Field(min_length=1, max_length=100)
    template: str | None = Field(None, max_length=256 * 1024)
    options: dict[str, Json] = Field(default_factory=dict)


ToolConfig = Annotated[
    HttpConfig | PythonConfig | ShellConfig | BuiltinConfig, Field(discriminator="kind")
]


class ToolSpec(GraphModel):
    """A registered tool as a run carries it: what runs, and what goes in and out."""

    config: ToolConfig
    input_schema: JsonSchema | None = None
    output_schema: JsonSchema | None = None

    @property
    def tool_type(self) -> ToolType:
        """The tool kind of the configuration."""
        return ToolType(self.config.kind)


# Nodes -------------------------------------------------------------------------------------------


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


class TriggerConfig(GraphModel):
    """The JSON Schema that a run's input must satisfy; none accepts any object."""

    input_schema: JsonSchema | None = None


class TriggerNode(NodeBase):
    """Entry of the graph."""

    type: Literal[NodeType.TRIGGER] = NodeType.TRIGGER
    config: TriggerConfig = Field(default_factory=TriggerConfig)


class ToolNode(NodeBase):
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


class WorkflowNode(NodeBase):
    """Runs another workflow's published version; `inputs` become its input."""

    type: Literal[NodeType.WORKFLOW] = NodeType.WORKFLOW
    config: SubWorkflowConfig


Node = Annotated[
    TriggerNode
    | ToolNode
    | ConditionNode
    | AdapterNode
    | ParallelNode
    | LoopNode
    | AggregatorNode
    | DelayNode
    | WorkflowNode,
    Field(discriminator="type"),
]
CONTAINER_TYPES = frozenset({NodeType.PARALLEL, NodeType.LOOP})
ERROR_HANDLE = "error"
