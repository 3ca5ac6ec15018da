"""Registered agents: what is stored, what is refused, and who may do what."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from models.audit import AuditEntry
from tests.api.fixtures import Api, adapter_graph, imported, published
from tests.api.tools.test_tools import PYTHON, tool

MODEL = {"provider": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
INLINE = {"name": "inline", "config": PYTHON}


def agent(name: str | None = None, **config: Any) -> dict[str, Any]:
    """A body that registers an agent."""
    return {"name": name or f"agent-{uuid4().hex}", "config": MODEL | config}


async def made(client: Api, body: dict[str, Any]) -> dict[str, Any]:
    """A new agent."""
    answer = await client.post("/agents", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def asking(name: str) -> dict[str, Any]:
    """A graph with a node that is a registered agent."""
    return {
        "name": f"asks {name}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "ask", "type": "agent", "agent": name, "inputs": {"prompt": "How?"}},
        ],
        "edges": [{"source": "start", "target": "ask"}],
    }


def offering(**offer: Any) -> dict[str, Any]:
    """A graph with an agent of its own that may call one thing."""
    node = {
        "key": "ask",
        "type": "agent",
        "config": MODEL | {"prompt": "How?", "tools": [{"name": "it"} | offer]},
    }
    return {
        "name": f"offers {uuid4().hex}",
        "nodes": [{"key": "start", "type": "trigger"}, node],
        "edges": [{"source": "start", "target": "ask"}],
    }


def problem(answer: Any) -> tuple[int, str, str]:
    """Status, and path and code of the first error."""
    first = answer.json()["errors"][0]
    return answer.status_code, first["path"], first["code"]


async def test_what_is_stored_comes_back(editor: Api) -> None:
    body = agent(
        auth_mode="api_key",
        api_key="{{ secrets.KEY }}",
        system="You know {{ inputs.prompt }}.",
        output_schema={"type": "object"},
        parameters={"temperature": 0.2},
        budgets={"max_turns": 3, "max_cost_usd": 0.5},
        memory="summary",
        window=12,
        tools=[INLINE | {"sensitive": True, "input_schema": {"type": "object"}}],
    )
    first = await made(editor, body | {"description": "Knows."})
    found = (await editor.get(f"/agents/{first['id']}")).json()
    assert found == first
    config = found["config"]
    assert {name: config[name] for name in MODEL} == MODEL
    for name in ("auth_mode", "api_key", "system", "output_schema", "memory", "window"):
        assert config[name] == body["config"][name], name
    assert (config["budgets"]["max_turns"], config["budgets"]["max_cost_usd"]) == (3, 0.5)
    assert config["parameters"]["temperature"] == 0.2
    assert (config["tools"][0]["name"], config["tools"][0]["sensitive"]) == ("inline", True)
    assert (found["description"], found["version"], found["is_public"]) == ("Knows.", 1, False)


async def test_lists_are_searched_and_paged(editor: Api) -> None:
    mark = uuid4().hex
    names = [(await made(editor, agent(f"{mark}-{n}")))["name"] for n in range(3)]
    first = (await editor.get("/agents", params={"text": mark, "limit": 2})).json()
    rest = await editor.get(
        "/agents", params={"text": mark, "limit": 2, "cursor": first["next_cursor"]}
    )
    assert [each["name"] for each in first["items"] + rest.json()["items"]] == names[::-1]


async def test_who_may_do_what(editor: Api, stranger: Api, viewer: Api) -> None:
    found = await made(editor, agent())
    path = f"/agents/{found['id']}"
    assert (await viewer.post("/agents", json=agent())).status_code == 403
    for hidden in (stranger, viewer):
        assert (await hidden.get(path)).status_code == 404
        assert found["name"] not in (await hidden.get("/agents")).text
    await editor.patch(path, json={"is_public": True})
    assert (await stranger.get(path)).json()["config"] == found["config"]
    for answer in (
        await stranger.patch(path, json={"description": "mine"}),
        await stranger.delete(path),
        await stranger.post(f"{path}/tools", json=INLINE),
    ):
        assert answer.status_code == 404
    for answer in (
        await viewer.patch(path, json={}),
        await viewer.delete(path),
        await viewer.post(f"{path}/tools", json=INLINE),
        await viewer.delete(f"{path}/tools/inline"),
    ):
        assert answer.status_code == 403


CONFIG = "body.config"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"api_key": "sk-of-mine"}, f"{CONFIG}.api_key", "LITERAL_KEY"),
    ({"api_key": "Bearer {{ secrets.K }}"}, f"{CONFIG}.api_key", "LITERAL_KEY"),
    ({"api_key": "{{ inputs.key }}"}, f"{CONFIG}.api_key", "LITERAL_KEY"),
    ({"api_key": "{{ secrets.K | upper }}"}, f"{CONFIG}.api_key", "INVALID_EXPRESSION"),
    ({"api_key": ""}, f"{CONFIG}.api_key", "LITERAL_KEY"),
    ({"auth_mode": "api_key"}, CONFIG, "value_error"),
    ({"auth_mode": "none", "api_key": "{{ secrets.K }}"}, CONFIG, "value_error"),
    ({"base_url": None}, f"{CONFIG}.base_url", "MISSING"),
    ({"prompt": "Do it."}, f"{CONFIG}.prompt", "extra_forbidden"),
    ({"system": "{{ vars.x }}"}, f"{CONFIG}.system", "UNDEFINED_VARIABLE"),
    ({"model": "{{ inputs. }}"}, f"{CONFIG}.model", "INVALID_EXPRESSION"),
    ({"output_schema": {"type": "nonsense"}}, f"{CONFIG}.output_schema", "INVALID_SCHEMA"),
    ({"tools": [INLINE, INLINE]}, CONFIG, "value_error"),
    ({"system": "a\x00b"}, CONFIG, "value_error"),
]
REFUSED_TOOLS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "t"}, "", "value_error"),
    ({"name": "t", "tool": "a", "agent": "b"}, "", "value_error"),
    ({"name": "t", "tool": "no-such"}, ".tool", "INVALID_REFERENCE"),
    ({"name": "t", "workflow": "no-such"}, ".workflow", "INVALID_REFERENCE"),
    ({"name": "t", "agent": "no-such"}, ".agent", "INVALID_REFERENCE"),
    (INLINE | {"input_schema": {"type": "nonsense"}}, ".input_schema", "INVALID_SCHEMA"),
    (
        {"name": "t", "config": {"kind": "http", "url": "{{ nodes.a.output }}"}},
        ".config.url",
        "UNDEFINED_VARIABLE",
    ),
]


@pytest.mark.parametrize(("config", "path", "code"), REFUSED)
async def test_settings_that_no_run_could_use(
    editor: Api, config: dict[str, Any], path: str, code: str
) -> None:
    assert problem(await editor.post("/agents", json=agent(**config))) == (422, path, code)


@pytest.mark.parametrize(("offer", "path", "code"), REFUSED_TOOLS)
async def test_tools_that_no_run_could_use(
    editor: Api, offer: dict[str, Any], path: str, code: str
) -> None:
    within = await editor.post("/agents", json=agent(tools=[INLINE | {"name": "first"}, offer]))
    assert problem(within)[0] == 422
    assert problem(within)[2] == code
    assert problem(within)[1].startswith(f"{CONFIG}.tools[1]")
    found = await made(editor, agent())
    alone = await editor.post(f"/agents/{found['id']}/tools", json=offer)
    assert problem(alone) == (422, _as_bound(path, alone), code)
    assert (await editor.get(f"/agents/{found['id']}")).json() == found


def _as_bound(path: str, answer: Any) -> str:
    return f"body{path}" if path else str(answer.json()["errors"][0]["path"])


async def test_what_is_left_out_of_a_change_stays(editor: Api) -> None:
    first = await made(editor, agent(tools=[INLINE], system="Old.") | {"description": "d"})
    path = f"/agents/{first['id']}"
    changed = (await editor.patch(path, json={"config": MODEL | {"model": "other"}})).json()
    assert (changed["config"]["model"], changed["config"]["system"]) == ("other", None)
    assert changed["config"]["tools"] == first["config"]["tools"]
    assert (changed["description"], changed["version"]) == ("d", 2)
    emptied: dict[str, Any] = {"config": MODEL | {"tools": []}, "description": None, "version": 2}
    changed = (await editor.patch(path, json=emptied)).json()
    assert (changed["config"]["tools"], changed["description"]) == ([], None)
    stale = await editor.patch(path, json={"name": "x", "version": 2})
    assert (stale.status_code, stale.json()["current_version"]) == (409, 3)


async def test_tools_are_bound_and_unbound(editor: Api) -> None:
    registered = (await editor.post("/tools", json=tool())).json()["name"]
    found = await made(editor, agent(tools=[INLINE, {"name": "second", "tool": registered}]))
    path = f"/agents/{found['id']}/tools"
    replaced = await editor.post(path, json={"name": "inline", "tool": registered})
    bound = [(each["name"], each["tool"]) for each in replaced.json()["config"]["tools"]]
    assert bound == [("inline", registered), ("second", registered)]
    assert replaced.json()["version"] == 2
    left = (await editor.delete(f"{path}/inline")).json()
    assert [each["name"] for each in left["config"]["tools"]] == ["second"]
    assert (await editor.delete(f"{path}/inline")).status_code == 404


async def test_an_agent_has_as_many_tools_as_its_settings_take(editor: Api) -> None:
    tools = [INLINE | {"name": f"t{n}"} for n in range(64)]
    found = await made(editor, agent(tools=tools))
    refused = await editor.post(f"/agents/{found['id']}/tools", json=INLINE)
    assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED")
    assert (await editor.get(f"/agents/{found['id']}")).json() == found


async def test_names_are_unique_to_an_account(editor: Api, stranger: Api) -> None:
    body = agent()
    first, other = await made(editor, body), await made(editor, agent())
    for answer in (
        await editor.post("/agents", json=body),
        await editor.patch(f"/agents/{other['id']}", json={"name": body["name"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "NAME_TAKEN")
    await made(stranger, body)
    assert (await editor.delete(f"/agents/{first['id']}")).status_code == 204
    await made(editor, body)


async def test_an_agent_names_what_is_there(editor: Api) -> None:
    flow = adapter_graph()
    await published(editor, flow)
    other = await made(editor, agent())
    tools = [
        {"name": "flow", "workflow": flow["name"]},
        {"name": "other", "agent": other["name"]},
    ]
    body = agent(tools=tools)
    found = await made(editor, body)
    assert [each["name"] for each in found["config"]["tools"]] == ["flow", "other"]
    itself = await editor.post(
        f"/agents/{found['id']}/tools", json={"name": "me", "agent": body["name"]}
    )
    assert problem(itself) == (422, "body.agent", "INVALID_REFERENCE")
    assert "itself" in itself.json()["detail"]


async def test_a_public_agent_needs_what_everybody_has(editor: Api, stranger: Api) -> None:
    flow = adapter_graph()
    await published(editor, flow)
    mine = (await editor.post("/tools", json=tool())).json()["name"]
    shared = (await editor.post("/tools", json=tool(is_public=True))).json()["name"]
    public = agent(tools=[{"name": "it", "tool": shared}]) | {"is_public": True}
    await made(stranger, public)
    for offer in ({"tool": mine}, {"workflow": flow["name"]}):
        body = agent(tools=[{"name": "it"} | offer])
        refused = await editor.post("/agents", json=body | {"is_public": True})
        assert problem(refused)[2] == "INVALID_REFERENCE"
        found = await made(editor, body)
        later = await editor.patch(f"/agents/{found['id']}", json={"is_public": True})
        assert problem(later)[2] == "INVALID_REFERENCE"


async def test_a_used_agent_stays(editor: Api) -> None:
    found = await made(editor, agent())
    name, path = found["name"], f"/agents/{found['id']}"
    documents = (asking(name), offering(agent=name))
    users = [("workflows", (await imported(editor, each))["id"]) for each in documents]
    other = await made(editor, agent(tools=[{"name": "a", "agent": name}]))
    users.append(("agents", other["id"]))
    while users:
        refused = await editor.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "AGENT_IN_USE")
        named = {error["path"] for error in refused.json()["errors"]}
        assert named == {f"{kind}/{id_}" for kind, id_ in users}
        renamed = await editor.patch(path, json={"name": uuid4().hex})
        assert renamed.json()["code"] == "AGENT_IN_USE"
        kind, id_ = users.pop()
        assert (await editor.delete(f"/{kind}/{id_}")).status_code == 204
    assert (await editor.delete(path)).status_code == 204
    assert (await editor.get(path)).status_code == 404


async def test_an_agent_of_a_published_version_stays(editor: Api) -> None:
    found = await made(editor, agent())
    document = asking(found["name"])
    workflow = await published(editor, document)
    other = document | {"nodes": document["nodes"][:1], "edges": []}
    replaced = await editor.post("/workflows/import", params={"on_conflict": "replace"}, json=other)
    assert replaced.json()["id"] == workflow
    refused = await editor.delete(f"/agents/{found['id']}")
    assert refused.json()["errors"][0]["path"] == f"workflows/{workflow}"


async def test_a_tool_that_agents_use_stays(editor: Api) -> None:
    registered = (await editor.post("/tools", json=tool())).json()
    user = await made(editor, agent(tools=[{"name": "it", "tool": registered["name"]}]))
    workflow = await imported(editor, offering(tool=registered["name"]))
    path = f"/tools/{registered['id']}"
    refused = await editor.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "TOOL_IN_USE")
    named = {error["path"] for error in refused.json()["errors"]}
    assert named == {f"agents/{user['id']}", f"workflows/{workflow['id']}"}
    await editor.delete(f"/agents/{user['id']}/tools/it")
    await editor.delete(f"/workflows/{workflow['id']}")
    assert (await editor.delete(path)).status_code == 204


async def test_an_unknown_agent_is_named(editor: Api) -> None:
    known = await made(editor, agent())
    for document in (asking(known["name"][:-1]), offering(agent=known["name"][:-1])):
        workflow = await imported(editor, document)
        found = (await editor.post(f"/workflows/{workflow['id']}/publish")).json()["errors"][0]
        assert (found["code"], found["node_keys"]) == ("INVALID_REFERENCE", ["ask"])
        assert known["name"] in found["suggestion"]


async def test_who_changed_what_is_noted(app: FastAPI, editor: Api) -> None:
    found = await made(editor, agent())
    path = f"/agents/{found['id']}"
    await editor.patch(path, json={"description": "d"})
    await editor.post(f"{path}/tools", json=INLINE)
    await editor.delete(f"{path}/tools/inline")
    await editor.delete(path)
    async with app.state.sessions() as session:
        rows = select(AuditEntry).where(AuditEntry.resource == found["id"]).order_by(AuditEntry.id)
        entries = (await session.scalars(rows)).all()
    assert [(each.action, each.actor_id) for each in entries] == [
        (f"agent.{action}", UUID(found["owner_id"]))
        for action in ("create", "change", "bind", "unbind", "delete")
    ]


async def test_models_have_prices(viewer: Api, anonymous: Api) -> None:
    assert (await anonymous.get("/models")).status_code == 401
    found = (await viewer.get("/models")).json()["items"]
    known = {(each["provider"], each["name"]): each for each in found}
    price = known["openai", "gpt-4.1"]
    assert (price["input_usd_per_million"], price["output_usd_per_million"]) == (2.0, 8.0)
    assert price["cached_input_usd_per_million"] == 0.5
    assert known["anthropic", "claude-haiku-4-5"]["cached_input_usd_per_million"] is None
    assert not [name for _, name in known if "*" in name]
