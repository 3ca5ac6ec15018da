"""Runs whose payloads are encrypted, seen through the API: the same rows as without."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from activities.context import ToolContext
from models.enums import ToolType
from models.graph.values import Json
from tests.api.fixtures import Api, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate

MARK = f"marker{uuid4().hex}"
# What differs between any two runs.
OWN = {
    *("id", "workflow_id", "execution_id", "node_execution_id", "temporal", "usage", "links"),
    *("started_at", "ended_at", "created_at", "updated_at", "timestamp", "until", "url"),
    *("temporal_workflow_id", "temporal_run_id", "run_id", "parent_execution_id", "children"),
    *("retry_of", "duration_ms", "scheduled_event_id"),
}


def python(code: str) -> dict[str, Any]:
    return {"kind": "python", "code": code}


SAYS = "def main(x):\n    print('line', x)\n    return {'got': x}"
FAILS = f"def main():\n    raise ValueError('bad {MARK}')"


def inner(name: str) -> dict[str, Any]:
    failing = {"key": "deep", "type": "tool", "config": python(FAILS), "retry": {"max_attempts": 1}}
    return {
        "name": name,
        "nodes": [{"key": "start", "type": "trigger"}, failing],
        "edges": [{"source": "start", "target": "deep"}],
    }


def everything(name: str, called: str) -> dict[str, Any]:
    once = {"retry": {"max_attempts": 1}}
    twice = {"retry": {"max_attempts": 2, "initial_interval": 0.05}}
    nodes: list[dict[str, Any]] = [
        {"key": "say", "name": f"Says {MARK}", "type": "tool", "config": python(SAYS), "inputs": {"x": "{{ input.x }}"}},
        {"key": "fails", "type": "tool", "config": python(FAILS), "on_error": "continue", **twice},
        {"key": "reads", "type": "adapter", "config": {"output": f"{{{{ input.{MARK} }}}}"}, "on_error": "continue"},
        {"key": "wait", "type": "delay", "config": {"seconds": 0.05}},
        {"key": "each", "type": "parallel", "config": {"items": [MARK, MARK]}},
        {"key": "in_each", "type": "adapter", "parent": "each", "config": {"output": "{{ item }}"}},
        {"key": "call", "type": "workflow", "config": {"workflow": called}, "on_error": "continue", **once},
        {"key": "join", "type": "aggregator", "config": {"merge": "list"}},
    ]  # fmt: skip
    edges = [{"source": "start", "target": n["key"]} for n in nodes if "parent" not in n][:-1]
    edges += [{"source": key, "target": "join"} for key in ("say", "each")]
    return {"name": name, "nodes": [{"key": "start", "type": "trigger"}, *nodes], "edges": edges}


@asynccontextmanager
async def stack(
    new_database: NewDatabase, address: str, folder: Path, *, encrypt: bool
) -> AsyncIterator[Stack]:
    url = await new_database()
    await migrate(url)
    made = Stack(settings_for(url, address, folder, encrypt_payloads=encrypt))
    async with made.serving(), made.worker():
        yield made


async def seen(client: Api) -> dict[str, Any]:
    """What the API tells of a run of everything: rows, lines, and the run inside."""
    await published(client, inner("inner"))
    flow = await published(client, everything("everything", "inner"))
    run = await started(client, flow, {"x": MARK})
    found = await ended(client, run, 60)
    executions = (await client.get("/executions")).json()["items"]
    child = next(each["id"] for each in executions if each["id"] != run)
    await ended(client, child)
    told: dict[str, Any] = {"run": found}
    for name in (run, child):
        side = "outer" if name == run else "inner"
        for part in ("nodes", "logs"):
            page = (await client.get(f"/executions/{name}/{part}?limit=100")).json()["items"]
            told[f"{side} {part}"] = sorted(map(_plain, page))
    told["run"] = json.loads(_plain({**found, "nodes": sorted(map(_plain, found["nodes"]))}))
    events = (await client.get(f"/executions/{run}/events")).text
    told["kinds of events"] = sorted({line for line in events.splitlines() if "event:" in line})
    return told


def _of_ours(history: str) -> str:
    """Without what the SDK itself notes beside a local activity, which holds no values."""
    events = json.loads(history)["events"]
    for event in events:
        details = event.get("markerRecordedEventAttributes", {}).get("details", {})
        details.pop("data", None)
    return json.dumps(events)


def _plain(row: Any) -> str:
    return json.dumps(_without(row), sort_keys=True)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key not in OWN}
    return [_without(item) for item in value] if isinstance(value, list) else value


@pytest.mark.slow
async def test_the_mirror_shows_the_same_of_an_encrypted_run(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    found = []
    for encrypt in (False, True):
        folder = tmp_path / str(encrypt)
        async with (
            stack(new_database, temporal_address, folder, encrypt=encrypt) as made,
            made.signed_in() as client,
        ):
            found.append(await seen(client))
    assert MARK in json.dumps(found[1]["outer logs"])
    assert f"bad {MARK}" in json.dumps(found[1]["inner nodes"])
    assert found[0] == found[1]


async def test_live_lines_tries_cancels_and_histories_work_encrypted(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    slow = f"import time\ndef main():\n    print('{MARK}', flush=True)\n    time.sleep(60)"
    async with (
        stack(new_database, temporal_address, tmp_path, encrypt=True) as made,
        made.signed_in() as client,
    ):
        tried = await client.post(
            "/tools/test", json={"config": python(SAYS), "inputs": {"x": MARK}}
        )
        assert tried.json()["output"] == {"got": MARK}
        failed = await client.post("/tools/test", json={"config": python(FAILS)})
        assert MARK in failed.json()["error"]["message"]
        flow = {
            "name": "slow",
            "nodes": [
                {"key": "start", "type": "trigger"},
                {"key": "slow", "type": "tool", "config": python(slow)},
            ],
            "edges": [{"source": "start", "target": "slow"}],
        }
        run = await started(client, await published(client, flow))
        async with asyncio.timeout(30):
            while MARK not in (await client.get(f"/executions/{run}/logs")).text:
                await asyncio.sleep(0.1)
        history = (await client.get(f"/executions/{run}/history")).text
        assert b64encode(b"binary/encrypted").decode() in history, "it is what Temporal has"
        assert b64encode(b"json/plain").decode() not in _of_ours(history)
        await client.post(f"/executions/{run}/cancel")
        assert (await ended(client, run))["status"] == "cancelled"
        again = await client.post(f"/executions/{run}/retry")
        assert again.status_code == 202, again.text
        await client.post(f"/executions/{again.json()['id']}/terminate")
        assert (await ended(client, again.json()["id"]))["status"] == "cancelled"
        rebuilt = await client.post(f"/executions/{run}/rebuild")
        assert rebuilt.status_code < 300, rebuilt.text


@pytest.mark.parametrize("encrypt", [False, True])
async def test_a_nul_in_a_line_keeps_no_run_from_its_end(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path, encrypt: bool
) -> None:
    async def logs(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        context.log("line", data={"nul": "a\x00b"})
        await asyncio.sleep(1)
        return 1

    url = await new_database()
    await migrate(url)
    made = Stack(settings_for(url, temporal_address, tmp_path, encrypt_payloads=encrypt))
    tool = {"key": "t", "type": "tool", "config": {"kind": "python", "code": "-"}}
    flow = {
        "name": "nul",
        "nodes": [{"key": "start", "type": "trigger"}, tool],
        "edges": [{"source": "start", "target": "t"}],
    }
    async with (
        made.serving(),
        made.worker(tools={ToolType.PYTHON: logs}),
        made.signed_in() as client,
    ):
        run = await started(client, await published(client, flow))
        assert (await ended(client, run, 8))["status"] == "completed"
