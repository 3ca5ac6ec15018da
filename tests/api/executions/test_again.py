"""Running again from anywhere: what is taken over, what runs anew, and what that would repeat."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.executions.test_upgrade import START, adapter, graph
from tests.api.fixtures import Api, ended, published, started

EACH = {"key": "each", "type": "parallel", "config": {"items": [0, 1, 2, 3]}}
INNER = {"parent": "each"}


def passes(container: dict[str, Any], *nodes: dict[str, Any], edges: str) -> dict[str, Any]:
    """A container with these nodes in it, and a node after it."""
    after = adapter("after", "{{ nodes.each.output }}")
    return graph(START, container, *nodes, after, edges=f"start>each each>after {edges}")


def ran(run: dict[str, Any]) -> set[str]:
    """`key@path` of what ran in this run and was not taken over."""
    return {
        f"{node['node_key']}@{node['path']}"
        for node in run["nodes"]
        if node["reason"] is None and node["status"] != "skipped"
    }


async def retried(client: Api, run_id: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/executions/{run_id}/retry", json=body)
    assert answer.status_code == 202, answer.text
    return await ended(client, answer.json()["id"])


async def first_run(client: Api, document: dict[str, Any]) -> str:
    run_id = await started(client, await published(client, document))
    await ended(client, run_id)
    return run_id


async def test_only_the_passes_that_failed_run_again(editor: Api) -> None:
    two = adapter("two", "{{ 1 // (item - 2) }}", **INNER)
    document = passes(EACH, adapter("one", "{{ item }}", **INNER), two, edges="one>two")
    run_id = await first_run(editor, document)
    report = (await editor.get(f"/executions/{run_id}/retry")).json()
    # The trigger, `one` in all passes, `two` in those that completed.
    assert report["reused"] == 1 + 4 + 3
    assert {node["node_key"]: node["times"] for node in report["again"]} == {"each": 1, "two": 1}
    run = await retried(editor, run_id)
    assert run["status"] == "failed"
    assert ran(run) == {"each@", "two@2"}


async def test_a_pass_begins_anew_with_edited_inputs(editor: Api) -> None:
    two = adapter("two", "{{ nodes.one.output }}", **INNER)
    one = adapter("one", "{{ nodes.made.output.n * 10 }}", **INNER)
    made = {
        "key": "made",
        "type": "condition",
        "inputs": {"n": "{{ item }}"},
        "config": {"branches": [{"handle": "go", "when": "{{ true }}"}]},
        **INNER,
    }
    document = passes(EACH, made, one, two, edges="one>two")
    document["edges"].append({"source": "made", "target": "one", "source_handle": "go"})
    run_id = await first_run(editor, document)
    body = {"from_node": "made", "path": "1", "inputs": {"n": 7}}
    report = await editor.get(
        f"/executions/{run_id}/retry", params={"from_node": "made", "path": "1"}
    )
    again = {node["node_key"]: node["times"] for node in report.json()["again"]}
    assert again == {"each": 1, "made": 1, "one": 1, "two": 1, "after": 1}
    assert not any(node["effect"] for node in report.json()["again"])
    run = await retried(editor, run_id, **body)
    assert run["output"] == {"after": [0, 70, 20, 30]}
    assert ran(run) == {"each@", "made@1", "one@1", "two@1", "after@"}


async def test_passes_of_a_loop_after_the_fork_run_again(editor: Api) -> None:
    loop = {"key": "each", "type": "loop", "config": {"items": [1, 2, 3]}}
    one = adapter("one", "{{ item }}", **INNER)
    two = adapter("two", "{{ (previous or 0) + nodes.one.output }}", **INNER)
    run_id = await first_run(editor, passes(loop, one, two, edges="one>two"))
    run = await retried(editor, run_id, from_node="two", path="1")
    assert run["output"]["after"]["last"] == 6
    assert ran(run) == {"each@", "two@1", "one@2", "two@2", "after@"}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"from_node": "one"}, None),
        ({"from_node": "one", "path": "1.0"}, "path"),
        ({"from_node": "after", "path": "1"}, "path"),
        ({"path": "1"}, "path"),
        ({"from_node": "one", "path": "x"}, "path"),
        ({"from_node": "none"}, "from_node"),
    ],
)
async def test_a_fork_that_cannot_be_is_refused(
    editor: Api, body: dict[str, Any], word: str | None
) -> None:
    document = passes(EACH, adapter("one", "{{ item }}", **INNER), edges="")
    run_id = await first_run(editor, document)
    asked = await editor.get(f"/executions/{run_id}/retry", params=body)
    answer = await editor.post(f"/executions/{run_id}/retry", json=body)
    wanted = (200, 202) if word is None else (422, 422)
    assert (asked.status_code, answer.status_code) == wanted
    if word is not None:
        assert word in answer.text


async def test_effects_that_would_be_repeated_are_named(editor: Api, stranger: Api) -> None:
    call = {
        "key": "call",
        "type": "tool",
        "config": {"kind": "http", "url": f"http://127.0.0.1:9/{uuid4().hex}"},
        "retry": {"max_attempts": 1},
        "on_error": "continue",
    }
    run_id = await first_run(editor, graph(START, call, edges="start>call"))
    path = f"/executions/{run_id}/retry"
    report = (await editor.get(path, params={"from_node": "call"})).json()
    assert [(node["node_key"], node["effect"]) for node in report["again"]] == [("call", True)]
    assert (await stranger.get(path)).status_code == 404
