"""Runs that go on with another version of their graph."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.api.executions.test_executions import read_events
from tests.api.executions.test_pause import rows, status_of
from tests.api.fixtures import Api, ended, published, started

START = {"key": "start", "type": "trigger"}
WAIT = {"key": "wait", "type": "delay", "config": {"seconds": 2}}


def adapter(key: str, output: Any, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "adapter", "config": {"output": output}, **more}


def graph(*nodes: dict[str, Any], edges: str, **more: Any) -> dict[str, Any]:
    """`edges` as "start>wait wait>after"."""
    pairs = [pair.split(">") for pair in edges.split()]
    return {
        "name": f"upgraded {uuid4().hex}",
        "nodes": list(nodes),
        "edges": [{"source": source, "target": target} for source, target in pairs],
        **more,
    }


def before() -> dict[str, Any]:
    """A graph of a new name that waits in its middle."""
    nodes = (START, adapter("first", 1), WAIT, adapter("after", "old"))
    return graph(*nodes, edges="start>first first>wait wait>after")


async def newer(client: Api, workflow_id: str, document: dict[str, Any]) -> int:
    """Publish another graph of the workflow; its version."""
    path = f"/workflows/{workflow_id}"
    now = (await client.get(path)).json()
    body = document | {"name": now["name"], "version": now["version"]}
    saved = await client.put(f"{path}/graph", json=body)
    assert saved.status_code == 200, saved.text
    answer = await client.post(f"{path}/publish", json={})
    assert answer.status_code < 300, answer.text
    version: int = answer.json()["version"]
    return version


async def test_a_waiting_run_goes_on_with_the_newer_graph(editor: Api) -> None:
    workflow = await published(editor, before())
    run_id = await started(editor, workflow)
    await status_of(editor, run_id, "waiting")
    after = graph(
        START,
        adapter("first", 1, name="The first", position={"x": 9, "y": 9}),
        WAIT,
        adapter("after", "new {{ nodes.first.output }}"),
        adapter("beside", "{{ nodes.first.output + 1 }}"),
        edges="start>first first>wait wait>after first>beside",
    )
    version = await newer(editor, workflow, after)
    path = f"/executions/{run_id}/upgrade"
    found = (await editor.get(path, params={"version": version})).json()
    assert (found["possible"], found["reasons"]) == (True, [])
    assert (found["from_version"], found["to_version"]) == (1, version)
    assert (found["kept"], found["waiting"]) == (["start", "first"], ["wait"])
    assert (found["changed"], found["added"], found["removed"]) == (["after"], ["beside"], [])
    answer = await editor.post(path, json={"version": version})
    assert answer.status_code == 202, answer.text
    run = await ended(editor, run_id)
    assert (run["status"], run["workflow_version"]) == ("completed", version)
    assert run["output"] == {"after": "new 1", "beside": 2}
    assert rows(run) == dict.fromkeys(("start", "first", "wait", "after", "beside"), "completed")
    again = (await editor.post(f"/executions/{run_id}/rebuild")).json()
    assert again["workflow_version"] == version
    shown = (await editor.get(f"/executions/{run_id}/graph")).json()
    assert {node["key"] for node in shown["graph"]["nodes"]} == set(rows(run))


async def test_followers_see_the_newer_version_at_once(editor: Api) -> None:
    workflow = await published(editor, before())
    run_id = await started(editor, workflow)
    await status_of(editor, run_id, "waiting")

    async def follow() -> list[int]:
        events = [event async for event in read_events(editor, run_id)]
        return [data["workflow_version"] for _, kind, data in events if kind == "execution"]

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.3)
    version = await newer(editor, workflow, before() | {"output": "{{ nodes.first.output }}"})
    await editor.post(f"/executions/{run_id}/upgrade", json={"version": version})
    await ended(editor, run_id)
    seen = await asyncio.wait_for(following, 10)
    assert seen[0] == 1
    assert seen.count(version) >= 2, "when it was taken up, and at the end"


async def test_what_began_and_differs_is_refused_with_reasons(editor: Api) -> None:
    workflow = await published(editor, before())
    run_id = await started(editor, workflow)
    await status_of(editor, run_id, "waiting")
    other = adapter("wait", "not a delay")
    after = graph(
        START,
        adapter("first", 2),
        other,
        adapter("more", 1),
        edges="start>more more>first first>wait",
    )
    version = await newer(editor, workflow, after)
    path = f"/executions/{run_id}/upgrade"
    found = (await editor.get(path, params={"version": version})).json()
    assert not found["possible"]
    codes = {(each["node_key"], each["code"]) for each in found["reasons"]}
    assert codes == {("first", "NODE_CHANGED"), ("wait", "NODE_CHANGED")}
    answer = await editor.post(path, json={"version": version})
    assert (answer.status_code, answer.json()["code"]) == (409, "UPGRADE_REFUSED")
    assert {each["path"] for each in answer.json()["errors"]} == {"first", "wait"}
    run = await ended(editor, run_id)
    assert (run["output"], run["workflow_version"]) == ({"after": "old"}, 1)


async def test_same_unknown_and_ended_are_told(editor: Api, stranger: Api) -> None:
    workflow = await published(editor, before())
    run_id = await started(editor, workflow)
    await status_of(editor, run_id, "waiting")
    path = f"/executions/{run_id}/upgrade"
    same = (await editor.get(path, params={"version": 1})).json()
    assert [each["code"] for each in same["reasons"]] == ["SAME_VERSION"]
    assert (await editor.post(path, json={"version": 99})).status_code == 409
    assert (await editor.post(path, json={"version": 0})).status_code == 422
    assert (await stranger.post(path, json={"version": 1})).status_code == 404
    await ended(editor, run_id)
    answer = await editor.post(path, json={"version": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "EXECUTION_ENDED")


async def test_a_paused_run_takes_a_changed_next_node(editor: Api) -> None:
    workflow = await published(editor, before())
    run_id = await started(editor, workflow)
    await editor.post(f"/executions/{run_id}/pause")
    await status_of(editor, run_id, "paused")
    await asyncio.sleep(2.5)  # the delay is over, and what follows is held
    after = graph(
        START,
        adapter("first", 1),
        WAIT,
        adapter("after", "mended"),
        edges="start>first first>wait wait>after",
    )
    version = await newer(editor, workflow, after)
    answer = await editor.post(f"/executions/{run_id}/upgrade", json={"version": version})
    assert answer.status_code == 202, answer.text
    await editor.post(f"/executions/{run_id}/resume")
    run = await ended(editor, run_id)
    assert (run["status"], run["output"]) == ("completed", {"after": "mended"})


async def test_passes_go_on_with_a_newer_body(editor: Api) -> None:
    each = {"key": "each", "type": "loop", "config": {"items": [1, 2, 3]}}
    inner = {"parent": "each"}
    wait = {**WAIT, **inner, "config": {"seconds": 1}}
    older = graph(START, each, wait, adapter("said", "old", **inner), edges="start>each wait>said")
    workflow = await published(editor, older)
    run_id = await started(editor, workflow)
    await status_of(editor, run_id, "waiting")
    after = graph(
        START,
        each,
        wait,
        adapter("said", "new {{ item }}", **inner),
        adapter("then", "{{ nodes.each.output.results }}"),
        edges="start>each wait>said each>then",
    )
    version = await newer(editor, workflow, after)
    answer = await editor.post(f"/executions/{run_id}/upgrade", json={"version": version})
    assert answer.status_code == 202, answer.text
    run = await ended(editor, run_id)
    assert run["output"] == {"then": ["new 1", "new 2", "new 3"]}
