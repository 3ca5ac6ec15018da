"""Runs without a graph of their own: agents below workflows, and workflows below conversations."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from tests.api.fixtures import Api, adapter_graph, ended, published, started


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model(Script()) as server:
        yield server


def settings(model: ScriptedModel, **more: Any) -> dict[str, Any]:
    base = {"provider": "openai_compatible", "model": "scripted-1", "base_url": f"{model.url}/v1"}
    return base | more


async def below(client: Api, execution_id: str) -> list[dict[str, Any]]:
    listed = await client.get("/executions", params={"parent": execution_id})
    assert listed.status_code == 200, listed.text
    return list(listed.json()["items"])


async def test_an_agent_below_a_workflow_has_no_graph_and_is_not_retried(
    editor: Api, stranger: Api, model: ScriptedModel
) -> None:
    called = adapter_graph()
    await published(editor, called)
    flow = await published(
        editor,
        {
            "name": f"above {uuid4().hex}",
            "nodes": [
                {"key": "start", "type": "trigger"},
                {"key": "ask", "type": "agent", "config": settings(model, prompt="Hi")},
                {
                    "key": "call",
                    "type": "workflow",
                    "config": {"workflow": called["name"]},
                    "inputs": {"n": 1},
                },
            ],
            "edges": [{"source": "start", "target": "ask"}, {"source": "ask", "target": "call"}],
        },
    )
    run = await ended(editor, await started(editor, flow))
    assert run["status"] == "completed", run["error"]
    found = {row["parent_node_key"]: row for row in await below(editor, run["id"])}
    assert set(found) == {"ask", "call"}
    assert await below(stranger, run["id"]) == []
    graphs = {
        key: (await editor.get(f"/executions/{row['id']}/graph")).json()["graph"]
        for key, row in found.items()
    }
    assert graphs["ask"] is None
    assert graphs["call"]["name"] == called["name"]
    above = (await editor.get(f"/executions/{run['id']}/graph")).json()["graph"]
    assert [node["key"] for node in above["nodes"]] == ["start", "ask", "call"]
    refused = await editor.post(f"/executions/{found['ask']['id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "EXECUTION_WITHOUT_WORKFLOW")
    assert run["id"] in refused.json()["detail"]
    again = await editor.post(f"/executions/{found['call']['id']}/retry")
    assert again.status_code == 202


async def test_what_runs_below_a_conversation_is_listed_by_it(
    editor: Api, model: ScriptedModel
) -> None:
    called = adapter_graph()
    await published(editor, called)
    helper = {"name": f"helper {uuid4().hex}", "config": settings(model)}
    assert (await editor.post("/agents", json=helper)).status_code == 201
    tools = [
        {"name": "add", "workflow": called["name"]},
        {"name": "ask", "agent": helper["name"]},
    ]
    made = await editor.post(
        "/agents", json={"name": f"chief {uuid4().hex}", "config": settings(model, tools=tools)}
    )
    assert made.status_code == 201, made.text
    calls = [
        {"name": "add", "arguments": {"n": 1}},
        {"name": "ask", "arguments": {"prompt": "Say yes."}},
    ]
    model.script = Script.model_validate(
        {
            "rules": [
                {"when": {"last": "Say yes"}, "reply": "Yes."},
                {"when": {"turn": 1}, "reply": {"tool_calls": calls}},
            ],
            "default": "Both are done.",
        }
    )
    body = {"message": "Go"}
    chat = (await editor.post(f"/agents/{made.json()['id']}/chat", json=body)).json()
    chat_id = chat["conversation_id"]
    assert (await editor.post(f"/conversations/{chat_id}/close")).status_code == 202
    run = await ended(editor, chat_id)
    assert run["output"]["text"] == "Both are done.", run
    found = {row["parent_node_key"]: row for row in await below(editor, chat_id)}
    assert set(found) == {"call_1_1", "call_1_2"}
    flow, agent = found["call_1_1"], found["call_1_2"]
    assert (flow["workflow_name"], flow["agent_id"]) == (called["name"], None)
    assert (agent["workflow_id"], agent["agent_name"]) == (None, helper["name"])
    graph = (await editor.get(f"/executions/{flow['id']}/graph")).json()["graph"]
    assert graph["name"] == called["name"]
    assert (await editor.get(f"/executions/{agent['id']}/graph")).json() == {"graph": None}
    listed = (await editor.get("/executions", params={"limit": 100})).json()["items"]
    ids = {row["id"] for row in listed}
    assert flow["id"] in ids
    assert not {agent["id"], chat_id} & ids
    named = (
        await editor.get("/executions", params={"trigger": "chat", "text": made.json()["name"]})
    ).json()["items"]
    assert [row["id"] for row in named] == [chat_id]
