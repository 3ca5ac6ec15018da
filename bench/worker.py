"""The worker process of a benchmark: the product's worker, and its twin for hand-written code.

`python -m bench.worker ADDRESS ARTIFACTS [DATABASE_URL]`
"""

import asyncio
import sys

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.hints import Hints
from activities.worker import build_worker
from bench.handwritten import HandWritten
from models.enums import ToolType
from models.graph.tool import BuiltinConfig
from models.graph.values import Json

GRAPH_QUEUE = "bench-graph"
HAND_QUEUE = "bench-hand"


async def echo(_config: BuiltinConfig, inputs: dict[str, Json], _context: ToolContext) -> Json:
    """The cheapest tool there is, so that the engine is what is measured."""
    return inputs


def _sandbox() -> SandboxedWorkflowRunner:
    """As the SDK has it for whoever writes by hand, with imports passed through as it advises."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "bench", "models", "temporal_workflows", "minijinja", "orjson", "uuid_utils", "yaml"
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)


async def work(address: str, artifacts_url: str, database_url: str | None) -> None:
    """Serve both task queues until killed."""
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    tools = {ToolType.BUILTIN: echo}
    artifacts = Artifacts.from_url(artifacts_url)
    hints = Hints(database_url)
    graph = build_worker(
        client, tools=tools, artifacts=artifacts, hints=hints, task_queue=GRAPH_QUEUE
    )
    hand = build_worker(
        client,
        tools=tools,
        artifacts=artifacts,
        hints=hints,
        task_queue=HAND_QUEUE,
        workflows=[HandWritten],
        runner=_sandbox(),
    )
    async with graph, hand:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
