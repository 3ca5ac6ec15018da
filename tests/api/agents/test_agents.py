"""Agents in graphs, through the API, with a model that follows a script."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from tests.api.fixtures import Api, ended, published, started

KEY = "sk-canary-of-agents-1f6c"
PRICES = {
    "name": "prices",
    "description": "The last price of a symbol.",
    "config": {
        "kind": "python",
        "code": "def main(symbol):\n    return {'symbol': symbol, 'last': {'MSFT': 28.8}[symbol]}",
    },
    "input_schema": {
        "type": "object",
        "required": ["symbol"],
        "properties": {"symbol": {"type": "string"}},
        "additionalProperties": False,
    },
}


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model(Script()) as server:
        yield server


def graph(url: str, provider: str = "openai_compatible", **config: Any) -> dict[str, Any]:
    """A trigger and an agent with one tool."""
    base = url if provider == "anthropic" else f"{url}/v1"
    agent = {
        "provider": provider,
        "model": "scripted-1",
        "base_url": base,
        "system": "You know prices.",
        "prompt": "What is {{ input.symbol }} worth?",
        "tools": [PRICES],
        **config,
    }
    return {
        "name": f"agent {uuid4().hex}",
        "output": "{{ nodes.ask.output }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "ask", "type": "agent", "config": agent},
        ],
        "edges": [{"source": "start", "target": "ask"}],
    }


def calling(*symbols: Any) -> dict[str, Any]:
    """A reply that calls the tool for each symbol."""
    return {"tool_calls": [{"name": "prices", "arguments": {"symbol": each}} for each in symbols]}


async def run_of(client: Api, document: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The ended run of a graph."""
    workflow = await published(client, document)
    return await ended(client, await started(client, workflow, {"symbol": "MSFT", **given}), 60)


async def child_of(client: Api, run: dict[str, Any]) -> dict[str, Any]:
    """The agent's own execution."""
    return await ended(client, run["output"]["execution_id"])


async def test_the_conversation_is_kept_and_shown_to_its_owner(
    editor: Api, stranger: Api, model: ScriptedModel
) -> None:
    model.script = Script.model_validate({"turns": [calling("MSFT"), "It is worth 28.8."]})
    run = await run_of(editor, graph(model.url))
    path = f"/executions/{run['output']['execution_id']}/messages"
    found = (await editor.get(path)).json()["items"]
    assert [(each["seq"], each["role"]) for each in found] == [
        (1, "system"),
        (2, "user"),
        (3, "assistant"),
        (4, "tool"),
        (5, "assistant"),
    ]
    assert found[1]["content"] == "What is MSFT worth?"
    assert found[2]["tool_calls"][0]["name"] == "prices"
    assert found[3]["tool_call_id"] == found[2]["tool_calls"][0]["id"]
    assert found[4]["reply"]["usage"]["output"] > 0
    pages = await editor.get(path, params={"limit": 2})
    rest = await editor.get(path, params={"cursor": pages.json()["next_cursor"]})
    assert [each["seq"] for each in rest.json()["items"]] == [3, 4, 5]
    assert (await stranger.get(path)).status_code == 404
    assert (await editor.get(f"/executions/{run['id']}/messages")).json()["items"] == []


@pytest.mark.parametrize("provider", ["openai_compatible", "anthropic"])
async def test_an_agent_calls_a_tool_and_answers(
    editor: Api, model: ScriptedModel, provider: str
) -> None:
    model.script = Script.model_validate({"turns": [calling("MSFT"), "It is worth 28.8."]})
    run = await run_of(editor, graph(model.url, provider))
    assert run["status"] == "completed", run["error"]
    output = run["output"]
    assert (output["text"], output["ended"]) == ("It is worth 28.8.", "answer")
    assert (output["turns"], output["calls"]) == (2, 1)
    assert output["usage"]["tokens_in"] > 0
    child = await child_of(editor, run)
    rows = [(n["node_key"], n["name"], n["node_type"], n["status"]) for n in child["nodes"]]
    assert rows == [
        ("turn_1", "Turn 1", "agent", "completed"),
        ("call_1_1", "prices", "tool", "completed"),
        ("turn_2", "Turn 2", "agent", "completed"),
    ]
    call = child["nodes"][1]
    assert call["input"] == {"symbol": "MSFT"}
    assert call["output"] == {"symbol": "MSFT", "last": 28.8}
    assert child["nodes"][0]["usage"]["tokens_in"] > 0
    node = next(node for node in run["nodes"] if node["node_key"] == "ask")
    assert (node["node_type"], node["status"]) == ("agent", "completed")


async def test_calls_of_one_turn_run_side_by_side_and_their_faults_are_told(
    editor: Api, model: ScriptedModel
) -> None:
    wrong = {"name": "prices", "arguments": {"sybmol": "MSFT"}}
    unknown = {"name": "orders", "arguments": {}}
    broken = {"name": "prices", "arguments": "{not json"}
    good = {"name": "prices", "arguments": {"symbol": "MSFT"}}
    calls = {"tool_calls": [good, wrong, unknown, broken]}
    model.script = Script.model_validate({"turns": [calls, "Enough."]})
    run = await run_of(editor, graph(model.url))
    assert run["output"]["text"] == "Enough.", run["error"]
    child = await child_of(editor, run)
    ran = [node["node_key"] for node in child["nodes"] if node["node_type"] == "tool"]
    assert ran == ["call_1_1"], "what cannot be called is told to the model, not run"
    told = child["nodes"][-1]["input"]["messages"]
    assert [message["content"].get("error", {}).get("code") for message in told] == [
        None,
        "InvalidInput",
        "UnknownTool",
        "InvalidInput",
    ]


async def test_a_budget_ends_in_its_own_branch(editor: Api, model: ScriptedModel) -> None:
    model.script = Script.model_validate({"default": calling("MSFT")})
    document = graph(model.url, budgets={"max_turns": 3})
    document["output"] = None
    document["nodes"] += [
        {"key": "answered", "type": "adapter", "config": {"output": "answered"}},
        {"key": "spent", "type": "adapter", "config": {"output": "{{ nodes.ask.output }}"}},
    ]
    document["edges"] += [
        {"source": "ask", "target": "answered"},
        {"source": "ask", "target": "spent", "source_handle": "budget"},
    ]
    run = await run_of(editor, document)
    assert run["status"] == "completed", run["error"]
    assert list(run["output"]) == ["spent"]
    spent = run["output"]["spent"]
    assert (spent["ended"], spent["budget"], spent["turns"]) == ("budget", "turns", 3)


async def test_an_answer_in_json_satisfies_its_schema(editor: Api, model: ScriptedModel) -> None:
    schema = {
        "type": "object",
        "required": ["price"],
        "properties": {"price": {"type": "number"}},
        "additionalProperties": False,
    }
    model.script = Script.model_validate({"turns": ['{"price": "much"}', '{"price": 28.8}']})
    run = await run_of(editor, graph(model.url, output_schema=schema))
    assert run["output"]["value"] == {"price": 28.8}, run["error"]


async def test_an_overloaded_model_is_asked_again_and_a_refusal_is_not(
    editor: Api, model: ScriptedModel
) -> None:
    busy = {"fault": {"kind": "status", "status": 429, "retry_after": 0.1}}
    model.script = Script.model_validate(
        {"rules": [{"reply": busy, "times": 2}], "default": "At last."}
    )
    run = await run_of(editor, graph(model.url))
    assert run["output"]["text"] == "At last.", run["error"]
    refused = {"fault": {"kind": "status", "status": 400}}
    model.script = Script.model_validate({"default": refused})
    run = await run_of(editor, graph(model.url))
    assert (run["status"], run["error"]["code"]) == ("failed", "ModelRequestRefused")


async def test_the_key_is_a_secret_and_stays_one(editor: Api, model: ScriptedModel) -> None:
    name = f"K{uuid4().hex}"
    assert (await editor.put(f"/secrets/{name}", json={"value": KEY})).status_code == 201
    model.script = Script.model_validate({"key": KEY, "default": f"The key is {KEY}."})
    document = graph(model.url, api_key=f"{{{{ secrets.{name} }}}}")
    run = await run_of(editor, document)
    assert run["status"] == "completed", run["error"]
    child = await child_of(editor, run)
    for found in (run, child):
        assert KEY not in str(found)
    model.script = Script.model_validate({"key": "another-key"})
    run = await run_of(editor, document | {"name": f"agent {uuid4().hex}"})
    assert (run["status"], run["error"]["code"]) == ("failed", "ModelAuthFailed")


async def test_an_invented_reference_is_shown_and_not_followed(
    editor: Api, model: ScriptedModel
) -> None:
    code = "def main(symbol):\n    return {'$artifact': {'id': 'x', 'content_type': 'text/plain', 'size': 'much'}}"
    tool = PRICES | {"config": {"kind": "python", "code": code}}
    model.script = Script.model_validate({"turns": [calling("MSFT"), "Nothing."]})
    run = await run_of(editor, graph(model.url, tools=[tool]))
    assert run["output"]["text"] == "Nothing.", run["error"]
