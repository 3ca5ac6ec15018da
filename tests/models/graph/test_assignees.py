"""Who may decide, and what their words come to."""

import math
from typing import Any

import pytest
from hypothesis import given, strategies as st

from models.enums import ApprovalStatus
from models.graph.assignees import AssigneesInvalid, named, possible, together
from models.graph.problems import Code
from models.graph.validation import validate_document

ANN, BEN = "ann@example.org", "ben@example.org"


def problems(**config: Any) -> list[tuple[str, str]]:
    """(Code, path) of what is wrong with an approval."""
    ask = {"key": "ask", "type": "approval", "config": {"message": "Yes?", **config}}
    document = {
        "nodes": [{"key": "start", "type": "trigger"}, ask],
        "edges": [{"source": "start", "target": "ask"}],
    }
    _, found = validate_document(document)
    return [(each.code, each.path) for each in found]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"assignees": [ANN]},
        {"assignees": [ANN, BEN.upper()], "required": 2},
        {"assignees": ["role:admin"], "required": 50},
        {"assignees": ["{{ input.people }}"], "required": 3},
        {"assignees": ["ROLE:Viewer", "{{ input.boss | default('') }}"]},
        {"reminder_seconds": 60},
        {"reminder_seconds": 1, "approval_seconds": 2},
    ],
    ids=str,
)
def test_people_who_can_decide_are_no_problem(config: dict[str, Any]) -> None:
    assert problems(**config) == []


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"required": 2}, "required"),
        ({"assignees": [ANN], "required": 2}, "required"),
        ({"assignees": [ANN, ANN.upper(), BEN], "required": 3}, "required"),
        ({"assignees": [ANN, "ben"]}, "assignees[1]"),
        ({"assignees": ["role:emperor"]}, "assignees[0]"),
        ({"assignees": ["role:a@b"]}, "assignees[0]"),
        ({"assignees": ["a b@example.org"]}, "assignees[0]"),
        ({"assignees": [""]}, "assignees[0]"),
        ({"assignees": ["a@b"] * 51}, "assignees"),
        ({"required": 0}, "required"),
        ({"assignees": [ANN], "required": 51}, "required"),
        ({"reminder_seconds": 0}, "reminder_seconds"),
        ({"reminder_seconds": 60, "approval_seconds": 60}, "reminder_seconds"),
    ],
    ids=str,
)
def test_what_cannot_be_names_its_field(config: dict[str, Any], field: str) -> None:
    assert problems(**config) == [(Code.INVALID_NODE_CONFIG, f"nodes[1].config.{field}")]


def test_templates_of_people_are_checked_as_others_are() -> None:
    path = "nodes[1].config.assignees"
    assert problems(assignees=["{{ nodes.ghost.output }}"]) == [(Code.INVALID_REFERENCE, path)]
    assert problems(assignees=["{{ input. }}"]) == [(Code.INVALID_EXPRESSION, path)]
    assert problems(assignees=["{{ secrets.boss }}"]) == [(Code.INVALID_REFERENCE, path)]


def test_entries_may_be_lists_and_each_counts_once() -> None:
    assert named([f" {ANN.upper()} ", [BEN, ANN], "Role:Admin"], 3) == [ANN, BEN, "role:admin"]
    assert possible([ANN, BEN]) == 2
    assert possible([ANN, "role:viewer"]) == math.inf
    many = [f"{number}@example.org" for number in range(51)]
    for entries, required in (([], 1), ([[]], 1), ([ANN, ANN], 2), ([many], 1), ([[[ANN]]], 1)):
        with pytest.raises(AssigneesInvalid):
            named(entries, required)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_nothing_else_is_somebody(entry: Any) -> None:
    try:
        found = named([entry], 1)
    except AssigneesInvalid:
        return
    assert all("@" in each or each.startswith("role:") for each in found)


@given(st.lists(st.booleans(), max_size=8), st.integers(1, 6))
def test_one_no_is_a_no_and_enough_are_a_yes(words: list[bool], required: int) -> None:
    found = together(words, required)
    assert (found is ApprovalStatus.REJECTED) == (False in words)
    assert (found is ApprovalStatus.APPROVED) == (all(words) and len(words) >= required)
