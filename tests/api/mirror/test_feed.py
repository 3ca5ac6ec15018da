"""The mirror against a real Temporal and a real PostgreSQL."""

from typing import Any

import pytest
from temporalio.client import Client

from api.mirror.feed import Mirror
from models.enums import ExecutionStatus
from models.execution import NodeExecution
from tests.api.mirror.conftest import Desk
from tests.temporal_workflows.shapes import Shape, shapes

COLUMNS = [
    column.key
    for column in NodeExecution.__table__.columns
    if column.key not in ("created_at", "updated_at")
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
