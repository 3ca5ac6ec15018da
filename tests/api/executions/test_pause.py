"""Runs that are paused begin nothing, and go on where they were."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.executions.test_executions import waiting_graph
from tests.api.fixtures import Api, ended, published, started


async def status_of(client: Api, execution_id: str, wanted: str) -> dict[str, Any]:
    """The run once it has that status."""
    for _ in range(200):
        run: dict[str, Any] = (await client.get(f"/executions/{execution_id}")).json()
        if run["status"] == wanted:
            return run
        await asyncio.sleep(0.05)
    raise AssertionError(f"the run is {run['status']}, not {wanted}")


def rows(run: dict[str, Any]) -> dict[str, str]:
    """Status by key of the node."""
    return {node["node_key"]: node["status"] for node in run["nodes"]}


async def test_a_paused_run_begins_nothing_until_it_is_resumed(editor: Api) -> None:
    run_id = await started(editor, await published(editor, waiting_graph(1)), {"n": 5})
    path = f"/executions/{run_id}"
    assert (await editor.post(f"{path}/pause")).status_code == 202
    await status_of(editor, run_id, "paused")
    await asyncio.sleep(2)
    run = await status_of(editor, run_id, "paused")
    assert rows(run) == {"start": "completed", "pause": "completed"}, "timers go on"
    assert (await editor.post(f"{path}/pause")).status_code == 202, "twice is once"
    assert (await editor.post(f"{path}/resume")).status_code == 202
    run = await ended(editor, run_id)
    assert (run["status"], run["output"]) == ("completed", {"after": 5})
    for way in ("pause", "resume"):
        answer = await editor.post(f"{path}/{way}")
        assert (answer.status_code, answer.json()["code"]) == (409, "EXECUTION_ENDED")


async def test_a_paused_run_can_be_cancelled(editor: Api) -> None:
    run_id = await started(editor, await published(editor, waiting_graph(60)), {"n": 5})
    await editor.post(f"/executions/{run_id}/pause")
    await status_of(editor, run_id, "paused")
    await editor.post(f"/executions/{run_id}/cancel")
    run = await ended(editor, run_id)
    assert run["status"] == "cancelled"
    assert rows(run)["pause"] == "cancelled"


@pytest.mark.parametrize("container", ["parallel", "loop"])
async def test_passes_wait_too(editor: Api, container: str) -> None:
    config: dict[str, Any] = {"items": "{{ range(3) | list }}"}
    if container == "parallel":
        config["max_concurrency"] = 1
    each = {"key": "each", "type": container, "config": config}
    wait = {"key": "wait", "type": "delay", "parent": "each", "config": {"seconds": 1}}
    graph = {
        "name": f"paused {uuid4().hex}",
        "output": "{{ nodes.each.status }}",
        "nodes": [{"key": "start", "type": "trigger"}, each, wait],
        "edges": [{"source": "start", "target": "each"}],
    }
    run_id = await started(editor, await published(editor, graph))
    await editor.post(f"/executions/{run_id}/pause")
    await asyncio.sleep(2.5)
    run = await status_of(editor, run_id, "paused")
    passes = [node["path"] for node in run["nodes"] if node["node_key"] == "wait"]
    assert len(passes) <= 1
    await editor.post(f"/executions/{run_id}/resume")
    run = await ended(editor, run_id)
    assert (run["status"], run["output"]) == ("completed", "completed")


async def test_only_its_owner_pauses_a_run(editor: Api, stranger: Api, viewer: Api) -> None:
    run_id = await started(editor, await published(editor, waiting_graph(1)), {"n": 5})
    for way in ("pause", "resume"):
        assert (await stranger.post(f"/executions/{run_id}/{way}")).status_code == 404
        assert (await viewer.post(f"/executions/{run_id}/{way}")).status_code in {403, 404}
    assert (await ended(editor, run_id))["status"] == "completed"
