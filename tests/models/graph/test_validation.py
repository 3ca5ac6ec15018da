"""Every code of the validator: a graph that has it, and one that almost has it."""

from typing import Any

import pytest

from models.graph.problems import Code, Known, Severity
from models.graph.tool import PythonConfig, ToolSpec
from models.graph.validation import topology, validate_document
from tests.temporal_workflows.shapes import shapes

Document = dict[str, Any]
START: Document = {"key": "start", "type": "trigger"}
SPEC = ToolSpec(
    config=PythonConfig(code="def main(a): return a"),
    input_schema={"required": ["a"], "properties": {"a": {}}, "additionalProperties": False},
)
KNOWN = Known(tools={"load": SPEC}, workflows={"child"}, secrets={"token"})


def adapter(key: str, output: Any = None, **more: Any) -> Document:
    return {"key": key, "type": "adapter", "config": {"output": output}} | more


def edge(source: str, target: str, handle: str | None = None, **more: Any) -> Document:
    found = {"source": source, "target": target} | more
    return found | ({"source_handle": handle} if handle else {})


def graph(*nodes: Document, edges: list[Document] | None = None, **more: Any) -> Document:
    chain = [edge("start", node["key"]) for node in nodes if "parent" not in node]
    return {"nodes": [START, *nodes], "edges": chain if edges is None else edges} | more


def condition(**more: Any) -> Document:
    branches = [{"handle": "yes", "when": "{{ input.n > 1 }}"}]
    return {
        "key": "rule",
        "type": "condition",
        "config": {"branches": branches, "default": "no"},
    } | more


def parallel(key: str = "each", **more: Any) -> Document:
    return {"key": key, "type": "parallel", "config": {"items": "{{ input.xs }}"}} | more


def builtin(name: str, options: Document | None = None, **more: Any) -> Document:
    config = {"kind": "builtin", "name": name, "options": options or {}}
    return {"key": "tool", "type": "tool", "config": config} | more


def nested(depth: int) -> Document:
    nodes = [parallel("c0")]
    nodes += [parallel(f"c{n}", parent=f"c{n - 1}") for n in range(1, depth)]
    return graph(*nodes, adapter("leaf", parent=f"c{depth - 1}"))


def chain(length: int) -> Document:
    keys = ["start", *(f"n{n}" for n in range(length))]
    edges = [edge(keys[n], keys[n + 1]) for n in range(length)]
    return graph(*(adapter(key) for key in keys[1:]), edges=edges)


def work(key: str, **more: Any) -> Document:
    config = {"kind": "builtin", "name": "log"}
    return {"key": key, "type": "tool", "config": config} | more


def undoable(*nodes: Document, edges: str = "", **more: Any) -> Document:
    """`a` with a compensation, and the nodes given; further edges as `b>c`."""
    further = [edge(*each.split(">")) for each in edges.split()]
    return graph(
        work("a", compensation="undo"), *nodes, edges=[edge("start", "a"), *further], **more
    )


A, B = adapter("a"), adapter("b")
UNDO = work("undo", inputs={"was": "{{ nodes.a.output }}"})
CASES: list[tuple[Code, Document, Document]] = [
    (
        Code.CYCLE_DETECTED,
        graph(A, B, edges=[edge("start", "a"), edge("a", "b"), edge("b", "a")]),
        graph(A, B, edges=[edge("start", "a"), edge("a", "b"), edge("start", "b")]),
    ),
    (Code.SELF_LOOP_DETECTED, graph(A, edges=[edge("start", "a"), edge("a", "a")]), graph(A)),
    (Code.NODE_NOT_FOUND, graph(A, edges=[edge("start", "a"), edge("a", "bb")]), graph(A, B)),
    (Code.NODE_NOT_FOUND, graph(A, adapter("b", parent="eech"), parallel()), graph(A)),
    (
        Code.DUPLICATE_EDGE,
        graph(A, edges=[edge("start", "a"), edge("start", "a")]),
        graph(condition(), A, edges=[edge("start", "rule"), edge("rule", "a", "yes"), edge("rule", "a", "no")]),
    ),
    (
        Code.DUPLICATE_EDGE,
        graph(A, B, edges=[edge("start", "a", id="e"), edge("a", "b", id="e")]),
        graph(A, B, edges=[edge("start", "a", id="e"), edge("a", "b", id="f")]),
    ),
    (Code.DUPLICATE_KEY, graph(A, A, edges=[edge("start", "a")]), graph(A, B)),
    (Code.NO_TRIGGER_NODE, {"nodes": [A]}, {"nodes": [START]}),
    (Code.TRIGGER_HAS_INPUT, graph(A, edges=[edge("start", "a"), edge("a", "start")]), graph(A)),
    (
        Code.UNREACHABLE_NODES,
        graph(A, B, adapter("c"), edges=[edge("start", "a"), edge("b", "c")]),
        graph(A, B, adapter("c"), edges=[edge("start", "a"), edge("start", "b"), edge("b", "c")]),
    ),
    (Code.DANGLING_NODES, graph(A, B, edges=[edge("start", "a")]), graph(A, B)),
    (
        Code.DEAD_END_NODE,
        graph(condition()),
        graph(condition(), A, edges=[edge("start", "rule"), edge("rule", "a", "yes")]),
    ),
    (Code.INVALID_NODE_CONFIG, graph({"key": "w", "type": "delay", "config": {}}), graph(A)),
    (Code.INVALID_NODE_CONFIG, graph({"key": "w", "type": "agent"}), graph(A)),
    (Code.INVALID_NODE_CONFIG, graph({"key": "w", "type": "tol"}), graph(A)),
    (
        Code.INVALID_NODE_CONFIG,
        graph(builtin("datset", {"name": "stocks"}, inputs={"symbol": "A"})),
        graph(builtin("dataset", {"name": "stocks"}, inputs={"symbol": "A"})),
    ),
    (Code.INVALID_NODE_CONFIG, graph(builtin("date", {"zonne": "UTC"})), graph(builtin("date", {"zone": "UTC"}))),
    (Code.INVALID_NODE_CONFIG, graph(builtin("dataset", inputs={"symbol": "A"})), graph(builtin("date"))),
    (
        Code.INVALID_NODE_CONFIG,
        graph({"key": "m", "type": "aggregator", "config": {"wait": "n_of_m", "n": 2}}),
        graph(A, {"key": "m", "type": "aggregator", "config": {"wait": "n_of_m", "n": 2}}, edges=[edge("start", "a"), edge("start", "m"), edge("a", "m")]),
    ),
    (
        Code.INVALID_HANDLE,
        graph(condition(), A, edges=[edge("start", "rule"), edge("rule", "a", "yess")]),
        graph(condition(), A, edges=[edge("start", "rule"), edge("rule", "a", "no")]),
    ),
    (
        Code.INVALID_HANDLE,
        graph(A, B, edges=[edge("start", "a"), edge("a", "b", "error")]),
        graph(adapter("a", on_error="branch"), B, edges=[edge("start", "a"), edge("a", "b", "error")]),
    ),
    (
        Code.INVALID_REFERENCE,
        graph(adapter("a", "{{ nodes.b.output }}"), B),
        graph(adapter("a", "{{ nodes.b.output }}"), B, edges=[edge("start", "b"), edge("b", "a")]),
    ),
    (Code.INVALID_REFERENCE, graph(adapter("a", "{{ nodes.strat.output }}")), graph(adapter("a", "{{ nodes.start.output }}"))),
    (Code.INVALID_REFERENCE, graph(adapter("a", "{{ nodes.start.n }}")), graph(adapter("a", "{{ nodes.start.output.n }}"))),
    (
        Code.INVALID_REFERENCE,
        graph(parallel(), adapter("in", parent="each"), adapter("a", "{{ nodes.in.output }}"), edges=[edge("start", "each"), edge("each", "a")]),
        graph(parallel(), adapter("in", parent="each"), adapter("a", "{{ nodes.each.output }}"), edges=[edge("start", "each"), edge("each", "a")]),
    ),
    (
        Code.INVALID_REFERENCE,
        graph({"key": "t", "type": "tool", "tool": "laod", "inputs": {"a": 1}}),
        graph({"key": "t", "type": "tool", "tool": "load", "inputs": {"a": 1}}),
    ),
    (
        Code.INVALID_REFERENCE,
        graph({"key": "w", "type": "workflow", "config": {"workflow": "chid"}}),
        graph({"key": "w", "type": "workflow", "config": {"workflow": "child"}}),
    ),
    (Code.INVALID_REFERENCE, graph(A, output="{{ nodes.x.output }}"), graph(A, output="{{ nodes.a.output }}")),
    (
        Code.SCHEMA_MISMATCH,
        graph({"key": "t", "type": "tool", "tool": "load", "inputs": {"b": 1}}),
        graph({"key": "t", "type": "tool", "tool": "load", "inputs": {"a": 1}}),
    ),
    (Code.UNDEFINED_VARIABLE, graph(adapter("a", "{{ inputs.n }}")), graph(adapter("a", "{{ input.n }}"))),
    (
        Code.UNDEFINED_VARIABLE,
        graph(adapter("a", "{{ vars.x }}")),
        graph(adapter("a", "{{ vars.x }} {{ vars.y | default(1) }}"), variables={"x": 1}),
    ),
    (
        Code.UNDEFINED_VARIABLE,
        graph(adapter("a", "{{ item }}")),
        graph(parallel(), adapter("a", "{{ item }} {{ index }}", parent="each")),
    ),
    (Code.UNDEFINED_VARIABLE, graph(adapter("a", "{{ run.name }}")), graph(adapter("a", "{{ run.workflow }}"))),
    (Code.INVALID_EXPRESSION, graph(adapter("a", "{{ 1 + }}")), graph(adapter("a", "{{ 1 + 1 }} }} {%"))),
    (Code.INVALID_EXPRESSION, graph(A, output="{{ a"), graph(A, output="{{ nodes.a.output }}")),
    (Code.INVALID_CONTAINER, graph(parallel()), graph(parallel(), adapter("a", parent="each"))),
    (Code.INVALID_CONTAINER, graph(A, adapter("b", parent="a")), graph(A, B)),
    (Code.INVALID_CONTAINER, nested(7), nested(5)),
    (
        Code.INVALID_CONTAINER,
        graph(parallel(), adapter("a", parent="each"), B, edges=[edge("start", "each"), edge("a", "b")]),
        graph(parallel(), adapter("a", parent="each"), B, edges=[edge("start", "each"), edge("each", "b")]),
    ),
    (Code.INVALID_COMPENSATION, undoable(work("undoo"), edges="a>undoo"), undoable(UNDO)),
    (Code.INVALID_COMPENSATION, graph(work("a", compensation="a")), undoable(UNDO)),
    (Code.INVALID_COMPENSATION, undoable(adapter("undo")), undoable({"key": "undo", "type": "workflow", "config": {"workflow": "child"}})),
    (
        Code.INVALID_COMPENSATION,
        undoable(parallel(), UNDO | {"parent": "each"}, edges="a>each"),
        graph(parallel(), work("a", parent="each", compensation="undo"), UNDO | {"parent": "each"}),
    ),
    (Code.INVALID_COMPENSATION, undoable(UNDO, B, edges="undo>b start>b"), undoable(UNDO, B, edges="a>b")),
    (Code.INVALID_COMPENSATION, undoable(UNDO, edges="a>undo"), undoable(UNDO)),
    (
        Code.INVALID_COMPENSATION,
        undoable(UNDO | {"compensation": "again"}, work("again")),
        undoable(UNDO, work("b", compensation="again"), work("again"), edges="a>b"),
    ),
    (Code.INVALID_COMPENSATION, undoable(work("undo", compensation="a")), undoable(UNDO)),
    (
        Code.INVALID_COMPENSATION,
        undoable(UNDO, work("b", compensation="undo"), edges="a>b"),
        undoable(UNDO, work("b", compensation="unb"), work("unb"), edges="a>b"),
    ),
    (Code.INVALID_NODE_CONFIG, graph(adapter("a", compensation="b")), undoable(UNDO)),
    (Code.DANGLING_NODES, undoable(UNDO, work("spare")), undoable(UNDO)),
    (
        Code.INVALID_REFERENCE,
        undoable(work("undo", inputs={"x": "{{ nodes.b.output }}"}), B, edges="a>b"),
        undoable(work("undo", inputs={"x": "{{ nodes.b.output }}"}), B, edges="start>b b>a"),
    ),
    (Code.INVALID_REFERENCE, undoable(UNDO, output="{{ nodes.undo.output }}"), undoable(UNDO, output="{{ nodes.a.output }}")),
    (Code.INVALID_REFERENCE, undoable(UNDO, adapter("b", "{{ nodes.undo.output }}"), edges="a>b"), undoable(UNDO)),
    (Code.GRAPH_TOO_LARGE, graph(*(adapter(f"n{n}") for n in range(500))), graph(*(adapter(f"n{n}") for n in range(499)))),
    (Code.GRAPH_TOO_LARGE, chain(101), chain(100)),
    (Code.GRAPH_TOO_LARGE, graph(A, edges=[edge("start", "a")] * 2_001), graph(A)),
    (
        Code.UNKNOWN_SECRET,
        graph({"key": "t", "type": "tool", "tool": "load", "inputs": {"a": "{{ secrets.tokn }}"}}),
        graph({"key": "t", "type": "tool", "tool": "load", "inputs": {"a": "{{ secrets.token }}"}}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "document", "almost"),
    CASES,
    ids=[f"{n}-{code}" for n, (code, _, _) in enumerate(CASES)],
)
def test_each_code(code: Code, document: Document, almost: Document) -> None:
    _, problems = validate_document(document, KNOWN)
    found = [each for each in problems if each.code is code]
    assert found, problems
    assert all(each.message for each in found)
    _, others = validate_document(almost, KNOWN)
    assert [each for each in others if each.code is code] == []


def test_every_code_has_a_case() -> None:
    assert {code for code, _, _ in CASES} == set(Code)


def test_one_pass_finds_everything_errors_first() -> None:
    document = graph(
        adapter("a", "{{ nodes.nope.output }} {{ vars.x }}"),
        condition(),
        edges=[edge("start", "a"), edge("a", "zzz"), edge("start", "rule")],
    )
    graph_, problems = validate_document(document)
    assert graph_ is not None
    assert {each.code for each in problems} == {
        Code.NODE_NOT_FOUND,
        Code.INVALID_REFERENCE,
        Code.UNDEFINED_VARIABLE,
        Code.DEAD_END_NODE,
    }
    severities = [each.severity for each in problems]
    assert severities == sorted(severities, key=lambda each: each is Severity.WARNING)


def test_problems_name_field_and_node() -> None:
    config = {"kind": "http", "url": "", "metod": "GET"}
    _, problems = validate_document(graph({"key": "t", "type": "tool", "config": config}))
    assert {each.path for each in problems} == {"nodes[1].config.url", "nodes[1].config.metod"}
    assert all(each.node_keys == ["t"] for each in problems)


WELL_FORMED = [shape for shape in shapes() if shape.scenario != "failure"]


@pytest.mark.parametrize("shape", WELL_FORMED, ids=lambda shape: shape.name)
def test_graphs_that_run_have_no_errors(shape: Any) -> None:
    graph_, problems = validate_document(shape.graph)
    assert graph_ is not None
    errors = [each for each in problems if each.severity is Severity.ERROR]
    # The shapes use scripted tools in place of built-in ones.
    assert [each for each in errors if "built-in tool" not in each.message] == []


def test_topology_is_layers_of_the_top_level() -> None:
    document = graph(
        A, B, parallel(), adapter("in", parent="each"),
        edges=[edge("start", "a"), edge("start", "each"), edge("a", "b"), edge("each", "b")],
    )  # fmt: skip
    graph_, _ = validate_document(document)
    assert graph_ is not None
    assert topology(graph_) == [["start"], ["a", "each"], ["b"]]
