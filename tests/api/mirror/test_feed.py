"""The mirror against a real Temporal and a real PostgreSQL."""

import asyncio
import itertools
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.api.common.v1 import WorkflowExecution as WorkflowExecutionId
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from api.mirror.events import Page
from api.mirror.feed import Mirror
from api.mirror.projector import Projector
from api.mirror.rows import ExecutionRow
from models.enums import ExecutionStatus
from models.execution import NodeExecution, WorkflowExecution
from tests.api.mirror.conftest import Desk
from tests.databases import NewDatabase
from tests.temporal_workflows.shapes import Shape, shapes, tool

COLUMNS = [
    column.key
    for column in NodeExecution.__table__.columns
    if column.key not in ("created_at", "updated_at", "accepted_at")
]


def values(rows: list[NodeExecution]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in COLUMNS} for row in rows]


@pytest.mark.parametrize(
    "shape",
    [shape for shape in shapes() if shape.scenario in ("success", "failure", "retry")],
    ids=lambda shape: shape.name,
)
async def test_every_shape_is_mirrored_and_a_rebuild_gives_the_same_rows(
    desk: Desk, mirror: Mirror, temporal_client: Client, shape: Shape
) -> None:
    execution_id = await desk.start(shape.graph)
    ended = await desk.until_ended(execution_id)
    told = await temporal_client.get_workflow_handle(ended.temporal_workflow_id).describe()
    wanted = ExecutionStatus(told.status.name.lower()) if told.status else None
    assert ended.status == wanted
    assert ended.start_input is None
    rows = await desk.nodes(execution_id)
    assert {row.node_key for row in rows} >= {node["key"] for node in shape.graph["nodes"]} - {
        "body"
    }
    assert all(ExecutionStatus(row.status).is_terminal for row in rows)
    logs = [line.id for line in await desk.logs(execution_id)]
    before = values(rows)
    assert await mirror.rebuild(execution_id)
    assert values(await desk.nodes(execution_id)) == before
    assert [line.id for line in await desk.logs(execution_id)] == logs
    assert (await desk.execution(execution_id)).status == wanted
    assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
    if shape.scenario != "retry":
        assert len({(row.node_key, row.path) for row in rows}) == len(rows)


async def test_shapes_that_are_cancelled_or_continue_equal_their_history(
    desk: Desk, mirror: Mirror
) -> None:
    started = []
    for shape in shapes():
        if shape.scenario in ("cancel", "continue_as_new"):
            started.append((shape, await desk.start(shape.graph, max_events=shape.max_events)))
        if shape.scenario == "cancel":
            await desk.engine.cancel(f"exec-{started[-1][1]}")
    for shape, execution_id in started:
        status = (await desk.until_ended(execution_id, 60)).status
        assert (shape.name, status) in (
            (f"{shape.kind}-cancel", "cancelled"),
            (f"{shape.kind}-continue_as_new", "completed"),
        )
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)


async def expected_rows(desk: Desk, execution_id: UUID) -> list[dict[str, Any]]:
    """The rows that a projection of the whole history gives."""
    row = await desk.execution(execution_id)
    projector = Projector(ExecutionRow(id=execution_id))
    found = {}
    for page in await desk.engine.chain(row.temporal_workflow_id):
        found |= projector.apply(page).nodes
    rows = [{name: getattr(node, name) for name in COLUMNS} for node in found.values()]
    return sorted(rows, key=lambda node: node["id"])


async def stored_rows(desk: Desk, execution_id: UUID) -> list[dict[str, Any]]:
    return sorted(values(await desk.nodes(execution_id)), key=lambda node: node["id"])


def chain_of(*nodes: dict[str, Any]) -> dict[str, Any]:
    keys = ["start", *(node["key"] for node in nodes)]
    edges = [{"source": one, "target": other} for one, other in itertools.pairwise(keys)]
    return {"name": "chain", "nodes": [{"key": "start", "type": "trigger"}, *nodes], "edges": edges}


async def test_runs_that_continue_as_new_keep_one_row(desk: Desk, mirror: Mirror) -> None:
    shape = next(shape for shape in shapes() if shape.name == "parallel-continue_as_new")
    execution_id = await desk.start(shape.graph, max_events=shape.max_events)
    ended = await desk.until_ended(execution_id)
    assert ended.status == ExecutionStatus.COMPLETED
    rows = await stored_rows(desk, execution_id)
    assert len({row["run_id"] for row in rows}) > 1
    assert rows == await expected_rows(desk, execution_id)


async def test_two_mirrors_at_once_write_each_attempt_once(desk: Desk, mirror: Mirror) -> None:
    other = desk.mirror()
    running = asyncio.create_task(other.run())
    graph = chain_of(
        {"key": "all", "type": "parallel", "config": {"items": "{{ input.items }}"}},
        tool("last", "echo"),
    )
    graph["nodes"].append(tool("body", "echo", parent="all"))
    ids = [await desk.start(graph, {"items": list(range(20))}) for _ in range(5)]
    for execution_id in ids:
        await desk.until_ended(execution_id)
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
    running.cancel()
    await asyncio.wait([running])


async def test_a_mirror_goes_on_where_another_was_killed(desk: Desk) -> None:
    graph = chain_of(
        tool("one", "echo"),
        {"key": "wait", "type": "delay", "config": {"seconds": 1.5}},
        tool("two", "echo"),
    )
    first = asyncio.create_task(desk.mirror().run())
    execution_id = await desk.start(graph)
    await until_status(desk, execution_id, ExecutionStatus.WAITING)
    first.cancel()
    await asyncio.wait([first])
    second = asyncio.create_task(desk.mirror().run())
    assert (await desk.until_ended(execution_id)).status == ExecutionStatus.COMPLETED
    assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
    second.cancel()
    await asyncio.wait([second])


async def test_an_accepted_start_that_temporal_never_heard_of_is_repaired_once(
    desk: Desk, mirror: Mirror
) -> None:
    start = await desk.accept(chain_of(tool("one", "echo")))
    ended = await desk.until_ended(UUID(start.execution_id))
    assert ended.status == ExecutionStatus.COMPLETED
    await desk.engine.start(start)
    assert len(await desk.engine.chain(ended.temporal_workflow_id)) == 1
    rows = await stored_rows(desk, UUID(start.execution_id))
    assert rows == await expected_rows(desk, UUID(start.execution_id))


async def test_an_execution_that_cannot_be_read_does_not_stop_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = chain_of(tool("one", "echo"))
    broken = await desk.accept(graph)
    chain = desk.engine.chain

    async def refuse(temporal_id: str) -> list[Page]:
        if temporal_id == f"exec-{broken.execution_id}":
            raise KeyError("an event of an unknown shape")
        return await chain(temporal_id)

    monkeypatch.setattr(desk.engine, "chain", refuse)
    mirror = desk.mirror()
    running = asyncio.create_task(mirror.run())
    await desk.engine.start(broken)
    for _ in range(2):
        execution_id = await desk.start(graph)
        assert (await desk.until_ended(execution_id)).status == ExecutionStatus.COMPLETED
        assert not running.done()
    assert (await desk.execution(UUID(broken.execution_id))).status == ExecutionStatus.PENDING
    running.cancel()
    await asyncio.wait([running])
    monkeypatch.undo()
    later = asyncio.create_task(desk.mirror().run())
    ended = await desk.until_ended(UUID(broken.execution_id))
    assert ended.status == ExecutionStatus.COMPLETED
    later.cancel()
    await asyncio.wait([later])


async def test_a_cancelled_run_cancels_its_rows(desk: Desk, mirror: Mirror) -> None:
    graph = chain_of(tool("slow", "sleep", options={"seconds": 30}), tool("after", "echo"))
    execution_id = await desk.start(graph)
    await until_node(desk, execution_id, "slow", ExecutionStatus.RUNNING)
    await desk.engine.cancel(f"exec-{execution_id}")
    assert (await desk.until_ended(execution_id)).status == ExecutionStatus.CANCELLED
    statuses = {row.node_key: row.status for row in await desk.nodes(execution_id)}
    assert statuses == {"start": "completed", "slow": "cancelled", "after": "skipped"}


async def test_a_terminated_run_is_cancelled_with_the_reason(desk: Desk, mirror: Mirror) -> None:
    execution_id = await desk.start(chain_of(tool("slow", "sleep", options={"seconds": 3})))
    await until_node(desk, execution_id, "slow", ExecutionStatus.RUNNING)
    await desk.engine.terminate(f"exec-{execution_id}", "enough")
    ended = await desk.until_ended(execution_id)
    assert ended.status == ExecutionStatus.CANCELLED
    assert ended.error is not None
    assert (ended.error["code"], ended.error["message"]) == ("Terminated", "enough")
    assert {row.status for row in await desk.nodes(execution_id)} == {"completed", "cancelled"}


async def test_a_sub_workflow_is_an_execution_of_its_own(desk: Desk, mirror: Mirror) -> None:
    node = {"key": "call", "type": "workflow", "config": {"workflow": "child"}}
    execution_id = await desk.start(chain_of(node | {"inputs": {"n": 1}}))
    await desk.until_ended(execution_id)
    async with desk.sessions() as session:
        child = await session.scalar(
            select(WorkflowExecution).where(WorkflowExecution.parent_execution_id == execution_id)
        )
    assert child is not None
    assert (child.parent_node_key, child.trigger_type, child.input) == (
        "call",
        "workflow",
        {"n": 1},
    )
    assert (await desk.until_ended(child.id)).status == ExecutionStatus.COMPLETED
    assert {row.node_key for row in await desk.nodes(child.id)} == {"start", "inner"}


async def test_attempts_are_seen_while_they_are_retried(desk: Desk, mirror: Mirror) -> None:
    retry = {"max_attempts": 3, "initial_interval": 4.0, "backoff": 1.0}
    graph = chain_of(tool("flaky", "flaky", options={"times": 1}, retry=retry))
    execution_id = await desk.start(graph)
    await until_node(desk, execution_id, "flaky", ExecutionStatus.PENDING)
    first, second = [row for row in await desk.nodes(execution_id) if row.node_key == "flaky"]
    assert (first.attempt, first.status) == (1, "failed")
    assert first.error is not None
    assert first.error["code"] == "UserCodeError"
    assert second.attempt == 2
    await desk.until_ended(execution_id)
    assert [line.message for line in await desk.logs(execution_id)] == [
        "flaky attempt 1",
        "flaky attempt 2",
    ]


async def test_without_any_hint_the_sweep_finds_everything(
    desk: Desk, new_database: NewDatabase
) -> None:
    deaf = Mirror(desk.engine, desk.sessions, await new_database())
    running = asyncio.create_task(deaf.run())
    execution_id = await desk.start(chain_of(tool("one", "echo"), tool("two", "echo")))
    await desk.until_ended(execution_id)
    assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
    running.cancel()
    await asyncio.wait([running])


async def test_a_reset_run_is_shown_as_it_now_is(
    desk: Desk, mirror: Mirror, temporal_client: Client
) -> None:
    execution_id = await desk.start(chain_of(tool("slow", "sleep", options={"seconds": 1.5})))
    await until_node(desk, execution_id, "slow", ExecutionStatus.RUNNING)
    abandoned = (await desk.execution(execution_id)).temporal_run_id
    await temporal_client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=temporal_client.namespace,
            workflow_execution=WorkflowExecutionId(
                workflow_id=f"exec-{execution_id}", run_id=abandoned
            ),
            reason="test",
            workflow_task_finish_event_id=4,
            request_id=str(execution_id),
        )
    )
    ended = await desk.until_ended(execution_id)
    assert ended.status == ExecutionStatus.COMPLETED
    assert ended.temporal_run_id != abandoned
    assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)


async def until_status(desk: Desk, execution_id: UUID, status: ExecutionStatus) -> None:
    async with asyncio.timeout(15):
        while True:
            if (await desk.execution(execution_id)).status == status:
                return
            await asyncio.sleep(0.02)


async def until_node(desk: Desk, execution_id: UUID, key: str, status: ExecutionStatus) -> None:
    async with asyncio.timeout(15):
        while True:
            rows = await desk.nodes(execution_id)
            if any(row.node_key == key and row.status == status for row in rows):
                return
            await asyncio.sleep(0.02)
