"""Records a schedule's firing into tests/histories: `python -m tests.temporal_workflows.record_firings`.

Existing files stay, as those of `record_histories` do.
"""

import asyncio
import tempfile
from pathlib import Path
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from cli.embedded.temporal import EmbeddedTemporal
from temporal_workflows.contracts import (
    ENDED_SIGNAL,
    REFRESH_SIGNAL,
    Activity,
    FiringState,
    FiringTask,
    ScheduledRunInput,
)
from temporal_workflows.registry import workflow_runner
from temporal_workflows.scheduled_run import ScheduledRun
from tests.temporal_workflows.record_histories import HISTORIES, QUEUE, _write_chain

NAME = "firing-success"


@activity.defn(name=Activity.FIRE)
async def fire(_task: FiringTask) -> FiringState:
    """There it is, and its run goes on."""
    return FiringState(firing_id=str(uuid4()), over=False)


async def main() -> None:
    """Record what is not there yet."""
    if (HISTORIES / f"{NAME}.json").exists():
        return
    server = EmbeddedTemporal(Path(tempfile.mkdtemp()), with_ui=False)
    await server.start()
    client = await Client.connect(server.address, data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[ScheduledRun],
        activities=[fire],
        workflow_runner=workflow_runner(),
    ):
        handle = await client.start_workflow(
            ScheduledRun.run,
            ScheduledRunInput(trigger_id=str(uuid4())),
            id=f"trigger-{uuid4()}",
            task_queue=QUEUE,
        )
        for signal in (REFRESH_SIGNAL, ENDED_SIGNAL):
            await asyncio.sleep(1)
            await client.get_workflow_handle(handle.id).signal(signal)
        await handle.result()
        await _write_chain(NAME, client, handle)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
