"""What clients send and get."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Closed, Name, StoredJson, Text, Version
from models.graph.base import KEY_PATTERN
from models.graph.problems import Problem
from models.graph.values import Json

MAX_OPERATIONS = 100
Description = Annotated[Text, Field(max_length=10_000)]
ClientId = Annotated[Text, Field(min_length=1, max_length=100)]
Document = Annotated[dict[str, Any], Field(description="As in a graph document.")]


class NewWorkflow(Closed):
    """An empty workflow."""

    name: Name
    description: Description | None = None
    variables: dict[str, StoredJson] = Field(default_factory=dict)


class WorkflowChange(Closed):
    """What to change; what is left out stays. `version` is the draft's, for the optimistic lock."""

    name: Name | None = None
    description: Description | None = None
    is_active: bool | None = None
    version: Version | None = None


class DuplicateRequest(Closed):
    """The copy's name; none makes one up."""

    name: Name | None = None


class PublishRequest(Closed):
    """Why this version was made."""

    comment: Annotated[Text, Field(max_length=2_000)] | None = None


class DraftNode(BaseModel):
    """A node of a draft: any fields, checked by `validate`; `id` is the client's and stays."""

    model_config = ConfigDict(extra="allow")

    id: ClientId | None = None
    key: Annotated[str, Field(pattern=KEY_PATTERN)]


class DraftEdge(BaseModel):
    """An edge of a draft, likewise."""

    model_config = ConfigDict(extra="allow")

    id: ClientId | None = None
    source: Annotated[str, Field(pattern=KEY_PATTERN)]
    target: Annotated[str, Field(pattern=KEY_PATTERN)]
    source_handle: ClientId | None = None
    target_handle: ClientId | None = None


class DraftGraph(Closed):
    """A whole draft; it replaces the stored one at once, or not at all."""

    version: Version = Field(description="The draft's version that this was made from.")
    name: Name | None = None
    description: Description | None = None
    variables: dict[str, StoredJson] = Field(default_factory=dict)
    failure_mode: Literal["finish_branches", "fail_fast"] | None = None
    output: StoredJson = None
    nodes: list[DraftNode] = Field(default_factory=list)
    edges: list[DraftEdge] = Field(default_factory=list)


class Operation(Closed):
    """One change of a draft; `id` names the node or edge, `value` is the new one."""

    op: Literal["add_node", "put_node", "delete_node", "add_edge", "put_edge", "delete_edge"]
    id: ClientId | None = None
    value: Document | None = None


class Batch(Closed):
    """Changes that are made together, or not at all."""

    version: Version | None = None
    operations: list[Operation] = Field(min_length=1, max_length=MAX_OPERATIONS)


class WorkflowOut(BaseModel):
    """A workflow as lists show it; `version` is the draft's."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    description: str | None
    version: int
    published_version: int | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class WorkflowDetail(WorkflowOut):
    """A workflow with its draft."""

    graph: dict[str, Json]


class WorkflowList(BaseModel):
    """A page of workflows."""

    items: list[WorkflowOut]
    next_cursor: str | None


class GraphOut(BaseModel):
    """A draft, with the version to send back."""

    version: int
    graph: dict[str, Json]


class Report(BaseModel):
    """What the validator found; `valid` when none of it is an error."""

    valid: bool
    problems: list[Problem]


class Topology(BaseModel):
    """Keys of the top-level nodes, by layer."""

    layers: list[list[str]]


class VersionOut(BaseModel):
    """A published version as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    graph_hash: str
    comment: str | None
    created_by: UUID
    created_at: datetime


class VersionDetail(VersionOut):
    """A published version with its graph."""

    graph: dict[str, Json]


class VersionList(BaseModel):
    """A page of versions, newest first."""

    items: list[VersionOut]
    next_cursor: str | None


class Published(BaseModel):
    """The version that runs now; `created` is false when nothing had changed."""

    version: int
    created: bool
    problems: list[Problem]


class NodeChange(BaseModel):
    """A node that differs, and in which fields."""

    key: str
    fields: list[str]


class Diff(BaseModel):
    """What changed from one version to another."""

    nodes_added: list[str]
    nodes_removed: list[str]
    nodes_changed: list[NodeChange]
    edges_added: list[dict[str, Json]]
    edges_removed: list[dict[str, Json]]
    edges_changed: list[dict[str, Json]]
    settings_changed: list[str]
