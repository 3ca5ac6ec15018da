"""Questions to several people, as rows: decisions, reminders, and what lasts over histories."""

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from api.mirror.events import Page, read_page
from api.mirror.projector import Projector
from api.mirror.rows import ExecutionRow
from tests.api.mirror.test_projector import EXECUTION, Table, cut

HISTORIES = Path(__file__).resolve().parents[2] / "histories"


@pytest.fixture(scope="session")
async def pages() -> list[Page]:
    """The two histories of one run in which people decide."""
    found = []
    for name in ("graph-people", "graph-people-1"):
        text = (HISTORIES / f"{name}.json").read_text(encoding="utf-8")
        history = WorkflowHistory.from_json(name, text)
        found.append(await read_page(name, history.events, pydantic_data_converter))
    return found


def whole(pages: list[Page]) -> Table:
    table = Table()
    for page in pages:
        table.take(page)
    return table


def asked(table: Table) -> dict[str, dict[str, Any]]:
    """Approvals by their node."""
    return {row["node_key"]: row for row in table.approvals.values()}


def told(row: dict[str, Any]) -> list[tuple[str, bool]]:
    """Who said what, in order."""
    return [(each["by"], each["approve"]) for each in row["decisions"]]


async def test_decisions_come_from_the_history_with_their_times(pages: list[Page]) -> None:
    rows = asked(whole(pages))
    two, soon, late = rows["two"], rows["soon"], rows["late"]
    assert (two["status"], told(two)) == ("approved", [("a", True), ("b", True)])
    assert (two["required"], two["assignees"][-1]) == (2, "role:admin")
    times = [datetime.fromisoformat(each["at"]) for each in two["decisions"]]
    assert two["created_at"] < times[0] < two["reminded_at"] < times[1] == two["decided_at"]
    assert (soon["status"], told(soon), soon["assignees"]) == ("approved", [("a", True)], [])
    assert soon["reminded_at"] is None
    assert (late["status"], told(late)) == ("expired", [("b", True)])
    assert late["created_at"] < late["reminded_at"] < late["decided_at"]


async def test_the_next_history_alone_tells_the_same(pages: list[Page]) -> None:
    """A mirror that begins in the middle has the open rows, and nothing else."""
    first, second = pages
    before = Table()
    before.take(first)
    assert {key: row["status"] for key, row in asked(before).items()} == {
        "two": "pending",
        "soon": "approved",
        "late": "pending",
    }
    after = Table()
    after.projector = Projector(ExecutionRow(id=EXECUTION), before.projector.open_rows)
    after.take(second)
    wanted = asked(whole(pages))
    for key, row in asked(after).items():
        assert row == wanted[key]
    assert set(asked(after)) == {"two", "late"}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
async def test_any_way_of_paging_gives_the_same_rows(
    pages: list[Page], data: st.DataObject
) -> None:
    table = Table()
    for page in pages:
        numbers = st.integers(1, page.last)
        cuts = sorted({0, page.last, *data.draw(st.lists(numbers, max_size=8))})
        for start, last in itertools.pairwise(cuts):
            table.take(cut(page, start + 1, last))
            one, other = data.draw(st.tuples(numbers, numbers))
            table.take(cut(page, min(one, other), max(one, other)))
    assert table.content() == whole(pages).content()
    assert table.projector.ended


async def test_each_question_is_one_row(pages: list[Page]) -> None:
    table = whole(pages)
    assert len(table.approvals) == 3
    assert all(isinstance(key, UUID) for key in table.approvals)
    nodes = {row["node_key"]: row["status"] for row in table.nodes.values()}
    assert nodes == {
        "start": "completed",
        "two": "completed",
        "soon": "completed",
        "late": "failed",
    }
