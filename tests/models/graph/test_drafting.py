"""Operations that draft a graph: the fold is total, and what it makes can always be stored."""

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st
from pydantic import ValidationError

from api.workflows.drafts import _checked, _edge_rows, _node_rows
from models.base import new_id
from models.graph.catalog import catalog
from models.graph.document import dump_json, parse_document
from models.graph.drafting import Edits, RefusalCode, edits_schema, fold
from models.graph.json_schema import check_json_schema, schema_problems
from models.graph.limits import MAX_DEFINITION_BYTES, MAX_EDGES, MAX_NODES
from models.graph.validation import errors_in, validate_document
from models.graph.values import check_json
from tests.models.graph.test_expression import JSON, TEXT

Object = dict[str, Any]
KEYS = st.sampled_from(["a", "b", "c", "d", "e" * 63, "f" * 63])
HANDLES = st.none() | st.sampled_from(["yes", "no", "h" * 99])
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
TYPES = st.sampled_from([kind.type.value for kind in catalog()])


def operation(op: str, required: Object, optional: Object | None = None) -> Any:
    return st.fixed_dictionaries({"op": st.just(op), **required}, optional=optional or {})


FIELDS: Object = {
    "name": TEXT | st.none(),
    "parent": KEYS | st.none(),
    "config": OBJECTS | st.none(),
    "inputs": OBJECTS | st.none(),
    "tool": st.sampled_from(["quote", None]),
    "timeout_seconds": st.sampled_from([1, 2.5, None]),
    "on_error": st.sampled_from(["fail", "continue", "branch", None]),
    "compensation": KEYS | st.none(),
}
UNSET = st.lists(st.sampled_from(["name", "parent", "config", "inputs"]), max_size=3)
REASONS = st.text("because ", min_size=1, max_size=20)
ADD = operation("add_node", {"key": KEYS, "type": TYPES, "reason": REASONS}, FIELDS)
OPERATIONS = st.one_of(
    ADD,
    operation("change_node", {"key": KEYS}, FIELDS | {"unset": UNSET, "reason": REASONS}),
    operation("remove_node", {"key": KEYS}),
    operation("connect", {"source": KEYS, "target": KEYS}, {"source_handle": HANDLES}),
    operation("disconnect", {"source": KEYS, "target": KEYS}, {"source_handle": HANDLES}),
    operation("explain", {"key": KEYS, "reason": REASONS}),
    operation(
        "set_details",
        {},
        {
            "name": TEXT,
            "description": TEXT,
            "variables": OBJECTS,
            "output": JSON,
            "unset": st.none(),
        },
    ),
)
GOOD = st.lists(OPERATIONS, min_size=1, max_size=12).map(lambda found: {"operations": found})
CALLS = st.lists(GOOD | GOOD | JSON | st.fixed_dictionaries({"operations": JSON}), max_size=5)


def spoilt(call: Object, place: int, field: str, value: Any) -> Object:
    """The call with one field of one operation replaced or added."""
    changed = copy.deepcopy(call)
    at = place % len(changed["operations"])
    changed["operations"][at][field] = value
    return changed


MUTATED = st.builds(
    spoilt,
    GOOD,
    st.integers(0, 20),
    st.sampled_from(["op", "key", "type", "reason", "config", "tool", "unset", "name", "more"]),
    JSON | st.sampled_from(["add_node", "", "x" * 2_000, "A", "a\n", {}, [], 0, True, ["config"]]),
)


def add(key: str, **fields: Any) -> Object:
    return {"op": "add_node", "key": key, "type": "adapter", "reason": "it is asked for"} | fields


def edits(*operations: Object) -> Object:
    return {"operations": list(operations)}


def stored(document: Object) -> None:
    """Raises what refuses to store it."""
    check_json(document)
    nodes, edges = _checked(copy.deepcopy(document))
    _node_rows(new_id(), nodes)
    _edge_rows(new_id(), edges)
    parse_document(dump_json(document).replace("\n", ""), "application/json")


# The schema --------------------------------------------------------------------------------------


def test_the_schema_is_one_that_every_provider_takes() -> None:
    schema = edits_schema()
    check_json_schema(schema)
    text = json.dumps(schema)
    assert schema["type"] == "object"
    assert not any(word in text for word in ("$ref", "$defs", "oneOf", "discriminator"))
    assert len(text) < 8_000


@settings(max_examples=500, deadline=None)
@given(GOOD | MUTATED | JSON | st.fixed_dictionaries({"operations": st.lists(JSON, max_size=3)}))
def test_the_schema_accepts_what_the_models_accept(arguments: Any) -> None:
    try:
        Edits.model_validate(arguments)
    except ValidationError:
        accepted = False
    else:
        accepted = True
    assert (schema_problems(arguments, edits_schema()) == []) is accepted
    codes = {each.code for each in fold(None, [arguments]).refused}
    unread = {RefusalCode.INVALID_ARGUMENTS, RefusalCode.INVALID_OPERATION}
    assert bool(codes & unread) is not accepted


# The fold ----------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(CALLS, CALLS)
def test_whatever_is_asked_the_draft_can_be_stored(first: list[Any], then: list[Any]) -> None:
    base = fold(None, first).document
    before = copy.deepcopy(base)
    draft = fold(base, then)
    stored(draft.document)
    assert base == before
    assert set(draft.reasons) <= {node["key"] for node in draft.document["nodes"]}
    keys = {node["key"] for node in draft.document["nodes"]}
    assert all({edge["source"], edge["target"]} <= keys for edge in draft.document["edges"])
    validate_document(draft.document)


@settings(max_examples=300, deadline=None)
@given(CALLS)
def test_the_same_calls_make_the_same_draft(calls: list[Any]) -> None:
    draft = fold(None, calls)
    assert fold(None, copy.deepcopy(calls)) == draft
    half = fold(None, calls[:1])
    again = fold(half.document, calls[1:])
    assert again.document == draft.document


@settings(max_examples=300, deadline=None)
@given(CALLS)
def test_what_is_refused_changes_nothing(calls: list[Any]) -> None:
    draft = fold(None, calls)
    wrong = {(each.call, each.operation) for each in draft.refused}
    unread = {
        each.call
        for each in draft.refused
        if each.code in {"INVALID_ARGUMENTS", "INVALID_OPERATION"}
    }
    done = [
        {"operations": [each]}
        for number, call in enumerate(calls)
        if number not in unread
        for place, each in enumerate(call["operations"])
        if (number, place) not in wrong
    ]
    again = fold(None, done)
    assert (again.document, again.reasons, again.refused) == (draft.document, draft.reasons, [])
    assert sum(draft.done) == len(done)


@settings(max_examples=300, deadline=None)
@given(CALLS, ADD)
def test_removing_undoes_adding(calls: list[Any], added: Object) -> None:
    before = fold(None, calls)
    new = added | {"key": "new"}
    between = fold(None, [*calls, edits(new)])
    assume(len(between.refused) == len(before.refused))
    assert between.document != before.document
    after = fold(None, [*calls, edits(new, {"op": "remove_node", "key": "new"})])
    assert after.done == [*before.done, 2]
    assert (after.document, after.reasons) == (before.document, before.reasons)


@settings(max_examples=300, deadline=None)
@given(CALLS, HANDLES)
def test_disconnecting_undoes_connecting(calls: list[Any], handle: str | None) -> None:
    calls = [*calls, edits(add("p"), add("q"))]
    ends = {"source": "p", "target": "q", "source_handle": handle}
    joined = edits({"op": "connect", **ends})
    before, between = fold(None, calls), fold(None, [*calls, joined])
    assert len(between.document["edges"]) == len(before.document["edges"]) + 1
    after = fold(None, [*calls, joined, edits({"op": "disconnect", **ends})])
    assert (after.document, after.refused) == (before.document, before.refused)


@settings(max_examples=200, deadline=None)
@given(CALLS, st.permutations(["p", "q", "r", "s"]), st.data())
def test_the_order_of_independent_operations_does_not_matter(
    calls: list[Any], order: list[str], data: st.DataObject
) -> None:
    each = {key: [add(key, inputs=data.draw(OBJECTS))] for key in order}
    each["p"].append({"op": "explain", "key": "p", "reason": "another"})
    each["q"].append({"op": "change_node", "key": "q", "name": "named"})
    each["r"].append({"op": "remove_node", "key": "r"})

    def made(keys: list[str]) -> tuple[Any, ...]:
        draft = fold(None, [*calls, *({"operations": each[key]} for key in keys)])
        nodes = {node["key"]: node for node in draft.document["nodes"]}
        return draft.document | {"nodes": nodes}, draft.reasons, len(draft.refused)

    assert made(order) == made(sorted(order))


# Single operations -------------------------------------------------------------------------------


def test_a_graph_is_drafted() -> None:
    draft = fold(
        None,
        [
            edits(
                {"op": "set_details", "name": "Doubling", "output": "{{ nodes.twice.output }}"},
                {"op": "add_node", "key": "start", "type": "trigger", "reason": "Begins."},
                add("twice", config={"output": "{{ input.n * 2 }}"}, inputs={}, tool=None),
                {"op": "connect", "source": "start", "target": "twice"},
            )
        ],
    )
    assert draft.refused == []
    assert draft.document == {
        "name": "Doubling",
        "output": "{{ nodes.twice.output }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {
                "key": "twice",
                "type": "adapter",
                "config": {"output": "{{ input.n * 2 }}"},
                "inputs": {},
            },
        ],
        "edges": [{"source": "start", "target": "twice"}],
    }
    assert draft.reasons == {"start": "Begins.", "twice": "it is asked for"}
    graph, problems = validate_document(draft.document)
    assert graph is not None
    assert errors_in(problems) == []


BASE = fold(
    None,
    [
        edits(
            add("a", parent="box", name="A"),
            add("b"),
            add("box", type="loop"),
            {"op": "connect", "source": "a", "target": "b", "source_handle": "yes"},
            {"op": "set_details", "name": "Base", "description": "old"},
        )
    ],
)


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        (add("a"), "NODE_EXISTS", "`a` already"),
        ({"op": "change_node", "key": "bx", "name": "x"}, "NODE_NOT_FOUND", "did you mean `box`"),
        ({"op": "explain", "key": "zzz", "reason": "x"}, "NODE_NOT_FOUND", "there are `a`, `b`"),
        ({"op": "remove_node", "key": "box"}, "NODE_HOLDS_OTHERS", "holds `a`"),
        ({"op": "connect", "source": "a", "target": "zzz"}, "NODE_NOT_FOUND", "no node `zzz`"),
        ({"op": "connect", "source": "b", "target": "b"}, "SELF_LOOP", "loop"),
        (
            {"op": "connect", "source": "a", "target": "b", "source_handle": "yes"},
            "EDGE_EXISTS",
            "a:yes->b",
        ),
        ({"op": "disconnect", "source": "a", "target": "b"}, "EDGE_NOT_FOUND", "a:yes->b"),
        ({"op": "disconnect", "source": "b", "target": "a"}, "EDGE_NOT_FOUND", "none leave `b`"),
        ({"op": "set_details", "name": " "}, "INVALID_VALUE", "name:"),
        (add("c", inputs={"x": "\x00"}), "INVALID_VALUE", "inputs.x: text contains a NUL"),
        (add("c", config={"x": 2**64}), "INVALID_VALUE", "64 bits"),
        (add("C"), "INVALID_OPERATION", "key: "),
        (add("c", notes="x"), "INVALID_OPERATION", "notes: "),
        ({"op": "rename_node", "key": "a"}, "INVALID_OPERATION", "add_node"),
        ("add a node", "INVALID_OPERATION", "dictionary"),
        (add("c", config={"x": "y" * MAX_DEFINITION_BYTES}), "TOO_LARGE", "bytes"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(asked: Any, code: str, says: str) -> None:
    draft = fold(BASE.document, [edits(asked)])
    assert draft.document == BASE.document
    (refused,) = draft.refused
    assert (refused.call, refused.operation, refused.code) == (0, 0, code)
    assert says in refused.message


def test_the_rest_goes_on() -> None:
    draft = fold(None, [edits(add("a"), add("a"), add("b")), edits(add("a")), edits(add("c"))])
    assert [node["key"] for node in draft.document["nodes"]] == ["a", "b", "c"]
    assert [(each.call, each.operation) for each in draft.refused] == [(0, 1), (1, 0)]
    assert draft.done == [2, 0, 1]


@pytest.mark.parametrize(
    "arguments",
    [None, [], "x", {}, {"operations": []}, {"operations": {}}, edits(add("a")) | {"more": 1}],
)
def test_a_call_without_operations_does_nothing(arguments: Any) -> None:
    draft = fold(BASE.document, [arguments])
    assert draft.document == BASE.document
    assert [each.code for each in draft.refused] == [RefusalCode.INVALID_ARGUMENTS]


def test_a_call_with_a_broken_operation_does_nothing() -> None:
    draft = fold(None, [edits(add("a"), {"op": "what"}, add("b"), {"op": "connect"})])
    assert draft.document["nodes"] == []
    assert [each.operation for each in draft.refused] == [1, 3]


def test_changes_replace_fields_and_unset_them() -> None:
    draft = fold(
        BASE.document,
        [
            edits(
                {
                    "op": "change_node",
                    "key": "a",
                    "type": "delay",
                    "config": {"seconds": 1},
                    "unset": ["parent"],
                },
                {"op": "set_details", "failure_mode": "fail_fast", "unset": ["description"]},
                {"op": "remove_node", "key": "box"},
                {"op": "disconnect", "source": "a", "target": "b", "source_handle": "yes"},
            )
        ],
    )
    assert draft.refused == []
    assert draft.document == {
        "name": "Base",
        "failure_mode": "fail_fast",
        "nodes": [
            {"key": "a", "type": "delay", "name": "A", "config": {"seconds": 1}},
            {"key": "b", "type": "adapter"},
        ],
        "edges": [],
    }


def test_a_removed_node_takes_its_edges_and_its_reason_along() -> None:
    draft = fold(None, [edits(add("a"), add("b"), {"op": "connect", "source": "a", "target": "b"})])
    assert len(draft.document["edges"]) == 1
    gone = fold(draft.document, [edits({"op": "remove_node", "key": "b"})])
    assert gone.document["edges"] == []
    assert [node["key"] for node in gone.document["nodes"]] == ["a"]


def test_the_limits_of_graphs_hold() -> None:
    names = [f"n{number}" for number in range(MAX_NODES + 1)]
    calls = [edits(*(add(name) for name in names[at : at + 100])) for at in range(0, 501, 100)]
    draft = fold(None, calls)
    assert len(draft.document["nodes"]) == MAX_NODES
    assert [each.code for each in draft.refused] == [RefusalCode.TOO_LARGE]
    pairs = [(a, b) for a in names[:60] for b in names[:60] if a != b][: MAX_EDGES + 1]
    edges = [{"op": "connect", "source": a, "target": b} for a, b in pairs]
    draft = fold(draft.document, [edits(*edges[at : at + 100]) for at in range(0, 2001, 100)])
    assert len(draft.document["edges"]) == MAX_EDGES
    assert [each.code for each in draft.refused] == [RefusalCode.TOO_LARGE]
    stored(draft.document)


def test_what_shrinks_is_always_done() -> None:
    text = "y" * (MAX_DEFINITION_BYTES - 600)
    full = fold(None, [edits(add("a", config={"x": text}), add("b"))])
    assert full.refused == []
    stored(full.document)
    tight = fold(full.document, [edits(add("c", inputs={"x": "z" * 600}))])
    assert [each.code for each in tight.refused] == [RefusalCode.TOO_LARGE]
    smaller = fold(
        full.document,
        [edits({"op": "change_node", "key": "a", "config": {}}, add("c", inputs={"x": "z" * 600}))],
    )
    assert smaller.refused == []


def test_long_keys_keep_their_edges_apart() -> None:
    source, targets = "s" * 63, ["t" * 62 + "a", "t" * 62 + "b"]
    operations = [add(source), *map(add, targets)]
    operations += [
        {"op": "connect", "source": source, "target": each, "source_handle": "h" * 60}
        for each in targets
    ]
    draft = fold(None, [edits(*operations)])
    assert len(draft.document["edges"]) == 2
    stored(draft.document)
