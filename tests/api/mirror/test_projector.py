"""The projection: whatever the pages' order, the same rows, and never a step back."""

import dataclasses
import itertools
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st
from temporalio.client import Client, WorkflowFailureError

from api.mirror.events import Page
from api.mirror.projector import Projector
from api.mirror.rows import ExecutionRow
from models.enums import ExecutionStatus
from temporal_workflows.contracts import workflow_id
from tests.api.mirror.conftest import Desk
from tests.temporal_workflows.shapes import shapes

EXECUTION = UUID("7c7e5f2e-7a39-4a0a-9e0d-5bb5b3ab2b8a")
SHAPES = [shape for shape in shapes() if shape.scenario not in ("cancel", "kill")]
Chains = dict[str, list[Page]]


@pytest.fixture(scope="session")
async def chains(desk: Desk, temporal_client: Client) -> Chains:
    """The decoded histories of one run of every shape, by its name."""
    started = {
        shape.name: workflow_id(str(await desk.start(shape.graph, max_events=shape.max_events)))
        for shape in SHAPES
    }
    for name in started.values():
        with suppress(WorkflowFailureError):
            await temporal_client.get_workflow_handle(name).result()
    return {shape: await desk.engine.chain(name) for shape, name in started.items()}


def cut(page: Page, first: int, last: int) -> Page:
    facts = [fact for fact in page.facts if first <= fact.event_id <= last]
    return Page(page.run_id, first, last, facts)


class Table:
    """Rows as the database keeps them: an ended row never changes."""

    def __init__(self) -> None:
        self.nodes: dict[UUID, dict[str, Any]] = {}
        self.logs: dict[UUID, Any] = {}
        self.approvals: dict[UUID, dict[str, Any]] = {}
        self.projector = Projector(ExecutionRow(id=EXECUTION))
        self.moves: list[tuple[ExecutionStatus, ExecutionStatus]] = []

    def take(self, page: Page) -> None:
        before = self.projector.execution.status
        changes = self.projector.apply(page)
        self._moved(before, self.projector.execution.status)
        for row in changes.nodes.values():
            known = self.nodes.get(row.id)
            if known is not None:
                self._moved(known["status"], row.status)
            self.nodes[row.id] = dataclasses.asdict(row)
        self.logs |= {line.id: line for line in changes.logs}
        for asked in changes.approvals.values():
            self.approvals[asked.id] = dataclasses.asdict(asked)

    def _moved(self, before: ExecutionStatus, after: ExecutionStatus) -> None:
        if before is not after:
            self.moves.append((before, after))

    def content(self) -> tuple[Any, ...]:
        execution = dataclasses.asdict(self.projector.execution)
        return execution, self.nodes, self.logs, self.approvals, self.projector.cursor


@pytest.mark.parametrize("shape", [shape.name for shape in SHAPES])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
async def test_any_way_of_paging_gives_the_same_rows(
    chains: Chains, shape: str, data: st.DataObject
) -> None:
    whole, table = Table(), Table()
    for page in chains[shape]:
        whole.take(page)
        numbers = st.integers(1, page.last)
        for one, other in data.draw(st.lists(st.tuples(numbers, numbers), max_size=30)):
            table.take(cut(page, min(one, other), max(one, other)))
        cuts = sorted({0, page.last, *data.draw(st.lists(numbers, max_size=5))})
        for before, last in itertools.pairwise(cuts):
            table.take(cut(page, before + 1, last))
        table.take(page)

    assert table.content() == whole.content()
    assert all(before.can_become(after) for before, after in table.moves)
    assert table.moves


@pytest.mark.parametrize("shape", [shape.name for shape in SHAPES])
async def test_a_finished_run_leaves_no_open_row(chains: Chains, shape: str) -> None:
    table = Table()
    for page in chains[shape]:
        table.take(page)
    assert table.projector.ended
    assert all(row["status"].is_terminal for row in table.nodes.values())
    assert table.projector.execution.ended_at is not None


async def test_what_follows_the_end_changes_nothing(chains: Chains) -> None:
    (page,) = chains["tool-success"]
    table = Table()
    table.take(page)
    ended = table.content()
    table.take(Page("another run", 1, page.last, page.facts))
    assert table.content() == ended


async def test_earlier_attempts_are_rows_of_their_own(chains: Chains) -> None:
    (page,) = chains["tool-retry"]
    table = Table()
    table.take(page)
    rows = [row for row in table.nodes.values() if row["node_key"] == "before"]
    assert [(row["attempt"], row["status"]) for row in rows] == [
        (1, ExecutionStatus.FAILED),
        (2, ExecutionStatus.FAILED),
        (3, ExecutionStatus.COMPLETED),
    ]
    assert rows[1]["error"]["code"] == "UserCodeError"
    assert rows[1]["error"]["attempt"] == 2


async def test_a_delay_shows_the_time_that_its_workflow_computed(chains: Chains) -> None:
    (page,) = chains["delay-success"]
    table = Table()
    table.take(page)
    (row,) = [row for row in table.nodes.values() if row["node_key"] == "it"]
    assert row["status"] is ExecutionStatus.COMPLETED
    assert datetime.fromisoformat(row["output"]["until"]) <= row["ended_at"]
