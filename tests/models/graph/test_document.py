"""Documents: text to plain data and back."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from models.graph.document import (
    DocumentProblem,
    as_document,
    dump_json,
    dump_yaml,
    graph_hash,
    parse_document,
)
from models.graph.graph import Graph
from models.graph.validation import validate_document
from tests.models.graph.test_expression import JSON, TEXT
from tests.temporal_workflows.shapes import shapes

YAML, JSON_TYPE = "application/yaml", "application/json; charset=utf-8"


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_any_document_survives_both_formats(document: dict[str, Any]) -> None:
    assert parse_document(dump_json(document), JSON_TYPE) == document
    assert parse_document(dump_yaml(document), YAML) == document


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_the_hash_does_not_depend_on_the_order_of_keys(document: dict[str, Any]) -> None:
    assert graph_hash(dict(reversed(document.items()))) == graph_hash(document)
    assert graph_hash(document | {"more": 1}) != graph_hash(document)


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_a_graph_goes_back_to_what_was_written(shape: Any) -> None:
    graph = Graph.model_validate(shape.graph)
    again = Graph.model_validate(as_document(graph))
    assert again == graph
    assert as_document(again) == as_document(graph)


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("a: [", "malformed YAML", 1),
        ("a: 1\nb: 2\na: 3", "given twice", 3),
        ("a: &x [1]\nb: *x", "aliases", 2),
        ("a: !!python/object/apply:os.system ['id']", "malformed YAML", 1),
        ("? [1]\n: 2", "key must be text", 1),
        ("a: " + "[" * 100 + "]" * 100, "nested deeper", 1),
        ("just text", "is an object", 1),
        ("a: 99999999999999999999999", "64 bits", None),
        ("a: 1e999", "not finite", None),
        ('a: "\\0"', "NUL", None),
        ("a: \x07", "malformed YAML", None),
        ("\t- a", "malformed YAML", 1),
    ],
)
def test_yaml_that_is_no_document(text: str, says: str, line: int | None) -> None:
    with pytest.raises(DocumentProblem) as caught:
        parse_document(text, YAML)
    assert says in caught.value.message
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "malformed JSON"),
        ('{"a": 1, "a": 2}', "given twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": ' + "[" * 100_000, "nested deeper"),
        ('{"a": ' + "9" * 10_000 + "}", "malformed JSON"),
        ('{"a": "\\ud800"}', "lone surrogate"),
        ("[]", "is an object"),
    ],
)
def test_json_that_is_no_document(text: str, says: str) -> None:
    with pytest.raises(DocumentProblem) as caught:
        parse_document(text, JSON_TYPE)
    assert says in caught.value.message


def test_what_is_too_large_or_no_text() -> None:
    with pytest.raises(DocumentProblem, match="at most"):
        parse_document(b"a" * (1024 * 1024 + 1), YAML)
    with pytest.raises(DocumentProblem, match="UTF-8"):
        parse_document(b"a: 1\nb: \xff", YAML)


def test_words_that_yaml_1_1_would_take_for_something_else_are_texts() -> None:
    found = parse_document("a: yes\nb: 2026-01-01\nc: 0x10\nd: 1_000\ne: 12:30\nf: on", YAML)
    assert found == {
        "a": "yes",
        "b": "2026-01-01",
        "c": "0x10",
        "d": "1_000",
        "e": "12:30",
        "f": "on",
    }


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["name", "nodes", "edges", "output", "variables", "x"]), JSON)
)
def test_the_validator_never_raises_on_any_document(document: dict[str, Any]) -> None:
    graph, problems = validate_document(document)
    assert graph is not None or problems


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(shapes()), st.data())
def test_the_validator_never_raises_on_a_mutated_graph(shape: Any, data: st.DataObject) -> None:
    document = parse_document(dump_json(shape.graph), JSON_TYPE)
    place: Any = document
    for _ in range(data.draw(st.integers(1, 5))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(
                JSON | st.sampled_from(["{{ 1", "{{ nodes.x }}", "start", "error"])
            )
            break
        place = place[key]
    graph, problems = validate_document(document)
    assert graph is not None or problems
