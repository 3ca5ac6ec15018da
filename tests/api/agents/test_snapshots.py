"""What runs carry of registered agents, and what cannot be carried."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from api.executions.errors import SnapshotInvalid
from api.executions.snapshot import AgentSnapshot, Snapshot, take_agent_snapshot, take_snapshot
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from models.agent import Agent
from models.base import new_id
from models.mcp import McpServer
from models.workflow import Workflow
from tests.api.agents.test_registry import agent, asking, made, offering
from tests.api.fixtures import Api, adapter_graph, ended, published, started
from tests.api.tools.test_tools import tool

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


async def carried(app: FastAPI, workflow_id: str) -> Snapshot:
    """What a run of a workflow would carry."""
    async with app.state.sessions() as session:
        workflow = await session.get(Workflow, UUID(workflow_id))
        return await take_snapshot(session, workflow)


async def carried_by_agent(app: FastAPI, agent_id: str, owner: str | None = None) -> AgentSnapshot:
    """What a conversation with an agent would carry."""
    async with app.state.sessions() as session:
        found = await session.get(Agent, UUID(agent_id))
        return await take_agent_snapshot(session, found, UUID(owner) if owner else None)


async def refused(client: Api, workflow_id: str) -> str:
    """Why a workflow cannot be started."""
    answer = await client.post(f"/workflows/{workflow_id}/executions", json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REFERENCE"), answer.text
    return str(answer.json()["detail"])


async def test_a_run_carries_all_that_is_below_it(app: FastAPI, editor: Api) -> None:
    registered = (await editor.post("/tools", json=tool())).json()
    flow = offering(tool=registered["name"])
    await published(editor, flow)
    leaf = await made(editor, agent(tools=[{"name": "flow", "workflow": flow["name"]}]))
    top = await made(
        editor,
        agent(system="Be brief.", tools=[{"name": "leaf", "agent": leaf["name"]}])
        | {"description": "Knows all."},
    )
    found = await carried(app, await published(editor, asking(top["name"])))
    assert set(found.agents) == {top["name"], leaf["name"]}
    assert set(found.workflows) == {flow["name"]}
    assert found.tools[registered["name"]].id == registered["id"]
    spec = found.agents[top["name"]]
    assert (spec.id, spec.description) == (top["id"], "Knows all.")
    assert spec.config.model_dump(mode="json") == top["config"]
    alone = await carried_by_agent(app, top["id"])
    assert (alone.spec, alone.tools, alone.workflows) == (spec, found.tools, found.workflows)
    assert set(alone.agents) == {leaf["name"]}


async def test_ones_own_comes_before_a_public_one(app: FastAPI, editor: Api, stranger: Api) -> None:
    shared, private = f"shared-{uuid4().hex}", f"private-{uuid4().hex}"
    await stranger.post("/tools", json=tool(shared, is_public=True))
    theirs = await made(
        stranger, agent(private, tools=[{"name": "it", "tool": shared}]) | {"is_public": True}
    )
    workflow = await published(editor, asking(private))
    assert (await carried(app, workflow)).agents[private].id == theirs["id"]
    own_tool = (await editor.post("/tools", json=tool(shared))).json()
    me = own_tool["owner_id"]
    taken = await carried_by_agent(app, theirs["id"], me)
    assert taken.tools[shared].id == own_tool["id"], "names mean what they mean to who runs it"
    mine = await made(editor, agent(private))
    found = await carried(app, workflow)
    assert (found.agents[private].id, found.tools) == (mine["id"], {})


async def test_a_circle_is_named(editor: Api, app: FastAPI) -> None:
    first, second = await made(editor, agent()), await made(editor, agent())
    flow = asking(first["name"])
    workflow = await published(editor, flow)
    tools = f"/agents/{first['id']}/tools"
    assert (await editor.post(tools, json={"name": "b", "agent": second["name"]})).is_success
    back = {"name": "back", "workflow": flow["name"]}
    assert (await editor.post(f"/agents/{second['id']}/tools", json=back)).is_success
    why = await refused(editor, workflow)
    names = [f"workflow '{flow['name']}'", *(f"agent '{e['name']}'" for e in (first, second))]
    assert " → ".join([*names, names[0]]) in why
    assert why.startswith(f"{names[2]}, tool back: ")
    with pytest.raises(SnapshotInvalid, match="in a circle: agent"):
        await carried_by_agent(app, second["id"])


async def test_a_circle_through_an_inline_agent_is_found(editor: Api) -> None:
    flow = adapter_graph()
    await published(editor, flow)
    around = offering(workflow=flow["name"]) | {"name": flow["name"]}
    answer = await editor.post("/workflows/import?on_conflict=replace", json=around)
    workflow = answer.json()["id"]
    assert (await editor.post(f"/workflows/{workflow}/publish")).is_success
    assert "in a circle" in await refused(editor, workflow)


async def test_there_is_a_deepest_agent(app: FastAPI, editor: Api) -> None:
    chain = [await made(editor, agent())]
    for _ in range(8):
        below = {"name": "below", "agent": chain[-1]["name"]}
        chain.append(await made(editor, agent(tools=[below])))
    # The workflow stands above its agents.
    assert len((await carried(app, await published(editor, asking(chain[7]["name"])))).agents) == 8
    why = await refused(editor, await published(editor, asking(chain[8]["name"])))
    assert "more than 8 deep" in why
    assert len((await carried_by_agent(app, chain[8]["id"])).agents) == 8


async def test_many_ways_to_the_same_agents_are_one_look(app: FastAPI, editor: Api) -> None:
    below = (await made(editor, agent()))["name"]
    for _ in range(7):
        tools = [{"name": f"t{n}", "agent": below} for n in range(64)]
        below = (await made(editor, agent(tools=tools)))["name"]
    # 64 to the power of 7 ways lead to the lowest.
    assert len((await carried(app, await published(editor, asking(below)))).agents) == 8


async def test_what_is_gone_meanwhile_is_named(editor: Api, stranger: Api) -> None:
    theirs = (await stranger.post("/tools", json=tool(is_public=True))).json()
    user = await made(editor, agent(tools=[{"name": "it", "tool": theirs["name"]}]))
    workflow = await published(editor, asking(user["name"]))
    assert (await stranger.delete(f"/tools/{theirs['id']}")).status_code == 204
    why = await refused(editor, workflow)
    assert why == f"agent '{user['name']}', tool it: there is no tool named '{theirs['name']}'"


async def server_of(app: FastAPI, owner_id: str, **offer: Any) -> str:
    """Name of a registered MCP server whose one tool is `now`."""
    name = f"clock-{uuid4().hex}"
    now = {
        "name": "now",
        "title": "Clock",
        "description": "Tells the time.",
        "input_schema": SCHEMA,
        "output_schema": None,
        "hash": "h1",
        "approved_hash": "h1",
        "approved_at": None,
    }
    async with app.state.sessions.begin() as session:
        session.add(
            McpServer(
                id=new_id(),
                owner_id=UUID(owner_id),
                name=name,
                transport="http",
                url="http://127.0.0.1:9/mcp",
                tools=[now | offer],
            )
        )
    return name


async def test_models_see_what_is_pinned_of_an_mcp_tool(app: FastAPI, editor: Api) -> None:
    me = (await editor.get("/auth/me")).json()["id"]
    server = await server_of(app, me)
    config = {"kind": "mcp", "server": server, "tool": "now"}
    registered = (await editor.post("/tools", json=tool() | {"config": config})).json()["name"]
    offers = [
        {"name": "inline", "config": config},
        {"name": "registered", "tool": registered},
        {"name": "described", "config": config | {"tool": "later"}, "input_schema": SCHEMA},
    ]
    found = await carried_by_agent(app, (await made(editor, agent(tools=offers)))["id"])
    assert set(found.tools) == {f"mcp:{server}/now", registered}
    for spec in found.tools.values():
        assert (spec.input_schema, spec.description) == (SCHEMA, "Tells the time.")
        assert spec.config.model_dump(exclude_unset=True) == config
    inline = await carried(app, await published(editor, offering(config=config)))
    assert set(inline.tools) == {f"mcp:{server}/now"}


async def test_an_mcp_tool_that_nobody_approved_is_not_offered(app: FastAPI, editor: Api) -> None:
    me = (await editor.get("/auth/me")).json()["id"]
    config: dict[str, Any] = {"kind": "mcp", "tool": "now"}
    states: list[dict[str, Any]] = [{"approved_hash": None}, {"hash": "h2"}]
    for state in states:
        config["server"] = await server_of(app, me, **state)
        why = await refused(editor, await published(editor, offering(config=config)))
        assert why.startswith("node ask, tool it: the tool 'now'")
        assert "mcp approve" in why
    config["tool"] = "later"
    assert "mcp refresh" in await refused(editor, await published(editor, offering(config=config)))
    async with app.state.sessions.begin() as session:
        named = McpServer.name == config["server"]
        await session.execute(update(McpServer).where(named).values(name=uuid4().hex))
    assert "mcp add" in await refused(editor, await published(editor, offering(config=config)))


async def test_a_registered_agent_works_with_its_tools(editor: Api) -> None:
    registered = (await editor.post("/tools", json=tool())).json()["name"]
    call = {"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}
    script = Script.model_validate({"turns": [call, "It is 5."]})
    async with scripted_model(script) as model:
        body = agent(base_url=f"{model.url}/v1", tools=[{"name": "add", "tool": registered}])
        found = await made(editor, body)
        workflow = await published(editor, asking(found["name"]))
        run = await ended(editor, await started(editor, workflow), 60)
    assert run["status"] == "completed", run["error"]
    output = run["output"]["ask"]
    assert (output["text"], output["calls"]) == ("It is 5.", 1)
    below = await ended(editor, output["execution_id"])
    assert below["agent_id"] == found["id"]
    assert [node["output"] for node in below["nodes"] if node["node_type"] == "tool"] == [5]
