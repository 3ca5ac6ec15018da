"""A second, naive interpreter: the semantics of graph.md by recursion, without any scheduling."""

from dataclasses import dataclass, field
from typing import TypeGuard

from models.enums import OnError
from models.graph.graph import Graph
from models.graph.node import AggregatorNode, ConditionNode, LoopNode, Node, ParallelNode
from models.graph.values import Json
from tests.temporal_workflows.script import Script

LIVE, DEAD, FAILED = "live", "dead", "failed"


@dataclass
class Result:
    """What every node of every pass came to: (key, path) → status, and outputs of those that ran."""

    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    outputs: dict[tuple[str, str], Json] = field(default_factory=dict)
    failed: bool = False


def interpret(graph: Graph, script: Script) -> Result:
    """Run the whole graph."""
    result = Result()
    _, result.failed = _body(graph, script, None, "", result)
    return result


def _body(
    graph: Graph, script: Script, parent: str | None, path: str, result: Result
) -> tuple[Json, bool]:
    """(output of the pass, whether it failed)."""
    undoing = {getattr(node, "compensation", None) for node in graph.nodes}
    todo = [node for node in graph.nodes if node.parent == parent and node.key not in undoing]
    done: dict[str, str] = {}
    edges: dict[tuple[str, str, str | None], str] = {}
    failed = False
    while todo:
        node = next(n for n in todo if all(e.source in done for e in graph.incoming[n.key]))
        todo.remove(node)
        arriving = [edges[e.source, e.target, e.source_handle] for e in graph.incoming[node.key]]
        arrived = sum(
            state == LIVE and not (_wants_success(node) and done[e.source] == "failed")
            for state, e in zip(arriving, graph.incoming[node.key], strict=True)
        )
        status, output = _node(graph, script, node, path, arriving, arrived, result)
        done[node.key] = result.statuses[node.key, path] = status
        unhandled = status == "failed" and not _handled(graph, node)
        failed = failed or unhandled
        if status == "failed" and node.on_error is not OnError.FAIL:
            output = "error"
        if status != "skipped":
            result.outputs[node.key, path] = output
        for edge in graph.outgoing[node.key]:
            state = _edge(script, node, path, status, unhandled, edge.source_handle, arriving)
            edges[edge.source, edge.target, edge.source_handle] = state
    ends = [
        n.key
        for n in graph.nodes
        if n.parent == parent
        and n.key not in undoing
        and not graph.outgoing[n.key]
        and (done[n.key] == "completed" or (done[n.key] == "failed" and _handled(graph, n)))
    ]
    outputs = {key: result.outputs[key, path] for key in ends}
    return (next(iter(outputs.values())) if len(outputs) == 1 else outputs or None), failed


def _node(
    graph: Graph,
    script: Script,
    node: Node,
    path: str,
    arriving: list[str],
    arrived: int,
    result: Result,
) -> tuple[str, Json]:
    if node.disabled and (not arriving or LIVE in arriving) and not _blocked(node, arriving):
        return "skipped", None
    if _early(node):
        needed = node.config.n or 1
        if arrived < needed:
            if FAILED in arriving or LIVE not in arriving:
                return "skipped", None
            return "failed", None
    elif _blocked(node, arriving) or (arriving and LIVE not in arriving):
        return "skipped", None
    if isinstance(node, ParallelNode | LoopNode):
        return _container(graph, script, node, path, result)
    if script.fails(node.key, path):
        return "failed", None
    return "completed", script.output(node.key, path)


def _early(node: Node) -> TypeGuard[AggregatorNode]:
    return isinstance(node, AggregatorNode) and node.config.wait != "all" and not node.disabled


def _wants_success(node: Node) -> bool:
    return isinstance(node, AggregatorNode) and node.config.wait == "first_success"


def _blocked(node: Node, arriving: list[str]) -> bool:
    return FAILED in arriving and not _early(node)


def _container(
    graph: Graph, script: Script, node: Node, path: str, result: Result
) -> tuple[str, Json]:
    results = []
    any_failed = False
    for index in range(script.passes(node.key, path)):
        inner = f"{path}.{index}" if path else str(index)
        output, failed = _body(graph, script, node.key, inner, result)
        results.append(output)
        any_failed = any_failed or failed
        if failed and isinstance(node, LoopNode):
            break
    if any_failed:
        return "failed", None
    if isinstance(node, ParallelNode):
        return "completed", results
    last = results[-1] if results else None
    return "completed", {"iterations": len(results), "last": last, "results": results}


def _handled(graph: Graph, node: Node) -> bool:
    if node.on_error is OnError.BRANCH:
        return any(edge.source_handle == "error" for edge in graph.outgoing[node.key])
    return node.on_error is OnError.CONTINUE


def _edge(
    script: Script,
    node: Node,
    path: str,
    status: str,
    unhandled: bool,
    handle: str | None,
    arriving: list[str],
) -> str:
    if status == "skipped":
        if FAILED in arriving:
            return FAILED
        passes_through = node.disabled and (not arriving or LIVE in arriving)
        return LIVE if passes_through and handle != "error" else DEAD
    if unhandled:
        return FAILED
    if node.on_error is OnError.BRANCH and (status == "failed" or handle == "error"):
        return LIVE if status == "failed" and handle == "error" else DEAD
    if isinstance(node, ConditionNode) and handle is not None and status == "completed":
        return LIVE if handle == script.handle(node.key, path) else DEAD
    return LIVE
