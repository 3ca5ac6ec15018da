"""Whether a run that goes on may go on with another version of its graph; pure, and total."""

from collections.abc import Collection

from pydantic import BaseModel, Field

from models.enums import NodeType
from models.graph.graph import Edge, Graph
from models.graph.node import CONTAINER_TYPES, Node

# They wait as long as they wait; a changed one waits on, to the end that it had.
WAITING_TYPES = frozenset({NodeType.DELAY, NodeType.APPROVAL, NodeType.EVENT})
# What a node looks like changes nothing that it did.
_LOOKS = {"name", "position", "notes"}
EdgeEnds = tuple[str, str, str | None, str | None]


class Reason(BaseModel):
    """Why the run cannot go on with the other graph."""

    code: str
    message: str
    node_key: str | None = None


class Compatibility(BaseModel):
    """What becomes of each node: keys by what happened to them; no reasons means it is possible."""

    reasons: list[Reason] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)
    waiting: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    added: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)


def ends_of(edge: Edge) -> EdgeEnds:
    """What makes an edge the same in two graphs."""
    return (edge.source, edge.target, edge.source_handle, edge.target_handle)


def compatibility(
    before: Graph, after: Graph, *, ended: Collection[str], running: Collection[str]
) -> Compatibility:
    """Compare the graphs of a run that stands at `ended` and `running`, in whichever pass.

    What ended or runs must be the same node with the same edges into it, for what it gave or will
    give was asked by them; what waits must only still be there. Nodes not yet begun may change.
    """
    found = Compatibility(
        changed=[
            key
            for key, node in after.by_key.items()
            if key in before.by_key and _essence(before.by_key[key]) != _essence(node)
        ],
        added=[key for key in after.by_key if key not in before.by_key],
        removed=[key for key in before.by_key if key not in after.by_key],
    )
    for node in before.nodes:
        waits = node.key in running and node.type in WAITING_TYPES and node.key not in ended
        if waits:
            found.waiting.append(node.key)
            found.reasons += _still_waits(node, after)
        elif node.key in ended or node.key in running:
            found.kept.append(node.key)
            found.reasons += _is_same(node, before, after)
    return found


def _still_waits(node: Node, after: Graph) -> list[Reason]:
    other = after.by_key.get(node.key)
    if other is None:
        return [_reason("NODE_REMOVED", node, "waits in this run and is gone")]
    if other.type is not node.type or other.parent != node.parent:
        return [_reason("NODE_CHANGED", node, "waits in this run and is another kind of node")]
    return []


def _is_same(node: Node, before: Graph, after: Graph) -> list[Reason]:
    other = after.by_key.get(node.key)
    if other is None:
        return [_reason("NODE_REMOVED", node, "began in this run and is gone")]
    old, new = _essence(node), _essence(other)
    if old != new:
        fields = ", ".join(sorted(name for name in old | new if old.get(name) != new.get(name)))
        return [_reason("NODE_CHANGED", node, f"began in this run and differs in {fields}")]
    if _into(before, node.key) != _into(after, node.key):
        return [_reason("EDGES_CHANGED", node, "began in this run and has other edges into it")]
    return []


def _reason(code: str, node: Node, what: str) -> Reason:
    kind = "container " if node.type in CONTAINER_TYPES else ""
    return Reason(code=code, message=f"{kind}{node.key} {what}", node_key=node.key)


def _essence(node: Node) -> dict[str, object]:
    return node.model_dump(mode="json", exclude=_LOOKS)


def _into(graph: Graph, key: str) -> set[EdgeEnds]:
    return {ends_of(edge) for edge in graph.incoming[key]}
