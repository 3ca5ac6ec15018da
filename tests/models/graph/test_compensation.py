"""The field `compensation`: written, read, explained, and left out of the flow."""

from typing import Any

import pytest

from models.graph.document import as_document, dump_yaml, parse_document
from models.graph.graph import Graph
from models.graph.problems import Code
from models.graph.validation import errors_in, topology, validate_document
from tests.models.graph.test_validation import UNDO, edge, undoable, work


def test_a_document_keeps_it_as_yaml() -> None:
    document = undoable(UNDO)
    graph = Graph.model_validate(document)
    again = parse_document(dump_yaml(as_document(graph)), "application/yaml")
    assert again == document
    assert Graph.model_validate(again) == graph
    assert graph.compensations == {"a": "undo"}


def test_what_undoes_is_no_part_of_the_flow() -> None:
    graph, problems = validate_document(undoable(UNDO))
    assert graph is not None
    assert errors_in(problems) == []
    assert [node.key for node in graph.body[None]] == ["start", "a"]
    assert topology(graph) == [["start"], ["a"], ["undo"]]


@pytest.mark.parametrize("kind", ["agent", "workflow"])
def test_other_nodes_with_effects_may_have_one(kind: str) -> None:
    named: dict[str, dict[str, Any]] = {
        "agent": {"agent": "buyer", "inputs": {"prompt": "Buy"}},
        "workflow": {"config": {"workflow": "child"}},
    }
    node = {"key": "a", "type": kind, "compensation": "undo"} | named[kind]
    start = {"key": "start", "type": "trigger"}
    document = {"nodes": [start, node, UNDO], "edges": [edge("start", "a")]}
    graph, problems = validate_document(document)
    assert graph is not None
    assert errors_in(problems) == []


@pytest.mark.parametrize(
    ("document", "says", "suggests"),
    [
        (undoable(work("undoo")), "there is no node `undo`", "did you mean `undoo`?"),
        (undoable(UNDO, edges="a>undo"), "has edges", "remove its edges"),
        (
            undoable(UNDO, work("b", compensation="undo"), edges="a>b"),
            "undoes 2 nodes",
            "one of its own",
        ),
    ],
)
def test_a_problem_names_the_field_and_what_to_do(
    document: dict[str, Any], says: str, suggests: str
) -> None:
    _, problems = validate_document(document)
    found = next(each for each in problems if each.code is Code.INVALID_COMPENSATION)
    assert says in found.message
    assert suggests in (found.suggestion or "")
    assert found.path == "nodes[1].compensation"
    assert "a" in found.node_keys
