"""JSON Schemas: what they find, and that none takes long."""

from typing import Any

import pytest

from models.graph.json_schema import (
    SchemaInvalid,
    SchemaProblem,
    check_json_schema,
    schema_problems,
)

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "ages": {"items": {"type": "integer"}}},
    "required": ["name"],
    "additionalProperties": False,
}


def test_problems_name_their_place() -> None:
    assert schema_problems({"name": "a", "ages": [1]}, PERSON) == []
    found = schema_problems({"ages": [1, "x"], "more": 1}, PERSON)
    assert [problem.path for problem in found] == ["", "", "ages[1]"]
    assert "integer" in found[-1].message


def test_a_large_value_is_told_its_first_problem_only() -> None:
    numbers: Any = [0] * 300_000
    found = schema_problems(numbers, {"items": {"type": "string"}})
    assert [problem.path for problem in found] == ["[0]"]
    assert schema_problems(["x" * 1_000], {"items": {"maxLength": 1}}) == [
        SchemaProblem("[0]", found_message(["x" * 1_000]))
    ]


def found_message(value: Any) -> str:
    (found,) = schema_problems(value, {"items": {"maxLength": 1}})
    assert len(found.message) <= 301
    return found.message


def expanding(levels: int) -> dict[str, Any]:
    """Each definition refers twice to the one before."""
    parts: dict[str, Any] = {"a0": {"type": "integer"}}
    for level in range(1, levels):
        reference = {"$ref": f"#/$defs/a{level - 1}"}
        parts[f"a{level}"] = {"allOf": [reference, reference]}
    return {"$defs": parts, "$ref": f"#/$defs/a{levels - 1}"}


def anchored(levels: int) -> dict[str, Any]:
    """The same through anchors."""
    parts: dict[str, Any] = {"a0": {"$anchor": "a0", "type": "integer"}}
    for level in range(1, levels):
        reference = {"$ref": f"#a{level - 1}"}
        parts[f"a{level}"] = {"$anchor": f"a{level}", "allOf": [reference, reference]}
    return {"$defs": parts, "$ref": f"#a{levels - 1}"}


def chained(length: int) -> dict[str, Any]:
    """A row of definitions, each leading to the next."""
    parts: dict[str, Any] = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(length)}
    return {"$defs": parts | {f"a{length}": {}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nope"},
        {"properties": 5},
        {"pattern": "("},
        {"pattern": "(?=a)b"},
        {"pattern": r"(a)\1"},
        {"pattern": "(a{1000}){1000}"},
        {"patternProperties": {"(?!x)": {}}},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/missing"},
        expanding(40),
        anchored(40),
        chained(20_000),
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_schemas_that_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaInvalid) as caught:
        check_json_schema(schema)
    assert str(caught.value)


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_patterns_match_in_linear_time(pattern: str) -> None:
    bait: Any = "a" * 100_000 + "!"
    assert schema_problems(bait, {"pattern": pattern})
    keys: Any = {bait: 1}
    closed = {"patternProperties": {pattern: {}}, "additionalProperties": False}
    assert schema_problems(keys, closed)


def test_schemas_may_be_recursive() -> None:
    tree = {
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "n": {"type": "integer"}},
    }
    value: Any = {"n": "x"}
    for _ in range(60):
        value = {"left": value, "right": {"n": 1}}
    (problem,) = schema_problems(value, tree)
    assert problem.path == "left." * 60 + "n"
    assert schema_problems({"n": 1}, {"$ref": "#"}) == []


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_recursion_that_branches_is_bounded(keyword: str) -> None:
    branch = {"properties": {"left": {"$ref": "#"}}}
    schema = {"type": "object", keyword: [branch, branch]}
    nested: Any = 5
    for _ in range(8):
        nested = {"left": nested}
    assert schema_problems(nested, schema)
    for _ in range(50):
        nested = {"left": nested}
    with pytest.raises(SchemaInvalid, match="nested too deep"):
        schema_problems(nested, schema)


def test_a_grammar_may_name_itself_in_every_rule() -> None:
    operand = {"$ref": "#"}
    rules = [
        {"properties": {"op": {"const": op}, "left": operand, "right": operand}, "required": ["op"]}
        for op in ("add", "sub", "mul", "div")
    ]
    schema = {"oneOf": [{"type": "number"}, *({"type": "object", **rule} for rule in rules)]}
    value: Any = 1
    for _ in range(8):
        value = {"op": "add", "left": value, "right": 2}
    assert schema_problems(value, schema) == []
    assert schema_problems({"op": "add", "left": {"op": "pow"}}, schema)
