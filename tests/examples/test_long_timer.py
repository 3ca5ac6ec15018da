"""The example that waits for months, on a server that skips time where nothing happens."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.worker import build_tools, build_worker
from cli.embedded.temporal import find_program
from models.graph.document import parse_document
from models.graph.graph import Graph
from temporal_workflows.contracts import GRAPH_WORKFLOW, TASK_QUEUE, GraphInput, workflow_id

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "long-timer" / "workflow.yaml"


@pytest.fixture
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A real server whose clock jumps to the next timer while all runs wait."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(find_program()),
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        ],
    ) as environment:
        yield environment


async def test_a_hundred_days_pass(skipping: WorkflowEnvironment) -> None:
    graph = Graph.model_validate(parse_document(EXAMPLE.read_bytes(), "application/yaml"))
    start = GraphInput(
        execution_id=str(uuid4()),
        workflow_id=str(uuid4()),
        workflow_version=1,
        graph=graph,
        input={"days": 100, "note": "still right?"},
    )
    http, hints = HttpClient(()), Hints(None)
    worker = build_worker(
        skipping.client,
        tools=build_tools(http),
        artifacts=Artifacts.from_url("memory:///"),
        hints=hints,
    )
    async with worker:
        run = await skipping.client.start_workflow(
            GRAPH_WORKFLOW, start, id=workflow_id(start.execution_id), task_queue=TASK_QUEUE
        )
        result = await run.result()
        events = [event.event_time.ToDatetime() async for event in run.fetch_history_events()]
    await http.close()
    passed = events[-1] - events[0]
    assert result["output"] == "Review after 100 days: still right?"
    assert passed.days >= 100
