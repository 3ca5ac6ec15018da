"""What clients send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from api.schemas import Closed, Name, Text, Version
from models.enums import ModelProvider
from models.graph.agent import AgentSettings, AgentTool
from models.graph.values import check_json

Description = Annotated[Text, Field(max_length=10_000)]


def _storable(given: AgentSettings | AgentTool) -> AgentSettings | AgentTool:
    check_json(given.model_dump(mode="json"))
    return given


Settings = Annotated[AgentSettings, AfterValidator(_storable)]
ToolIn = Annotated[AgentTool, AfterValidator(_storable)]


class NewAgent(Closed):
    """An agent under a name that graphs, chats and other agents use."""

    name: Name
    description: Description | None = None
    config: Settings
    is_public: bool = Field(False, description="Whether everybody may use it.")


class AgentChange(Closed):
    """What to change; what is left out stays, and so do the tools when `config` has none.

    `version` is for the optimistic lock.
    """

    name: Name | None = None
    description: Description | None = None
    config: Settings | None = None
    is_public: bool | None = None
    version: Version | None = None


class AgentOut(BaseModel):
    """A registered agent; `config` has its tools."""

    id: UUID
    owner_id: UUID
    name: str
    description: str | None
    config: AgentSettings
    is_public: bool
    version: int
    created_at: datetime
    updated_at: datetime


class AgentList(BaseModel):
    """A page of agents."""

    items: list[AgentOut]
    next_cursor: str | None


class ModelOut(BaseModel):
    """A model whose price is known, in dollars per million tokens."""

    provider: ModelProvider
    name: str
    input_usd_per_million: float
    output_usd_per_million: float
    cached_input_usd_per_million: float | None


class ModelList(BaseModel):
    """Models whose prices are known; others can be used as well."""

    items: list[ModelOut]
