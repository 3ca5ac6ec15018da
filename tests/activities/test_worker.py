"""The worker process: its settings, its patience, its end."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from activities.worker import SettingsInvalid, WorkerSettings
from cli.embedded.temporal import EmbeddedTemporal
from models.graph.graph import Graph
from models.keys import new_key
from temporal_workflows.contracts import GRAPH_WORKFLOW, GraphInput, workflow_id


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(SettingsInvalid, match="PASTETRADER_ARTIFACTS"):
        WorkerSettings.from_env({})
    with pytest.raises(SettingsInvalid, match="PASTETRADER_HTTP_ALLOW"):
        WorkerSettings.from_env(
            {"PASTETRADER_ARTIFACTS": "memory:///", "PASTETRADER_HTTP_ALLOW": "10.0.0.0/99"}
        )


async def _worker(
    address: str, folder: Path, *, stderr: int | None = None
) -> asyncio.subprocess.Process:
    env = os.environ | {
        "PASTETRADER_ENCRYPTION_KEYS": new_key("1"),
        "TEMPORAL_ADDRESS": address,
        "TEMPORAL_NAMESPACE": "default",
        "PASTETRADER_ARTIFACTS": folder.as_uri(),
    }
    env.pop("DATABASE_URL", None)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.main",
        "worker",
        "--queue",
        f"q-{folder.name}",
        env=env,
        stderr=stderr,
    )


async def test_a_worker_lets_its_tool_finish_before_it_ends(
    temporal_address: str, temporal_client: Client, tmp_path: Path
) -> None:
    worker = await _worker(temporal_address, tmp_path)
    code = "import time\ndef main():\n    print('begun')\n    time.sleep(2)\n    return 'done'"
    nodes = [
        {"key": "start", "type": "trigger"},
        {"key": "work", "type": "tool", "config": {"kind": "python", "code": code}},
    ]
    start = GraphInput(
        execution_id=str(uuid4()),
        workflow_id=str(uuid4()),
        workflow_version=1,
        graph=Graph.model_validate(
            {"nodes": nodes, "edges": [{"source": "start", "target": "work"}]}
        ),
        input={},
    )
    handle = await temporal_client.start_workflow(
        GRAPH_WORKFLOW,
        start,
        id=workflow_id(start.execution_id),
        task_queue=f"q-{tmp_path.name}",
    )
    async with asyncio.timeout(30):
        while not (await handle.describe()).raw_description.pending_activities:
            await asyncio.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 20) == 0
    attempts = [
        event.activity_task_completed_event_attributes.scheduled_event_id
        async for event in handle.fetch_history_events()
        if event.HasField("activity_task_completed_event_attributes")
    ]
    assert len(attempts) == 1, "the first attempt was allowed to finish"
    await handle.terminate()


async def test_a_worker_waits_for_a_server_that_is_away(tmp_path: Path) -> None:
    server = EmbeddedTemporal(tmp_path / "temporal", with_ui=False)
    await server.start()
    address = server.address
    await server.stop()
    worker = await _worker(address, tmp_path, stderr=asyncio.subprocess.PIPE)
    assert worker.stderr
    for _ in range(3):
        line = await asyncio.wait_for(worker.stderr.readline(), 60)
        assert b"waiting for Temporal" in line, "it must not give up"
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 20) == 0
