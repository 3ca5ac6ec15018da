"""Sensitive calls of agents, and the people who allow them, through the API."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.audit import AuditEntry
from tests.api.executions.test_executions import read_events
from tests.api.fixtures import Api, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate

CODE = "def main(symbol):\n    return {'bought': symbol}"
ORDER: dict[str, Any] = {
    "name": "order",
    "description": "Buys shares.",
    "config": {"kind": "python", "code": CODE},
    "input_schema": {"type": "object", "properties": {"symbol": {"type": "string"}}},
    "sensitive": True,
}


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    call = {"name": "order", "arguments": {"symbol": "MSFT"}}
    async with scripted_model(Script.model_validate({"turns": [{"tool_calls": [call]}]})) as server:
        yield server


def graph(url: str, **tool: Any) -> dict[str, Any]:
    """A trigger and an agent that may order when somebody lets it."""
    agent = {
        "provider": "openai_compatible",
        "model": "scripted-1",
        "base_url": f"{url}/v1",
        "prompt": "Buy Microsoft.",
        "tools": [ORDER | tool],
    }
    return {
        "name": f"orders {uuid4().hex}",
        "output": "{{ nodes.ask.output }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "ask", "type": "agent", "config": agent},
        ],
        "edges": [{"source": "start", "target": "ask"}],
    }


async def asking(client: Api, model: ScriptedModel, **tool: Any) -> tuple[str, dict[str, Any]]:
    """Id of a run, and the approval that it waits for."""
    run = await started(client, await published(client, graph(model.url, **tool)))
    return run, await asked_by(client, run)


async def asked_by(client: Api, run: str) -> dict[str, Any]:
    """The approval that a run's agent waits for."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.get("/approvals", params={"status": "pending", "limit": 100})
            assert answer.status_code == 200, answer.text
            for each in answer.json()["items"]:
                if each["parent_execution_id"] == run:
                    return dict(each)
            await asyncio.sleep(0.05)


async def decide(client: Api, approval: dict[str, Any], approve: bool, **more: Any) -> Any:
    """The answer to a decision."""
    body = {"approve": approve, **more}
    return await client.post(f"/approvals/{approval['id']}/decision", json=body)


async def settled(client: Api, approval: dict[str, Any]) -> dict[str, Any]:
    """The approval once its row shows the decision."""
    async with asyncio.timeout(30):
        while True:
            found = (await client.get(f"/approvals/{approval['id']}")).json()
            if found["status"] != "pending":
                return dict(found)
            await asyncio.sleep(0.05)


async def calls_of(client: Api, approval: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the agent's calls."""
    child = (await client.get(f"/executions/{approval['execution_id']}")).json()
    return [node for node in child["nodes"] if node["node_key"].startswith("call_")]


async def test_an_approved_call_runs_once(editor: Api, model: ScriptedModel, app: FastAPI) -> None:
    run, asked = await asking(editor, model)
    assert (asked["title"], asked["node_key"], asked["path"]) == ("order", "call_1_1", "")
    assert asked["request"] == {"tool": "order", "arguments": {"symbol": "MSFT"}}
    (row,) = await calls_of(editor, asked)
    assert (row["status"], row["name"], row["input"]) == ("waiting", "order", {"symbol": "MSFT"})
    child = (await editor.get(f"/executions/{asked['execution_id']}")).json()
    assert child["status"] == "waiting"

    answer = await decide(editor, asked, True, comment="go on")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], told["comment"]) == ("approved", "go on")
    found = await ended(editor, run)
    assert found["status"] == "completed", found["error"]
    (done,) = await calls_of(editor, asked)
    assert (done["id"], done["status"], done["attempt"]) == (row["id"], "completed", 1)
    assert done["output"] == {"bought": "MSFT"}

    shown = await settled(editor, asked)
    same = ("id", "status", "comment", "decided_by", "decided_by_email", "request", "expires_at")
    assert {name: shown[name] for name in same} == {name: told[name] for name in same}
    assert shown["decided_by_email"].endswith("@example.org")
    async with app.state.sessions() as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.resource == asked["id"]))
    assert entry is not None
    assert (entry.action, str(entry.actor_id)) == ("approval.approve", told["decided_by"])
    assert (await editor.post(f"/executions/{asked['execution_id']}/rebuild")).status_code == 200
    assert (await editor.get(f"/approvals/{asked['id']}")).json() == shown


async def test_of_twenty_decisions_one_counts(editor: Api, model: ScriptedModel) -> None:
    run, asked = await asking(editor, model)
    answers = await asyncio.gather(*(decide(editor, asked, n % 2 == 0) for n in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"ALREADY_DECIDED"}
    (taken,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await ended(editor, run))["status"] == "completed"
    shown = await settled(editor, asked)
    assert shown["status"] == taken["status"]
    calls = await calls_of(editor, asked)
    wanted = "completed" if shown["status"] == "approved" else "skipped"
    assert [call["status"] for call in calls] == [wanted]
    late = await decide(editor, asked, True)
    assert late.status_code == 409
    assert late.json()["decision"]["decided_by_email"] == taken["decided_by_email"]
    assert taken["decided_by_email"] in late.json()["detail"]


async def test_the_model_is_told_of_a_rejection(editor: Api, model: ScriptedModel) -> None:
    run, asked = await asking(editor, model)
    told = (await decide(editor, asked, False, comment="too dear")).json()
    assert told["status"] == "rejected"
    assert (await ended(editor, run))["status"] == "completed"
    (call,) = await calls_of(editor, asked)
    assert (call["status"], call["reason"]) == ("skipped", "rejected: too dear")
    heard = json.dumps(model.ledger.requests[-1].body)
    assert "Rejected" in heard
    assert "too dear" in heard


async def test_nobody_decides_in_time(editor: Api, model: ScriptedModel) -> None:
    run, asked = await asking(editor, model, approval_seconds=1.5)
    assert (await ended(editor, run))["status"] == "completed"
    shown = await settled(editor, asked)
    assert (shown["status"], shown["decided_by"]) == ("expired", None)
    (call,) = await calls_of(editor, asked)
    assert (call["status"], call["reason"]) == ("skipped", "expired")
    late = await decide(editor, asked, True)
    assert (late.status_code, late.json()["code"]) == (409, "ALREADY_DECIDED")
    assert "in time" in late.json()["detail"]


async def test_a_cancelled_run_asks_no_more(editor: Api, model: ScriptedModel) -> None:
    run, asked = await asking(editor, model)
    assert (await editor.post(f"/executions/{run}/cancel")).status_code == 202
    assert (await ended(editor, run))["status"] == "cancelled"
    assert (await settled(editor, asked))["status"] == "cancelled"
    assert (await decide(editor, asked, True)).status_code == 409


async def test_without_assignees_only_the_owner_decides(
    editor: Api, stranger: Api, viewer: Api, anonymous: Api, model: ScriptedModel
) -> None:
    run, asked = await asking(editor, model)
    path = f"/approvals/{asked['id']}"
    for client, code in ((stranger, 404), (viewer, 404), (anonymous, 401)):
        assert (await client.get(path)).status_code == code
    for client, code in ((stranger, 404), (viewer, 404), (anonymous, 401)):
        assert (await decide(client, asked, True)).status_code == code
    assert (await stranger.get("/approvals")).json()["items"] == []
    assert (await decide(editor, {"id": uuid4()}, True)).status_code == 404
    for body in ({}, {"approve": None}, {"approve": True, "comment": "x" * 2_001}, {"ok": True}):
        answer = await editor.post(f"{path}/decision", json=body)
        assert answer.status_code == 422, body
    assert (await current(editor, asked))["status"] == "pending"
    assert (await decide(editor, asked, False)).status_code == 200
    await ended(editor, run)


async def current(client: Api, approval: dict[str, Any]) -> dict[str, Any]:
    """The approval as it is now."""
    return dict((await client.get(f"/approvals/{approval['id']}")).json())


async def test_a_list_goes_on_where_it_stopped(editor: Api, model: ScriptedModel) -> None:
    runs = [await asking(editor, model) for _ in range(3)]
    wanted = [asked["id"] for _, asked in runs][::-1]
    found: list[str] = []
    cursor = None
    while len(found) < 3:
        params = {"status": "pending", "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await editor.get("/approvals", params=params)).json()
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert found == wanted
    one = await editor.get("/approvals", params={"execution_id": runs[0][1]["execution_id"]})
    assert [each["id"] for each in one.json()["items"]] == [wanted[-1]]
    assert (await editor.get("/approvals", params={"status": "maybe"})).status_code == 422
    assert (await editor.get("/approvals", params={"cursor": "nonsense"})).status_code == 422
    for run, asked in runs:
        await decide(editor, asked, False)
        await ended(editor, run)


async def test_followers_hear_of_questions_and_answers(editor: Api, model: ScriptedModel) -> None:
    run, asked = await asking(editor, model)

    async def follow() -> list[tuple[str, str, Any]]:
        return [event async for event in read_events(editor, asked["execution_id"])]

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.5)
    await decide(editor, asked, True)
    await ended(editor, run)
    heard = await asyncio.wait_for(following, 10)
    states = [data["status"] for _, kind, data in heard if kind == "approval"]
    assert states == ["pending", "approved"]
    last = await settled(editor, asked)
    whole = [event async for event in read_events(editor, asked["execution_id"])]
    assert [data for _, kind, data in whole if kind == "approval"] == [last]
    place = next(n for n, (_, kind, _) in enumerate(whole) if kind == "approval")
    for cut, wanted in ((place - 1, 1), (place + 1, 0)):
        again = [event async for event in read_events(editor, asked["execution_id"], whole[cut][0])]
        assert [kind for _, kind, _ in again].count("approval") == wanted


@pytest.fixture
async def url(new_database: NewDatabase) -> str:
    made = await new_database()
    await migrate(made)
    return made


async def test_workers_and_apis_come_and_go_while_somebody_thinks(
    url: str, temporal_address: str, tmp_path: Path, model: ScriptedModel
) -> None:
    settings = settings_for(url, temporal_address, tmp_path)
    first = Stack(settings)
    async with first.signed_in() as client:
        async with first.serving(), first.worker():
            run, asked = await asking(client, model)
        token = client.headers["Authorization"]
    second = Stack(settings)
    second.queue = second.app.state.engine._task_queue = first.queue
    async with second.serving(), second.signed_in() as client:
        client.headers["Authorization"] = token
        away = await decide(client, asked, True)
        assert (away.status_code, away.json()["code"]) == (503, "TEMPORAL_UNAVAILABLE")
        assert (await current(client, asked))["status"] == "pending"
        async with second.worker():
            # The first may have been taken meanwhile.
            assert (await decide(client, asked, True)).status_code in (200, 409)
            assert (await ended(client, run))["status"] == "completed"
            assert (await settled(client, asked))["status"] == "approved"
            assert [each["status"] for each in await calls_of(client, asked)] == ["completed"]


async def test_without_temporal_nothing_is_decided(
    url: str, temporal_address: str, tmp_path: Path, model: ScriptedModel
) -> None:
    settings = settings_for(url, temporal_address, tmp_path)
    alone = Stack(settings.model_copy(update={"temporal_address": "127.0.0.1:1"}))
    stack = Stack(settings)
    async with stack.serving(), stack.worker(), stack.signed_in() as client:
        run, asked = await asking(client, model)
        async with alone.signed_in() as other:
            other.headers["Authorization"] = client.headers["Authorization"]
            away = await decide(other, asked, True)
        assert (away.status_code, away.json()["code"]) == (503, "TEMPORAL_UNAVAILABLE")
        assert (await current(client, asked))["status"] == "pending"
        assert (await decide(client, asked, True)).status_code == 200
        assert (await ended(client, run))["status"] == "completed"
