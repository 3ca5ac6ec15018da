"""Waits for events, as rows: what is awaited while they wait, and how each ends."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from api.mirror.events import LocalEnded, Page, read_page
from temporal_workflows.contracts import EVENT_PURPOSE
from tests.api.mirror.test_projector import Table, cut

HISTORY = Path(__file__).resolve().parents[2] / "histories" / "graph-event.json"


@pytest.fixture(scope="session")
async def page() -> Page:
    """A run of four waits: two passes get their event, two get none."""
    history = WorkflowHistory.from_json("event", HISTORY.read_text(encoding="utf-8"))
    return await read_page("event", history.events, pydantic_data_converter)


async def test_what_waits_says_for_what_and_until_when(page: Page) -> None:
    asked = [
        fact
        for fact in page.facts
        if isinstance(fact, LocalEnded) and fact.purpose == EVENT_PURPOSE
    ]
    assert len(asked) == 4
    table = Table()
    table.take(cut(page, 1, asked[-1].event_id))
    waiting = {
        (row["node_key"], row["path"]): row["output"]
        for row in table.nodes.values()
        if row["status"] == "waiting"
    }
    wanted = {("paid", "0"): "1", ("paid", "1"): "2", ("late", ""): None, ("bad", ""): None}
    assert {place: output["key"] for place, output in waiting.items()} == wanted
    assert {output["event"] for output in waiting.values()} == {"paid", "never"}
    assert all(output["until"].endswith("+00:00") for output in waiting.values())
    assert table.projector.execution.status == "waiting"


async def test_each_wait_ends_as_its_record_says(page: Page) -> None:
    table = Table()
    table.take(page)
    rows = {(row["node_key"], row["path"]): row for row in table.nodes.values()}
    for place, number in ((("paid", "0"), "1"), (("paid", "1"), "2")):
        assert rows[place]["status"] == "completed"
        assert rows[place]["input"] == {"event": "paid", "key": number}
        # Doubles and events for places that are none changed nothing.
        assert rows[place]["output"]["id"] == f"paid@{place[1]}"
    late, bad = rows["late", ""], rows["bad", ""]
    assert (late["status"], late["output"]["id"], late["handle"]) == ("completed", None, "timeout")
    assert (bad["status"], bad["error"]["code"]) == ("failed", "EventTimeout")
    assert rows["nothing", ""]["status"] == "completed"


@settings(max_examples=30, deadline=None)
@given(data=st.data())
async def test_any_way_of_paging_gives_the_same_rows(page: Page, data: st.DataObject) -> None:
    whole, table = Table(), Table()
    whole.take(page)
    numbers = st.integers(1, page.last)
    cuts = sorted({0, page.last, *data.draw(st.lists(numbers, max_size=8))})
    for start, last in itertools.pairwise(cuts):
        table.take(cut(page, start + 1, last))
        one, other = data.draw(st.tuples(numbers, numbers))
        table.take(cut(page, min(one, other), max(one, other)))
    assert table.content() == whole.content()
