"""What a run undid, as rows: ordinary ones, equal to the history, and the same after a rebuild."""

import asyncio
from typing import Any

from api.mirror.feed import Mirror
from models.enums import ExecutionStatus
from tests.api.mirror.conftest import Desk
from tests.api.mirror.test_feed import expected_rows, stored_rows
from tests.temporal_workflows.record_histories import UNDONE

GRAPH: dict[str, Any] = UNDONE.model_dump(mode="json", exclude_unset=True)
FLOW = {
    ("often", ""): "completed",
    ("first", ""): "completed",
    ("last", ""): "completed",
    **{("before", str(index)): "completed" for index in range(6)},
}
UNDOING = {
    ("unlast", ""): "failed",
    ("unfirst", ""): "failed",
    **{("unbefore", str(index)): "completed" for index in range(6)},
}


async def test_a_failed_run_shows_what_it_undid(desk: Desk, mirror: Mirror) -> None:
    for max_events in (4_000, 30):
        execution_id = await desk.start(GRAPH, max_events=max_events)
        ended = await desk.until_ended(execution_id, 60)
        assert ended.status == ExecutionStatus.FAILED
        assert ended.error is not None
        assert ended.error["node_key"] == "bad"
        rows = await desk.nodes(execution_id)
        found = {(row.node_key, row.path): row.status for row in rows}
        expected = FLOW | UNDOING | {("after", ""): "completed", ("bad", ""): "failed"}
        assert found == expected | {("start", ""): "completed"}
        assert len(rows) == len(found)
        errors = {row.node_key: row.error["code"] for row in rows if row.error}
        assert errors == {"bad": "Fatal", "unlast": "Fatal", "unfirst": "ExpressionFailed"}
        assert {row.input["item"] for row in rows if row.node_key == "unbefore"} == set(range(1, 7))
        before = await stored_rows(desk, execution_id)
        assert before == await expected_rows(desk, execution_id)
        assert await mirror.rebuild(execution_id)
        assert await stored_rows(desk, execution_id) == before


async def test_a_cancelled_run_shows_what_it_undid(desk: Desk, mirror: Mirror) -> None:
    execution_id = await desk.start(GRAPH)
    async with asyncio.timeout(30):
        while "after" not in {row.node_key for row in await desk.nodes(execution_id)}:
            await asyncio.sleep(0.05)
    await desk.engine.cancel(f"exec-{execution_id}")
    assert (await desk.until_ended(execution_id, 60)).status == ExecutionStatus.CANCELLED
    found = {(row.node_key, row.path): row.status for row in await desk.nodes(execution_id)}
    expected = FLOW | UNDOING | {("after", ""): "cancelled", ("bad", ""): "skipped"}
    assert found == expected | {("start", ""): "completed"}
    assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)


async def test_a_run_that_ends_well_has_no_rows_of_compensations(
    desk: Desk, mirror: Mirror
) -> None:
    graph = GRAPH | {
        "nodes": [node for node in GRAPH["nodes"] if node["key"] != "bad"],
        "edges": [edge for edge in GRAPH["edges"] if edge["target"] != "bad"],
    }
    execution_id = await desk.start(graph)
    ended = await desk.until_ended(execution_id, 60)
    assert ended.status == ExecutionStatus.COMPLETED
    assert ended.output == {"after": {}}
    keys = {row.node_key for row in await desk.nodes(execution_id)}
    assert keys == {"start", "often", "before", "first", "last", "after"}
