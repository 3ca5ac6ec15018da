"""Replays recorded histories; runs alone too, on whatever interpreter stands first on the path."""

import asyncio
import os
import sys
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from temporal_workflows.registry import WORKFLOWS, workflow_runner

HISTORIES = Path(__file__).parent.parent / "histories"


async def failures(paths: list[Path]) -> dict[str, str]:
    """Names of the histories that do not replay, with the reason."""
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=workflow_runner(),
        data_converter=pydantic_data_converter,
    )
    found: dict[str, str] = {}
    for path in paths:
        history = WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            found[path.stem] = str(result.replay_failure)
    return found


if __name__ == "__main__":
    broken = asyncio.run(failures(sorted(HISTORIES.glob("*.json"))))
    sys.stdout.write("\n".join(broken))
    sys.stdout.flush()
    # The SDK's threads may crash an interpreter that is torn down right after its work.
    os._exit(bool(broken))
