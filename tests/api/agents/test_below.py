"""What agents call besides tools, and what they remember."""

from typing import Any
from uuid import uuid4

import pytest

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel
from tests.api.agents.test_agents import calling, child_of, graph, model, run_of
from tests.api.fixtures import Api, ended, published

__all__ = ["model"]


def calls(*wanted: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A reply that calls tools by name."""
    return {"tool_calls": [{"name": name, "arguments": given} for name, given in wanted]}


async def doubling(client: Api, name: str) -> None:
    """A published workflow that doubles a number."""
    schema = {
        "type": "object",
        "required": ["number"],
        "properties": {"number": {"type": "number"}},
        "additionalProperties": False,
    }
    document = {
        "name": name,
        "output": {"double": "{{ input.number * 2 }}"},
        "nodes": [{"key": "start", "type": "trigger", "config": {"input_schema": schema}}],
        "edges": [],
    }
    await published(client, document)


async def expert(client: Api, name: str, url: str, **settings: Any) -> dict[str, Any]:
    """A registered agent."""
    config = {
        "provider": "openai_compatible",
        "model": "scripted-1",
        "base_url": f"{url}/v1",
        "system": "You are the expert.",
        **settings,
    }
    answer = await client.post("/agents", json={"name": name, "config": config})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_workflow_is_a_tool_with_the_schema_of_its_trigger(
    editor: Api, model: ScriptedModel
) -> None:
    name = f"double {uuid4().hex}"
    await doubling(editor, name)
    asked = calls(("double", {"number": 21}), ("double", {"number": "many"}))
    model.script = Script.model_validate({"turns": [asked, "42."]})
    tool = {"name": "double", "workflow": name, "description": "Doubles."}
    run = await run_of(editor, graph(model.url, tools=[tool]))
    assert run["output"]["text"] == "42.", run["error"]
    child = await child_of(editor, run)
    rows = {node["node_key"]: node for node in child["nodes"]}
    assert "call_1_2" not in rows, "arguments that do not fit are told to the model"
    call = rows["call_1_1"]
    assert (call["node_type"], call["status"]) == ("workflow", "completed")
    assert call["output"] == {"double": 42}
    (below,) = (await editor.get("/executions", params={"parent": child["id"]})).json()["items"]
    assert (below["workflow_name"], below["parent_node_key"]) == (name, "call_1_1")
    offered = model.ledger.requests[0].body["tools"][0]["function"]["parameters"]
    assert offered["required"] == ["number"]


async def test_an_agent_hands_over_to_another_and_pays_for_it(
    editor: Api, model: ScriptedModel
) -> None:
    name = f"expert {uuid4().hex}"
    await expert(editor, name, model.url)
    handed = calls(("ask_expert", {"prompt": "How much is MSFT? {{ 7 * 7 }}"}))
    rules = [{"when": {"any": "You are the expert"}, "reply": "Exactly 28.8."}]
    model.script = Script.model_validate({"rules": rules, "turns": [handed, "It is 28.8."]})
    run = await run_of(editor, graph(model.url, tools=[{"name": "ask_expert", "agent": name}]))
    assert run["output"]["text"] == "It is 28.8.", run["error"]
    child = await child_of(editor, run)
    (below,) = (await editor.get("/executions", params={"parent": child["id"]})).json()["items"]
    messages = (await editor.get(f"/executions/{below['id']}/messages")).json()["items"]
    assert [message["content"] for message in messages] == [
        "You are the expert.",
        "How much is MSFT? {{ 7 * 7 }}",
        "Exactly 28.8.",
    ]
    own = sum(node["usage"]["tokens_in"] for node in child["nodes"] if "turn" in node["node_key"])
    others = below["output"]["usage"]["tokens_in"]
    assert run["output"]["usage"]["tokens_in"] == own + others


async def test_a_registered_agent_is_a_node_and_its_prompt_an_input(
    editor: Api, model: ScriptedModel
) -> None:
    name = f"expert {uuid4().hex}"
    await expert(editor, name, model.url, system="You answer {{ inputs.language }}.")
    model.script = Script.model_validate({"default": "28.8, that is."})
    document = graph(model.url)
    prompt = "What is {{ input.symbol }} worth?"
    inputs = {"prompt": prompt, "language": "in English"}
    document["nodes"][1] = {"key": "ask", "type": "agent", "agent": name, "inputs": inputs}
    run = await run_of(editor, document)
    assert run["output"]["text"] == "28.8, that is.", run["error"]
    said = [message.text for message in model.ledger.requests[0].asked.said]
    assert said == ["You answer in English.", "What is MSFT worth?"]


async def test_agents_that_hand_over_in_a_circle_are_refused(
    editor: Api, model: ScriptedModel
) -> None:
    first, second = f"first {uuid4().hex}", f"second {uuid4().hex}"
    await expert(editor, first, model.url)
    made = await expert(editor, second, model.url, tools=[{"name": "on", "agent": first}])
    found = (await editor.get("/agents", params={"text": first})).json()["items"][0]
    answer = await editor.post(
        f"/agents/{found['id']}/tools", json={"name": "back", "agent": made["name"]}
    )
    assert answer.status_code < 500, answer.text
    document = graph(model.url, tools=[{"name": "go", "agent": first}])
    workflow = await published(editor, document)
    answer = await editor.post(f"/workflows/{workflow}/executions", json={"input": {"symbol": "A"}})
    assert answer.status_code in {409, 422}, answer.text
    assert "circle" in answer.text


@pytest.mark.parametrize("provider", ["openai_compatible", "anthropic"])
async def test_older_messages_are_summed_up(
    editor: Api, model: ScriptedModel, provider: str
) -> None:
    rules = [
        {"when": {"any": "You keep the notes"}, "reply": "MSFT was asked for and is 28.8."},
        {"reply": calling("MSFT"), "times": 4},
    ]
    model.script = Script.model_validate({"rules": rules, "default": "Done."})
    document = graph(model.url, provider, memory="summary", window=4)
    run = await run_of(editor, document)
    assert run["output"]["text"] == "Done.", run["error"]
    child = await child_of(editor, run)
    keys = [node["node_key"] for node in child["nodes"]]
    assert "summary_1" in keys
    assert all(node["status"] == "completed" for node in child["nodes"])
    last = model.ledger.requests[-1].asked.said
    assert any("MSFT was asked for and is 28.8." in message.text for message in last)
    assert len(last) <= 8
    found = (await editor.get(f"/executions/{child['id']}/messages")).json()["items"]
    assert "summary" in {message["role"] for message in found}
    paid = sum(node["usage"]["tokens_out"] for node in child["nodes"] if node["usage"])
    assert run["output"]["usage"]["tokens_out"] == paid


async def test_a_workflow_that_fails_is_told_to_the_model(
    editor: Api, model: ScriptedModel
) -> None:
    name = f"broken {uuid4().hex}"
    code = {"kind": "python", "code": "def main():\n    raise ValueError('no such share')"}
    nodes: list[dict[str, Any]] = [
        {"key": "start", "type": "trigger"},
        {"key": "fail", "type": "tool", "config": code, "retry": {"max_attempts": 1}},
    ]
    edges = [{"source": "start", "target": "fail"}]
    await published(editor, {"name": name, "nodes": nodes, "edges": edges})
    model.script = Script.model_validate({"turns": [calls(("broken", {})), "It failed."]})
    run = await run_of(editor, graph(model.url, tools=[{"name": "broken", "workflow": name}]))
    assert run["output"]["text"] == "It failed.", run["error"]
    child = await ended(editor, run["output"]["execution_id"])
    call = next(node for node in child["nodes"] if node["node_key"] == "call_1_1")
    assert call["status"] == "failed"
    told = child["nodes"][-1]["input"]["messages"][0]["content"]
    assert "no such share" in told["error"]["message"]
