"""Configuration of an agent: a language model that works with tools until it has an answer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from models.enums import ModelProvider
from models.graph.base import GraphModel, JsonSchema
from models.graph.tool import ToolConfig

BUDGET_HANDLE = "budget"
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class AgentTool(GraphModel):
    """A tool that the model may call: a registered one by name (`tool`), or one written inline.

    What the model sees is `name`, `description` and the input schema; a registered tool has its own.
    """

    name: ToolName
    tool: str | None = Field(None, min_length=1, max_length=200)
    config: ToolConfig | None = None
    description: str | None = Field(None, max_length=4_096)
    input_schema: JsonSchema | None = None
    timeout_seconds: float = Field(300, gt=0, le=7 * 86_400)

    @model_validator(mode="after")
    def _one_of(self) -> "AgentTool":
        if (self.tool is None) == (self.config is None):
            raise ValueError(
                "give either `tool` (a registered tool's name) or `config` with a `kind`"
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


class AgentConfig(GraphModel):
    """A model, what it is told, and the tools it may use."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset(
        {"model", "base_url", "api_key", "system", "prompt"}
    )

    provider: ModelProvider
    model: str = Field(min_length=1, max_length=200)
    base_url: str | None = Field(
        None, max_length=8_192, description="Of a server that speaks the provider's protocol."
    )
    api_key: str | None = Field(None, description="A secret: `{{ secrets.NAME }}`.")
    system: str | None = Field(None, max_length=64 * 1024, description="What the model is.")
    prompt: str = Field(min_length=1, max_length=64 * 1024, description="What it is to do.")
    tools: list[AgentTool] = Field(default_factory=list, max_length=64)
    output_schema: JsonSchema | None = Field(None, description="Of an answer in JSON.")
    parameters: ModelParameters = Field(default_factory=ModelParameters)
    budgets: Budgets = Field(default_factory=Budgets)
    window: int | None = Field(
        None, ge=2, le=10_000, description="Newest messages that are sent; none sends all."
    )

    @model_validator(mode="after")
    def _names_once(self) -> "AgentConfig":
        names = [tool.name for tool in self.tools]
        if len(set(names)) != len(names):
            raise ValueError("two tools have the same `name`")
        return self
