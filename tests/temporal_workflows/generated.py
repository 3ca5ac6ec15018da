"""Hypothesis strategies for whole graphs."""

from typing import Any

from hypothesis import strategies as st

from models.graph.graph import Graph

MAX_BODY = 6
MAX_NESTING = 2


@st.composite
def graphs(draw: st.DrawFn, *, undoable: bool = False) -> Graph:
    """Valid graphs with branches, joins, containers, error policies and disabled nodes.

    With `undoable` some tools have a compensation.
    """
    nodes: list[dict[str, Any]] = [{"key": "start", "type": "trigger"}]
    edges: list[dict[str, Any]] = []
    _body(draw, None, 0, nodes, edges)
    if undoable:
        nodes += [
            _undoing(node) for node in nodes if node["type"] == "tool" and draw(st.booleans())
        ]
    return Graph.model_validate({"nodes": nodes, "edges": edges})


def _undoing(node: dict[str, Any]) -> dict[str, Any]:
    """A compensation for the node, which names it from then on."""
    node["compensation"] = f"undo_{node['key']}"
    return {"key": node["compensation"], "type": "tool", "parent": node["parent"]} | {
        "config": {"kind": "builtin", "name": "echo"}
    }


def _body(
    draw: st.DrawFn,
    parent: str | None,
    nesting: int,
    nodes: list[dict[str, Any]],
    edges: list[dict[str, Any]],
) -> None:
    kinds = ["tool", "tool", "tool", "condition", "aggregator"]
    if nesting < MAX_NESTING:
        kinds += ["parallel", "loop"]
    before = [nodes[0]] if parent is None else []
    for _ in range(draw(st.integers(1, MAX_BODY))):
        kind = draw(st.sampled_from(kinds))
        key = f"n{len(nodes)}"
        node: dict[str, Any] = {"key": key, "type": kind, "parent": parent} | _config(draw, kind)
        node["on_error"] = draw(st.sampled_from(["fail", "fail", "continue", "branch"]))
        node["disabled"] = draw(st.integers(0, 19)) == 0
        nodes.append(node)
        sources = (
            draw(st.lists(st.sampled_from(before), unique_by=_key, max_size=3)) if before else []
        )
        if parent is None and not sources:
            sources = before[:1]
        if kind == "aggregator" and node["config"].get("n", 1) > len(sources):
            node["config"] = {"wait": "all"}
        edges += [{"source": s["key"], "target": key} | _handle(draw, s) for s in sources]
        if kind in ("parallel", "loop"):
            _body(draw, key, nesting + 1, nodes, edges)
        before.append(node)


def _key(node: dict[str, Any]) -> str:
    return str(node["key"])


def _config(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if kind == "tool":
        return {"config": {"kind": "builtin", "name": "echo"}}
    if kind == "condition":
        branch = {"handle": "yes", "when": "{{ true }}"}
        return {"config": {"branches": [branch], "default": "no"}}
    if kind == "aggregator":
        wait = draw(st.sampled_from(["all", "all", "any", "n_of_m", "first_success"]))
        return {"config": {"wait": wait} | ({"n": 2} if wait == "n_of_m" else {})}
    limit = {"max_concurrency": draw(st.integers(1, 3))} if kind == "parallel" else {}
    return {"config": {"items": "{{ input.items }}"} | limit}


def _handle(draw: st.DrawFn, source: dict[str, Any]) -> dict[str, Any]:
    handles: list[str | None] = [None, None]
    if source["type"] == "condition":
        handles = ["yes", "no", None]
    if source.get("on_error") == "branch":
        handles.append("error")
    handle = draw(st.sampled_from(handles))
    return {"source_handle": handle} if handle else {}
