"""What of a server's list is pinned, shown, and left out."""

import pytest

from activities.mcp.limits import MAX_DESCRIPTION
from activities.mcp.offers import Definition, by_name, offer, sort_out, tool_hash
from tests.activities.mcp.hostile import NUMBER, ODD_TOOLS, tool

BASE = tool("echo", "Says it.", annotations={"readOnlyHint": True}, outputSchema=NUMBER)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "echo2"},
        {"title": "Echo"},
        {"description": "Says it."[::-1]},
        {"description": "Says it. "},
        {"inputSchema": {"type": "object", "properties": {}, "additionalProperties": False}},
        {"inputSchema": {"type": "object", "properties": {"a": True}}},
        {"inputSchema": {"type": "object", "properties": {"a": 1}}},
        {"outputSchema": None},
        {"annotations": {"readOnlyHint": False}},
        {"annotations": {"destructiveHint": True}},
    ],
)
def test_the_hash_changes_with_whatever_people_and_models_rely_on(change: Definition) -> None:
    assert tool_hash({**BASE, **change}) != tool_hash(BASE)


def test_the_hash_is_the_same_for_the_same_tool() -> None:
    again = dict(reversed(list(BASE.items())))
    assert tool_hash(again) == tool_hash(BASE)
    assert tool_hash({**BASE, "icons": [{"src": "x"}], "_meta": {"a": 1}}) == tool_hash(BASE)
    # Approvals that are stored depend on it.
    assert tool_hash(tool("echo", "Says it.")) == PINNED


PINNED = "3d2dbbe6fce9d59a5189f8053f93ea6439efb566fdfb5d7354194610c5f6af55"


def test_the_hash_is_of_the_whole_description_and_the_shown_one_is_cut() -> None:
    long, other = "x" * 10_000, "x" * 9_999 + "y"
    first, second = offer({**BASE, "description": long}), offer({**BASE, "description": other})
    assert first.description == second.description
    assert len(first.description or "") == MAX_DESCRIPTION + 1
    assert first.hash != second.hash


def test_schemas_keep_their_nulls() -> None:
    schema = {"type": "object", "properties": {"a": {"default": None}}}
    assert offer({**BASE, "inputSchema": schema}).input_schema == schema


def test_what_graphs_cannot_use_is_left_out_with_the_reason() -> None:
    offers = sort_out(ODD_TOOLS)
    assert [each.name for each in offers.usable] == ["fine", "wordy"]
    reasons = dict(offers.left_out)
    assert reasons["twice"] == "several tools have this name"
    assert "cannot be seen" in reasons["be\ufffdll"]
    assert "64 levels" in reasons["deep"]
    assert "64 KiB" in reasons["wide"]
    assert "cannot be checked" in reasons["slow"]
    assert "1 to 200 characters" in reasons[""]
    assert len(offers.left_out) == 10


def test_a_name_of_several_tools_stands_for_none() -> None:
    assert by_name([BASE, BASE, tool("other")]).keys() == {"other"}
