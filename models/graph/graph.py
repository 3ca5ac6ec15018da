"""The graph document: nodes, edges and what surrounds them."""

from functools import cached_property

from pydantic import ConfigDict, Field

from models.enums import FailureMode
from models.graph.base import GraphModel, Key
from models.graph.node import CONTAINER_TYPES, CompensatedNode, Node
from models.graph.values import Json


class Edge(GraphModel):
    """Joins two nodes of the same parent; a live edge lets its target run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Key
    target: Key
    source_handle: str | None = Field(None, max_length=100)
    target_handle: str | None = Field(None, max_length=100)
    label: str | None = Field(None, max_length=200)
    priority: int = 0
    id: str | None = Field(None, max_length=100)


class Graph(GraphModel):
    """A whole workflow definition; valid in form, not yet in meaning (see `validation`)."""

    # cached_property needs its slot left alone by pydantic.
    model_config = ConfigDict(extra="forbid", ignored_types=(cached_property,))

    name: str = Field("workflow", min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    variables: dict[str, Json] = Field(default_factory=dict)
    failure_mode: FailureMode = FailureMode.FINISH_BRANCHES
    output: Json = None
    nodes: list[Node] = Field(default_factory=list)
    edges: list[Edge] = Field(default_factory=list)

    @cached_property
    def by_key(self) -> dict[str, Node]:
        """Nodes by key."""
        return {node.key: node for node in self.nodes}

    @cached_property
    def incoming(self) -> dict[str, list[Edge]]:
        """Edges into each node, in document order; every key is present."""
        found: dict[str, list[Edge]] = {node.key: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.target].append(edge)
        return found

    @cached_property
    def outgoing(self) -> dict[str, list[Edge]]:
        """Edges out of each node, in document order; every key is present."""
        found: dict[str, list[Edge]] = {node.key: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    @cached_property
    def compensations(self) -> dict[str, str]:
        """Key of what undoes each node that names such a one."""
        return {
            node.key: node.compensation
            for node in self.nodes
            if isinstance(node, CompensatedNode) and node.compensation is not None
        }

    @cached_property
    def body(self) -> dict[str | None, list[Node]]:
        """Nodes by the container that holds them; `None` is the top level.

        Compensations are left out: they are no part of a run that goes well.
        """
        found: dict[str | None, list[Node]] = {None: []}
        undoing = set(self.compensations.values())
        for node in self.nodes:
            if node.type in CONTAINER_TYPES:
                found.setdefault(node.key, [])
            body = found.setdefault(node.parent, [])
            if node.key not in undoing:
                body.append(node)
        return found
