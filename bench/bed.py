"""A tuned Temporal server and one worker process, for as long as a group of benchmarks takes."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from bench.handwritten import Plan
from bench.worker import GRAPH_QUEUE, HAND_QUEUE
from cli.embedded.temporal import EmbeddedTemporal
from models.graph.graph import Graph
from temporal_workflows.contracts import GRAPH_WORKFLOW, GraphInput, workflow_id


@dataclass(frozen=True, slots=True)
class Bed:
    """Runs graphs and hand-written plans, and says how many seconds each took."""

    client: Client
    task_timeout: timedelta = timedelta(seconds=6)

    async def graph(self, document: dict[str, Any]) -> float:
        """Start a graph and wait for its result."""
        start = graph_input(document)
        began = time.perf_counter()
        await self.client.execute_workflow(
            GRAPH_WORKFLOW,
            start,
            id=workflow_id(start.execution_id),
            task_queue=GRAPH_QUEUE,
            task_timeout=self.task_timeout,
        )
        return time.perf_counter() - began

    async def hand(self, plan: Plan) -> float:
        """Start a hand-written workflow and wait for its result."""
        began = time.perf_counter()
        await self.client.execute_workflow(
            "HandWritten",
            plan,
            id=f"hand-{uuid4()}",
            task_queue=HAND_QUEUE,
            task_timeout=self.task_timeout,
        )
        return time.perf_counter() - began


def graph_input(document: dict[str, Any]) -> GraphInput:
    """A run of a document with input `{n: 1}`."""
    return GraphInput(
        execution_id=str(uuid4()),
        workflow_id=str(uuid4()),
        workflow_version=1,
        graph=Graph.model_validate(document),
        input={"n": 1},
        max_events=20_000,
    )


@asynccontextmanager
async def make_bed() -> AsyncIterator[Bed]:
    """Start server and worker; both end with the block."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedTemporal(Path(folder, "temporal"), with_ui=False)
        await server.start()
        artifacts = Path(folder, "artifacts")
        artifacts.mkdir()
        try:
            async with bench_worker(server.address, artifacts.as_uri()) as bed:
                yield bed
        finally:
            await server.stop()


@asynccontextmanager
async def bench_worker(address: str, artifacts_url: str) -> AsyncIterator[Bed]:
    """One worker process on a running server."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.worker", address, artifacts_url
    )
    try:
        yield Bed(await Client.connect(address, data_converter=pydantic_data_converter))
    finally:
        worker.kill()
        await worker.wait()
