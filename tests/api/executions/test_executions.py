"""Runs through the API: started once, watched, stopped, run again."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from models.enums import Role
from models.execution import WorkflowExecution
from tests.api.fixtures import (
    Api,
    adapter_graph,
    client_of,
    ended,
    new_account,
    published,
    started,
)


def waiting_graph(seconds: float = 60) -> dict[str, Any]:
    """A trigger, a delay, and an adapter after it."""
    return {
        "name": f"waits {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "pause", "type": "delay", "config": {"seconds": seconds}},
            {"key": "after", "type": "adapter", "config": {"output": "{{ input.n }}"}},
        ],
        "edges": [{"source": "start", "target": "pause"}, {"source": "pause", "target": "after"}],
    }


def failing_graph() -> dict[str, Any]:
    """`first` logs a line, `second` fails for ever unless its input is good."""
    code = "def main(n):\n    assert n > 0, 'n is too small'\n    return n"
    return {
        "name": f"fails {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {
                "key": "first",
                "type": "tool",
                "config": {"kind": "builtin", "name": "log", "options": {"level": "warning"}},
                "inputs": {"message": "hello {{ input.n }}", "data": {"n": "{{ input.n }}"}},
            },
            {
                "key": "second",
                "type": "tool",
                "config": {"kind": "python", "code": code},
                "inputs": {"n": "{{ input.n }}"},
                "retry": {"max_attempts": 2, "initial_interval": 0.01},
            },
            {"key": "third", "type": "adapter", "config": {"output": "{{ nodes.second.output }}"}},
        ],
        "edges": [
            {"source": "start", "target": "first"},
            {"source": "first", "target": "second"},
            {"source": "second", "target": "third"},
        ],
    }


async def test_a_run_from_start_to_end(editor: Api) -> None:
    workflow_id = await published(editor, adapter_graph())
    answer = await editor.post(
        f"/workflows/{workflow_id}/executions", json={"input": {"n": 41}, "tags": ["daily"]}
    )
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["Location"] == body["links"]["self"] == f"/api/v1/executions/{body['id']}"
    run = await ended(editor, body["id"])
    assert (run["status"], run["output"], run["tags"]) == ("completed", {"next": 42}, ["daily"])
    assert run["workflow_version"] == 1
    assert [(n["node_key"], n["status"], n["output"]) for n in run["nodes"]] == [
        ("start", "completed", {"n": 41}),
        ("next", "completed", 42),
    ]
    assert run["temporal"]["url"].startswith(
        "http://temporal.test/namespaces/default/workflows/exec-"
    )
    node = (await editor.get(run["nodes"][1]["links"]["self"].removeprefix("/api/v1"))).json()
    assert node["output"] == 42
    timeline = (await editor.get(f"/executions/{body['id']}/timeline")).json()
    assert [bar["node_key"] for bar in timeline["bars"]] == ["start", "next"]
    history = (await editor.get(f"/executions/{body['id']}/history")).json()
    assert history["events"][-1]["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"


@pytest.mark.slow
async def test_two_hundred_starts_with_one_key_are_one_run(editor: Api) -> None:
    workflow_id = await published(editor, adapter_graph())
    path, headers = f"/workflows/{workflow_id}/executions", {"Idempotency-Key": uuid4().hex}
    body = {"input": {"n": 1}}
    answers = await asyncio.gather(
        *(editor.post(path, json=body, headers=headers) for _ in range(200))
    )
    assert {answer.status_code for answer in answers} == {202}
    ids = {answer.json()["id"] for answer in answers}
    assert len(ids) == 1
    await ended(editor, ids.pop())
    listed = (await editor.get("/executions", params={"workflow_id": workflow_id})).json()
    assert len(listed["items"]) == 1
    other = await editor.post(path, json={"input": {"n": 2}}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_bad_starts(editor: Api) -> None:
    document = adapter_graph()
    document["nodes"][0]["config"] = {
        "input_schema": {
            "type": "object",
            "required": ["n"],
            "properties": {"n": {"type": "integer"}},
        }
    }
    path = f"/workflows/{await published(editor, document)}/executions"
    wrong = await editor.post(path, json={"input": {"n": "text"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "SCHEMA_MISMATCH")
    assert "n" in wrong.json()["errors"][0]["path"]
    huge = await editor.post(path, json={"input": {"x": "y" * 5_000_000}})
    assert (huge.status_code, huge.json()["code"]) == (413, "BODY_TOO_LARGE")
    version = await editor.post(path, json={"input": {"n": 1}, "version": 7})
    assert (version.status_code, version.json()["code"]) == (409, "WORKFLOW_NOT_PUBLISHED")
    typo = await editor.post(path, json={"inputs": {"n": 1}})
    assert typo.status_code == 422
    assert typo.json()["errors"][0]["path"] == "body.inputs"
    nowhere = await editor.post(f"/workflows/{uuid4()}/executions", json={})
    assert nowhere.status_code == 404


async def test_a_failure_is_told_with_its_node_and_logs(editor: Api) -> None:
    run = await ended(
        editor, await started(editor, await published(editor, failing_graph()), {"n": 0})
    )
    assert run["status"] == "failed"
    error = run["error"]
    assert (error["code"], error["node_key"], error["attempt"]) == ("UserCodeError", "second", 2)
    assert "n is too small" in error["message"]
    by_node = {(n["node_key"], n["attempt"]): n["status"] for n in run["nodes"]}
    assert by_node == {
        ("start", 1): "completed",
        ("first", 1): "completed",
        ("second", 1): "failed",
        ("second", 2): "failed",
        ("third", 1): "skipped",
    }
    logs = (await editor.get(f"/executions/{run['id']}/logs")).json()["items"]
    assert [(line["node_key"], line["level"], line["message"], line["data"]) for line in logs] == [
        ("first", "warning", "hello 0", {"n": 0})
    ]
    quiet = (await editor.get(f"/executions/{run['id']}/logs", params={"level": "error"})).json()
    assert quiet["items"] == []


async def test_a_run_goes_on_from_where_it_failed_with_edited_inputs(editor: Api) -> None:
    first = await ended(
        editor, await started(editor, await published(editor, failing_graph()), {"n": 0})
    )
    answer = await editor.post(
        f"/executions/{first['id']}/retry", json={"from_node": "second", "inputs": {"n": 5}}
    )
    assert answer.status_code == 202
    run = await ended(editor, answer.json()["id"])
    assert (run["status"], run["output"], run["retry_of"]) == (
        "completed",
        {"third": 5},
        first["id"],
    )
    reasons = {node["node_key"]: node["reason"] for node in run["nodes"]}
    assert reasons["first"] == "reused"
    logs = (await editor.get(f"/executions/{run['id']}/logs")).json()["items"]
    assert logs == [], "what was reused did not run"
    unknown = await editor.post(f"/executions/{first['id']}/retry", json={"from_node": "nothing"})
    assert unknown.status_code == 422


async def test_cancel_and_terminate(editor: Api) -> None:
    workflow_id = await published(editor, waiting_graph())
    first, second = await started(editor, workflow_id), await started(editor, workflow_id)
    early = await editor.post(f"/executions/{first}/retry")
    assert (early.status_code, early.json()["code"]) == (409, "EXECUTION_NOT_ENDED")
    assert (await editor.post(f"/executions/{first}/cancel")).status_code == 202
    run = await ended(editor, first)
    assert run["status"] == "cancelled"
    assert {n["node_key"]: n["status"] for n in run["nodes"]} == {
        "start": "completed",
        "pause": "cancelled",
        "after": "skipped",
    }
    await editor.post(f"/executions/{second}/terminate", json={"reason": "enough"})
    stopped = await ended(editor, second)
    assert (stopped["status"], stopped["error"]["message"]) == ("cancelled", "enough")
    assert (await editor.post(f"/executions/{second}/cancel")).status_code == 202, "no error later"


async def test_lists_are_filtered_and_paged(editor: Api) -> None:
    workflow_id = await published(editor, adapter_graph())
    tag = uuid4().hex
    ids = [await started(editor, workflow_id, {"n": n}, tags=[tag]) for n in range(5)]
    for execution_id in ids:
        await ended(editor, execution_id)
    seen: list[str] = []
    params: dict[str, Any] = {"tag": tag, "status": "completed", "limit": 2}
    while True:
        page = (await editor.get("/executions", params=params)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == ids[::-1]
    for sort in ("started_at", "-ended_at", "created_at"):
        found = await editor.get("/executions", params={"tag": tag, "sort": sort, "limit": 3})
        cursor = found.json()["next_cursor"]
        rest = await editor.get("/executions", params={"tag": tag, "sort": sort, "cursor": cursor})
        both = [row["id"] for row in found.json()["items"] + rest.json()["items"]]
        assert sorted(both) == sorted(ids)
    assert (await editor.get("/executions", params={"tag": tag, "status": "failed"})).json()[
        "items"
    ] == []
    altered = await editor.get("/executions", params={"cursor": page["items"][0]["id"]})
    assert (altered.status_code, altered.json()["code"]) == (422, "INVALID_CURSOR")
    figures = (await editor.get(f"/workflows/{workflow_id}/statistics")).json()
    assert (figures["total"], figures["by_status"], figures["success_rate"]) == (
        5,
        {"completed": 5},
        1.0,
    )


@pytest.fixture
async def newcomer(app: FastAPI) -> AsyncIterator[Api]:
    """Somebody who has nothing yet."""
    _, token = await new_account(app, Role.EDITOR)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        yield client


async def test_a_run_keeps_its_graph_whatever_becomes_of_its_workflow(
    editor: Api, stranger: Api
) -> None:
    workflow_id = await published(editor, failing_graph())
    first = await started(editor, workflow_id, {"n": 1})
    version = (await editor.get(f"/workflows/{workflow_id}/versions/1")).json()
    kept, path = {"graph": version["graph"]}, f"/executions/{first}/graph"
    assert (await editor.get(path)).json() == kept
    node = {"key": "third", "type": "adapter", "config": {"output": 3}}
    await editor.put(f"/workflows/{workflow_id}/nodes/third", json=node)
    newer = await editor.post(f"/workflows/{workflow_id}/publish")
    assert newer.json()["version"] == 2
    second = await started(editor, workflow_id, {"n": 1})
    changed = (await editor.get(f"/executions/{second}/graph")).json()["graph"]
    assert changed["nodes"][3]["config"] == {"output": 3}
    assert (await editor.get(path)).json() == kept
    assert (await editor.delete(f"/workflows/{workflow_id}")).status_code == 204
    assert (await editor.get(path)).json() == kept
    theirs, nothing = await stranger.get(path), await stranger.get(f"/executions/{uuid4()}/graph")
    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert theirs.json()["code"] == nothing.json()["code"]


async def test_a_run_is_called_as_its_workflow_is_now(newcomer: Api) -> None:
    workflow_id = await published(newcomer, adapter_graph("first name"))
    execution_id = await started(newcomer, workflow_id, {"n": 1})

    async def names() -> list[str]:
        detail = (await newcomer.get(f"/executions/{execution_id}")).json()
        rows = (await newcomer.get("/executions")).json()["items"]
        return [detail["workflow_name"], *(row["workflow_name"] for row in rows)]

    assert await names() == ["first name", "first name"]
    renamed = await newcomer.patch(f"/workflows/{workflow_id}", json={"name": "second name"})
    assert renamed.status_code == 200, renamed.text
    assert await names() == ["second name", "second name"]
    assert (await newcomer.delete(f"/workflows/{workflow_id}")).status_code == 204
    assert await names() == ["second name", "second name"]


@pytest.mark.parametrize("hours", [1, 24, 24 * 366])
async def test_parts_of_the_window_hold_every_run_of_it_once(
    app: FastAPI, newcomer: Api, hours: int
) -> None:
    part = timedelta(hours=hours) / 24
    good, bad = await published(newcomer, adapter_graph()), await published(newcomer, broken())
    # Before now, in parts of the window; the last one is out of it.
    ages = {0.5: good, 0.6: bad, 5.5: good, 5.6: good, 23.5: bad, 24.5: good}
    now = datetime.now(UTC)
    for age, workflow_id in ages.items():
        execution_id = await started(newcomer, workflow_id, {"n": 0})
        await ended(newcomer, execution_id)
        row = WorkflowExecution
        statement = update(row).where(row.id == execution_id).values(created_at=now - age * part)
        async with app.state.sessions.begin() as session:
            await session.execute(statement)
    before = datetime.now(UTC)
    answer = await newcomer.get("/executions/statistics", params={"window_hours": hours})
    found, after = answer.json(), datetime.now(UTC)
    starts = [datetime.fromisoformat(bucket["start"]) for bucket in found["buckets"]]
    assert [start - starts[0] for start in starts] == [part * number for number in range(24)]
    assert before <= starts[-1] + part <= after, "the last part ends now"
    counts = [bucket["by_status"] for bucket in found["buckets"]]
    wanted: list[dict[str, int]] = [{} for _ in range(24)]
    wanted[0], wanted[18] = {"failed": 1}, {"completed": 2}
    wanted[23] = {"completed": 1, "failed": 1}
    assert counts == wanted
    assert sum(map(Counter, counts), Counter()) == found["by_status"]
    assert (found["total"], found["success_rate"]) == (5, 0.6)
    one = await newcomer.get(f"/workflows/{bad}/statistics", params={"window_hours": hours})
    figures = one.json()
    assert figures["by_status"] == {"failed": 2}
    assert [bucket["by_status"] for bucket in figures["buckets"]] == [
        {name: count for name, count in each.items() if name == "failed"} for each in wanted
    ]


async def test_an_account_without_runs_has_empty_figures(newcomer: Api) -> None:
    found = (await newcomer.get("/executions/statistics")).json()
    assert [bucket.pop("by_status") for bucket in found.pop("buckets")] == [{}] * 24
    assert found == {
        "window_hours": 24,
        "total": 0,
        "by_status": {},
        "success_rate": None,
        "duration_p50_ms": None,
        "duration_p95_ms": None,
    }


def broken() -> dict[str, Any]:
    """Fails at once."""
    return adapter_graph(output="{{ input.nothing }}")


async def test_a_rebuild_gives_identical_rows(editor: Api) -> None:
    run = await ended(
        editor, await started(editor, await published(editor, failing_graph()), {"n": 0})
    )
    assert (await editor.post(f"/executions/{run['id']}/rebuild")).status_code == 200
    again = (await editor.get(f"/executions/{run['id']}")).json()
    assert again == run


async def read_events(
    client: httpx.AsyncClient, execution_id: str, last_id: str | None = None
) -> AsyncIterator[tuple[str, str, Any]]:
    """(id, kind, data) of a run's server-sent events."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    fields: dict[str, str] = {}
    path = f"/executions/{execution_id}/events"
    async with client.stream("GET", path, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.strip()
            elif "data" in fields:
                yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
                if fields["event"] == "end":
                    return
            if not line:
                fields = {}


async def test_events_resume_without_a_gap_or_a_repeat(editor: Api) -> None:
    run = await ended(
        editor, await started(editor, await published(editor, failing_graph()), {"n": 0})
    )
    whole = [event async for event in read_events(editor, run["id"])]
    assert whole[-1][1] == "end"
    kinds = [kind for _, kind, _ in whole]
    assert kinds.count("log") == 1
    assert kinds.count("node") >= 5
    resumable = [cut for cut, (identity, _, _) in enumerate(whole[:-1]) if identity]
    assert len(resumable) >= 3
    for cut in resumable:
        rest = [event async for event in read_events(editor, run["id"], whole[cut][0])]
        assert rest == whole[cut + 1 :]


async def test_lines_are_seen_while_their_tool_runs(editor: Api) -> None:
    code = (
        "import time\ndef main():\n    for n in range(3):\n        print('line', n)\n"
        "    time.sleep(6)\n    print('last')"
    )
    document = adapter_graph()
    document["nodes"][1] = {
        "key": "next",
        "type": "tool",
        "config": {"kind": "python", "code": code},
    }
    execution_id = await started(editor, await published(editor, document))
    async with asyncio.timeout(30):
        while True:
            early = (await editor.get(f"/executions/{execution_id}/logs")).json()["items"]
            if early:
                break
            await asyncio.sleep(0.1)
    run = (await editor.get(f"/executions/{execution_id}")).json()
    assert run["status"] == "running"
    assert [line["message"] for line in early] == ["line 0", "line 1", "line 2"]
    await ended(editor, execution_id)
    whole = (await editor.get(f"/executions/{execution_id}/logs")).json()["items"]
    assert whole[:3] == early, "each line once, as it was first seen"
    assert [line["message"] for line in whole] == ["line 0", "line 1", "line 2", "last"]


async def test_events_of_others_are_not_there(editor: Api, stranger: Api) -> None:
    run = await started(editor, await published(editor, adapter_graph()), {"n": 1})
    answer = await stranger.get(f"/executions/{run}/events")
    assert answer.status_code == 404


async def test_a_large_result_is_an_artifact_that_only_its_owner_reads(
    app: FastAPI, editor: Api, stranger: Api
) -> None:
    code = "def main():\n    return 'x' * 300_000"
    document = adapter_graph()
    document["nodes"][1] = {
        "key": "next",
        "type": "tool",
        "config": {"kind": "python", "code": code},
    }
    run = await ended(editor, await started(editor, await published(editor, document)))
    artifact = run["output"]["next"]["$artifact"]
    assert artifact["size"] == 300_002
    path = f"/artifacts/{artifact['id']}"
    whole = await editor.get(path)
    assert json.loads(whole.content) == "x" * 300_000
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await editor.get(path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b'"xxx')
    assert part.headers["content-range"] == "bytes 0-3/300002"
    tail = await editor.get(path, headers={"Range": "bytes=-2"})
    assert tail.content == b'x"'
    beyond = await editor.get(path, headers={"Range": "bytes=300002-"})
    assert beyond.status_code == 416
    same = await editor.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert same.status_code == 304
    head = await editor.head(path)
    assert (head.status_code, head.headers["content-length"]) == (200, "300002")
    assert (await stranger.get(path)).status_code == 404
    for wrong in ("x", "../../etc/passwd", f"{uuid4()}.{'0' * 32}", f"{run['id']}.{'0' * 32}"):
        assert (await editor.get(f"/artifacts/{wrong}")).status_code == 404
    async with client_of(app) as nobody:
        assert (await nobody.get(path)).status_code == 401
