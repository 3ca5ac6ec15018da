"""What clients send and get."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Closed, Name, StoredJson, Text, Version
from models.enums import ToolType
from models.graph.builtins import Builtin
from models.graph.tool import RateLimit, ToolConfig
from models.graph.values import Json
from temporal_workflows.contracts import LogLine, NodeError, Usage

Description = Annotated[Text, Field(max_length=10_000)]
Schema = dict[str, StoredJson]
MAX_TEST_SECONDS = 300


class ToolSpecIn(Closed):
    """What runs, and what goes in and out."""

    config: ToolConfig
    input_schema: Schema | None = None
    output_schema: Schema | None = None


class NewTool(ToolSpecIn):
    """A tool under a name that graphs use."""

    name: Name
    description: Description | None = None
    is_public: bool = Field(False, description="Whether everybody's graphs may name it.")
    rate_limit: RateLimit | None = None


class ToolChange(Closed):
    """What to change; what is left out stays. `version` is for the optimistic lock."""

    name: Name | None = None
    description: Description | None = None
    config: ToolConfig | None = None
    input_schema: Schema | None = None
    output_schema: Schema | None = None
    is_public: bool | None = None
    rate_limit: RateLimit | None = Field(None, description="`null` takes the limit away.")
    version: Version | None = None


class TestRequest(Closed):
    """Inputs to try a tool with."""

    inputs: dict[str, StoredJson] = Field(default_factory=dict)
    timeout_seconds: float = Field(60, gt=0, le=MAX_TEST_SECONDS)


class InlineTest(TestRequest, ToolSpecIn):
    """A tool that is stored nowhere, and inputs to try it with."""


class ToolOut(BaseModel):
    """A registered tool."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner_id: UUID
    name: str
    description: str | None
    tool_type: ToolType
    config: dict[str, Any]
    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    is_public: bool
    rate_limit: RateLimit | None
    version: int
    created_at: datetime
    updated_at: datetime


class ToolList(BaseModel):
    """A page of tools."""

    items: list[ToolOut]
    next_cursor: str | None


class BuiltinList(BaseModel):
    """The helpers that ship with PasteTrader."""

    items: list[Builtin]


class TestAnswer(BaseModel):
    """How the try went: either `output` or `error`, and what was logged."""

    ok: bool
    output: Json = None
    error: NodeError | None = None
    logs: list[LogLine]
    usage: Usage
