"""What somebody would write by hand on Temporal for the graphs of `bench.graphs`."""

import asyncio

from pydantic import BaseModel
from temporalio import workflow

from models.graph.node import Retry
from temporal_workflows.contracts import Activity, Envelope, NodeContext, ToolTask
from temporal_workflows.policies import HEARTBEAT_TIMEOUT, retry_policy, start_to_close


class Plan(BaseModel):
    """`columns` sequences of `rows` activities side by side."""

    columns: int
    rows: int


@workflow.defn(name="HandWritten")
class HandWritten:
    """Calls the same activities with the same payloads and options."""

    @workflow.run
    async def run(self, plan: Plan) -> list[int]:
        """The last value of each sequence."""
        return await asyncio.gather(
            *(self._column(column, plan.rows) for column in range(plan.columns))
        )

    async def _column(self, column: int, rows: int) -> int:
        value = 1
        for row in range(rows):
            value = await self._step(column * rows + row, value)
        return value

    async def _step(self, number: int, value: int) -> int:
        retry = Retry()
        task = ToolTask(
            context=NodeContext(execution_id=workflow.info().workflow_id, node_key=f"n{number}"),
            config={"kind": "builtin", "name": "echo"},
            inputs={"n": value},
            retry=retry,
        )
        envelope: Envelope = await workflow.execute_activity(
            Activity.TOOL,
            task,
            result_type=Envelope,
            activity_id=f"n{number}",
            summary=f"n{number}",
            start_to_close_timeout=start_to_close(task.timeout_seconds),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=retry_policy(retry),
        )
        output = envelope.output
        assert isinstance(output, dict) and isinstance(output["n"], int)  # noqa: S101, PT018
        return output["n"]
