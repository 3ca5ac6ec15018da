"""What a run that is run again takes over from the run before it."""

from collections.abc import Iterable, Sequence

from api.mirror.events import Page
from api.mirror.projector import Projector
from api.mirror.rows import ExecutionRow, NodeRow
from models.enums import ExecutionStatus, OnError
from models.graph.graph import Graph
from temporal_workflows.contracts import NodeError, NodeRecord


def recorded_rows(execution: ExecutionRow, pages: Sequence[Page]) -> list[NodeRow]:
    """The last attempt of every top-level node, as the history of a run tells it."""
    projector = Projector(execution)
    latest: dict[str, NodeRow] = {}
    for page in pages:
        for row in projector.apply(page).nodes.values():
            if not row.path:
                latest[row.node_key] = row
    return list(latest.values())


def seeds_for(graph: Graph, rows: Iterable[NodeRow], from_node: str | None) -> list[NodeRecord]:
    """Outcomes to reuse: of nodes that `from_node` does not lead to and that need not run again.

    A node inside containers counts as its outermost container. A failure is reused only where the
    graph goes on from it.
    """
    again = downstream(graph, outermost(graph, from_node)) if from_node else set()
    seeds = []
    for row in rows:
        node = graph.by_key.get(row.node_key)
        if node is None or node.type is not row.node_type or row.node_key in again:
            continue
        goes_on = row.status is ExecutionStatus.FAILED and node.on_error is not OnError.FAIL
        if row.status is ExecutionStatus.COMPLETED or (goes_on and from_node is not None):
            seeds.append(_record(row))
    return seeds


def outermost(graph: Graph, key: str) -> str:
    """The top-level node that holds `key`, or is it."""
    node = graph.by_key[key]
    while node.parent is not None:
        node = graph.by_key[node.parent]
    return node.key


def downstream(graph: Graph, key: str) -> set[str]:
    """`key` and every node that it leads to."""
    found, stack = {key}, [key]
    while stack:
        for edge in graph.outgoing[stack.pop()]:
            if edge.target not in found:
                found.add(edge.target)
                stack.append(edge.target)
    return found


def _record(row: NodeRow) -> NodeRecord:
    return NodeRecord(
        node_key=row.node_key,
        path=row.path,
        status=row.status,
        output=row.output,
        error=NodeError.model_validate(row.error) if row.error else None,
        handle=row.handle,
    )
