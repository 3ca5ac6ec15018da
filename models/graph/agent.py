"""Configuration of an agent: a language model that works with tools until it has an answer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from models.enums import AuthMode, ModelProvider
from models.graph.base import GraphModel, JsonSchema
from models.graph.tool import ToolConfig

BUDGET_HANDLE = "budget"
TIMEOUT_HANDLE = "timeout"
MAX_TOOLS = 64
Memory = Literal["window", "summary", "none"]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Reference = Annotated[str, Field(min_length=1, max_length=200)]


class AgentTool(GraphModel):
    """What the model may call: a tool, a published workflow, or another agent.

    The model sees `name`, `description` and a schema: `input_schema`, else the one that a registered
    tool or the workflow's trigger has. Another agent takes `prompt`, a text.
    """

    name: ToolName
    tool: _Reference | None = Field(None, description="A registered tool's name.")
    config: ToolConfig | None = Field(None, description="A tool of its own.")
    workflow: _Reference | None = Field(None, description="A published workflow's name.")
    agent: _Reference | None = Field(None, description="A registered agent's name.")
    description: str | None = Field(None, max_length=4_096)
    input_schema: JsonSchema | None = None
    timeout_seconds: float = Field(300, gt=0, le=7 * 86_400)
    sensitive: bool = Field(False, description="Each call waits until a person approves it.")
    approval_seconds: float = Field(
        7 * 86_400, gt=0, le=366 * 86_400, description="How long a call waits for a person."
    )

    @model_validator(mode="after")
    def _one_of(self) -> "AgentTool":
        given = [self.tool, self.config, self.workflow, self.agent]
        if sum(each is not None for each in given) != 1:
            raise ValueError(
                "give one of `tool` (a registered tool's name), `config` with a `kind`, "
                "`workflow` (a published workflow's name) or `agent` (a registered agent's name)"
            )
        return self


class Budgets(GraphModel):
    """What an agent may use up; reaching one ends it with what there is, by the handle `budget`."""

    max_turns: int = Field(25, ge=1, le=1_000, description="Answers of the model.")
    max_tokens: int | None = Field(None, ge=1, description="Input and output together.")
    max_cost_usd: float | None = Field(None, gt=0, description="By the operator's price table.")
    max_seconds: float | None = Field(None, gt=0, le=30 * 86_400)


class ModelParameters(GraphModel):
    """How the model should answer; what its provider does not know is not sent."""

    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000)
    seed: int | None = Field(None, ge=0, lt=2**63)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )


class AgentSettings(GraphModel):
    """A model, what it is, and the tools it may use."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset({"model", "base_url", "api_key", "system"})

    provider: ModelProvider
    model: str = Field(min_length=1, max_length=200)
    base_url: str | None = Field(
        None, max_length=8_192, description="Of a server that speaks the provider's protocol."
    )
    auth_mode: AuthMode | None = Field(
        None, description="`none` sends no key; left out, a key is sent when there is one."
    )
    api_key: str | None = Field(None, description="A secret: `{{ secrets.NAME }}`.")
    system: str | None = Field(None, max_length=64 * 1024, description="What the model is.")
    tools: list[AgentTool] = Field(default_factory=list, max_length=MAX_TOOLS)
    output_schema: JsonSchema | None = Field(None, description="Of an answer in JSON.")
    parameters: ModelParameters = Field(default_factory=ModelParameters)
    budgets: Budgets = Field(default_factory=Budgets)
    memory: Memory = Field(
        "window",
        description="`window`: the newest messages are sent. `summary`: older ones as a summary "
        "that the model writes. `none`: what was said before the newest question is not sent.",
    )
    window: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="Newest messages that are sent; none sends all, or 40 beside a summary.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "AgentSettings":
        names = [tool.name for tool in self.tools]
        if len(set(names)) != len(names):
            raise ValueError("two tools have the same `name`")
        if self.auth_mode is AuthMode.API_KEY and self.api_key is None:
            raise ValueError("`auth_mode` is `api_key`: give `api_key`, a secret")
        if self.auth_mode is AuthMode.NONE and self.api_key is not None:
            raise ValueError("`auth_mode` is `none`: leave `api_key` out")
        return self


class AgentConfig(AgentSettings):
    """An agent, and what it is to do."""

    TEMPLATED: ClassVar[frozenset[str]] = AgentSettings.TEMPLATED | {"prompt"}

    prompt: str = Field(min_length=1, max_length=256 * 1024, description="What it is to do.")


class AgentSpec(GraphModel):
    """A registered agent as a run carries it; its templates see `inputs`, which is `{prompt}`."""

    id: str | None = None
    description: str | None = None
    config: AgentSettings
