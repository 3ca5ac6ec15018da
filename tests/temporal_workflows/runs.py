"""Starts graphs on a real Temporal and waits for them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from models.graph.graph import Graph
from temporal_workflows.contracts import (
    GRAPH_WORKFLOW,
    GraphInput,
    GraphResult,
    SubWorkflow,
    workflow_id,
)
from tests.temporal_workflows.shapes import BROKEN, CHILD, INPUT


@dataclass
class Runs:
    """Runs of one worker."""

    client: Client
    task_queue: str

    async def start(
        self, graph: dict[str, Any], given: Any = None, **more: Any
    ) -> WorkflowHandle[Any, GraphResult]:
        """Start a graph document; `more` goes into its `GraphInput`."""
        execution = str(uuid4())
        start = GraphInput(
            execution_id=execution,
            workflow_id=str(uuid4()),
            workflow_version=1,
            graph=Graph.model_validate(graph),
            input=INPUT if given is None else given,
            workflows={found["name"]: _sub_workflow(found) for found in (CHILD, BROKEN)}
            | {found["name"]: _sub_workflow(found) for found in more.pop("children", [])},
            **more,
        )
        return await self.client.start_workflow(
            GRAPH_WORKFLOW,
            start,
            id=workflow_id(execution),
            task_queue=self.task_queue,
            task_timeout=timedelta(seconds=2),
            result_type=GraphResult,
        )

    async def output(self, graph: dict[str, Any], given: Any = None, **more: Any) -> Any:
        """Run a graph and return its output."""
        handle = await self.start(graph, given, **more)
        return (await handle.result()).output


def _sub_workflow(graph: dict[str, Any]) -> SubWorkflow:
    return SubWorkflow(
        workflow_id=str(uuid4()),
        name=graph["name"],
        version=1,
        graph=Graph.model_validate(graph),
    )
