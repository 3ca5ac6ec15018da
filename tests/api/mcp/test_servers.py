"""MCP servers: registered, looked at, approved, called; the operator's are everybody's to use."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from models.graph.values import Json
from tests.activities.mcp import hostile as said
from tests.activities.mcp.hostile_http import HostileServer, hostile_http
from tests.api.fixtures import Api, ended, imported, published, started


@pytest.fixture
async def remote() -> AsyncIterator[HostileServer]:
    """A server that the worker may reach."""
    async with hostile_http() as server:
        yield server


def server(remote: HostileServer | None = None, **more: Any) -> dict[str, Any]:
    url = remote.url if remote else "https://mcp.example.com/mcp"
    return {"name": f"server-{uuid4().hex}", "url": url} | more


async def registered(client: Api, body: dict[str, Any], approve: str | None = "all") -> Any:
    made = await client.post("/mcp/servers", json=body)
    assert made.status_code == 201, made.text
    answer = await client.post(
        f"/mcp/servers/{made.json()['id']}/refresh", json={"approve": approve}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def graph(server_name: str, tool: str = "echo", **inputs: Json) -> dict[str, Any]:
    config = {"kind": "mcp", "server": server_name, "tool": tool}
    return {
        "name": f"calls {tool} {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "call", "type": "tool", "config": config, "inputs": inputs},
        ],
        "edges": [{"source": "start", "target": "call"}],
    }


async def ran(client: Api, document: dict[str, Any]) -> Any:
    return await ended(client, await started(client, await published(client, document), {"a": "x"}))


async def operators(client: Api) -> Any:
    async with asyncio.timeout(20):
        while True:
            found = (await client.get("/mcp/servers", params={"text": "time"})).json()["items"]
            if mine := [each for each in found if each["operator"]]:
                return mine[0]
            await asyncio.sleep(0.05)


# Calling ----------------------------------------------------------------------------------------


async def test_a_graph_calls_a_tool_of_a_registered_server(
    editor: Api, remote: HostileServer
) -> None:
    made = await registered(editor, server(remote))
    assert (made["offered"], made["approved"]) == (len(said.TOOLS), len(said.TOOLS))
    run = await ran(editor, graph(made["name"], text="{{ input.a }}"))
    assert (run["status"], run["output"]) == ("completed", {"call": {"text": "x"}})


async def test_a_tool_can_be_tried(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote))
    config = {"kind": "mcp", "server": made["name"], "tool": "echo"}
    answer = await editor.post("/tools/test", json={"config": config, "inputs": {"text": "hi"}})
    assert answer.json()["output"] == {"text": "hi"}


async def test_nothing_is_called_before_it_is_approved(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote), approve=None)
    assert (made["offered"], made["approved"]) == (len(said.TOOLS), 0)
    run = await ran(editor, graph(made["name"], text="x"))
    assert run["error"]["code"] == "McpToolNotApproved"
    answer = await editor.post(f"/mcp/servers/{made['id']}/approve", json={"tools": ["echo"]})
    assert answer.json()["approved"] == 1
    assert (await ran(editor, graph(made["name"], text="x")))["status"] == "completed"
    refused = await ran(editor, graph(made["name"], tool="pid"))
    assert refused["error"]["code"] == "McpToolNotApproved"
    assert remote.asked("tools/call")[0].message["params"]["name"] == "echo"
    assert len(remote.asked("tools/call")) == 1


async def test_a_changed_tool_is_refused_until_it_is_approved_again(
    editor: Api, remote: HostileServer
) -> None:
    made = await registered(editor, server(remote))
    remote.tools = said.changed(remote.tools)
    path = f"/mcp/servers/{made['id']}"
    seen = (await editor.post(f"{path}/refresh")).json()
    assert (seen["changed"], seen["approved"]) == (1, len(said.TOOLS) - 1)
    run = await ran(editor, graph(made["name"], text="x"))
    assert run["error"]["code"] == "McpToolChanged"
    assert not remote.asked("tools/call")
    await editor.post(f"{path}/approve", json={"tools": ["echo"]})
    assert (await ran(editor, graph(made["name"], text="x")))["status"] == "completed"


async def test_inputs_are_checked_by_the_tools_own_schema(
    editor: Api, remote: HostileServer
) -> None:
    made = await registered(editor, server(remote))
    run = await ran(editor, graph(made["name"], wrong="x"))
    assert run["error"]["code"] == "InvalidInput"
    assert not remote.asked("tools/call")


async def test_a_removed_server_is_called_no_more(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote))
    config = {"kind": "mcp", "server": made["name"], "tool": "echo"}
    assert (await editor.delete(f"/mcp/servers/{made['id']}")).status_code == 204
    answer = await editor.post("/tools/test", json={"config": config, "inputs": {"text": "hi"}})
    assert answer.json()["error"]["code"] == "McpServerUnknown"


async def test_others_servers_are_not_called(
    editor: Api, stranger: Api, remote: HostileServer
) -> None:
    made = await registered(editor, server(remote))
    run = await ran(stranger, graph(made["name"], text="x"))
    assert run["error"]["code"] == "McpServerUnknown"


# The operator's ---------------------------------------------------------------------------------


async def test_the_operators_servers_are_there_for_all_and_approved_by_administrators(
    editor: Api, admin: Api
) -> None:
    row = await operators(editor)
    assert (row["name"], row["transport"], row["url"]) == ("time", "stdio", None)
    path = f"/mcp/servers/{row['id']}"
    for action, body in (("refresh", {}), ("approve", {"tools": "all"})):
        refused = await editor.post(f"{path}/{action}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "OPERATOR_SERVER")
    assert (await admin.post(f"{path}/refresh", json={"approve": "all"})).json()["approved"] == 2
    run = await ran(editor, _convert("time"))
    assert run["output"]["call"]["time_difference"] == "+9.0h"


def _convert(name: str) -> dict[str, Any]:
    return graph(
        name,
        "convert_time",
        source_timezone="UTC",
        time="12:00",
        target_timezone="Asia/Seoul",
    )


async def test_nobody_changes_or_deletes_an_operators_server(editor: Api, admin: Api) -> None:
    path = f"/mcp/servers/{(await operators(editor))['id']}"
    for client in (editor, admin):
        for answer in (
            await client.patch(path, json={"description": "mine"}),
            await client.delete(path),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "OPERATOR_SERVER")


async def test_ones_own_server_hides_the_operators_of_the_same_name(
    stranger: Api, remote: HostileServer
) -> None:
    await operators(stranger)
    made = await registered(stranger, server(remote) | {"name": "time"})
    run = await ran(stranger, graph("time", text="mine"))
    assert run["output"] == {"call": {"text": "mine"}}
    await stranger.delete(f"/mcp/servers/{made['id']}")


# Registering ------------------------------------------------------------------------------------


async def test_a_server_is_found_and_changed(editor: Api) -> None:
    made = (await editor.post("/mcp/servers", json=server(description="one"))).json()
    assert made["description"] == "one"
    assert not made["operator"]
    path = f"/mcp/servers/{made['id']}"
    changed = await editor.patch(path, json={"description": None, "version": 1})
    assert (changed.json()["description"], changed.json()["version"]) == (None, 2)
    stale = await editor.patch(path, json={"description": "x", "version": 1})
    assert (stale.status_code, stale.json()["current_version"]) == (409, 2)
    listed = (await editor.get("/mcp/servers", params={"text": made["name"]})).json()["items"]
    assert listed == [(await editor.get(path)).json()]


async def test_lists_are_cut_into_pages(editor: Api) -> None:
    word = uuid4().hex
    made = [
        (await editor.post("/mcp/servers", json=server() | {"name": f"{n} {word}"})).json()["id"]
        for n in range(3)
    ]
    params: dict[str, Any] = {"text": word, "limit": 2}
    first = (await editor.get("/mcp/servers", params=params)).json()
    second = await editor.get("/mcp/servers", params=params | {"cursor": first["next_cursor"]})
    assert [each["id"] for each in first["items"] + second.json()["items"]] == made[::-1]
    assert second.json()["next_cursor"] is None


async def test_another_url_forgets_what_was_approved(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote))
    path = f"/mcp/servers/{made['id']}"
    same = await editor.patch(path, json={"url": remote.url, "description": "same"})
    assert same.json()["approved"] == len(said.TOOLS)
    moved = (await editor.patch(path, json={"url": "https://other.example.com/"})).json()
    assert (moved["offered"], moved["refreshed_at"]) == (0, None)


async def test_values_of_headers_are_not_told(editor: Api, remote: HostileServer) -> None:
    headers = {"Authorization": "{{ secrets.key }}", "X-Key": "Bearer canary-canary"}
    made = (await editor.post("/mcp/servers", json=server(remote, headers=headers))).json()
    assert made["headers"] == {"Authorization": "{{ secrets.key }}", "X-Key": "•••"}
    path = f"/mcp/servers/{made['id']}"
    kept = {"X-Key": "•••", "X-Other": "new"}
    await editor.patch(path, json={"headers": kept})
    await editor.post(f"{path}/refresh")
    assert remote.asked("tools/list")[0].headers["x-key"] == "Bearer canary-canary"
    answer = await editor.patch(path, json={"headers": {"X-Third": "•••"}})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.headers.X-Third")


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://example.com"},
        {"url": "http://user:pass@example.com/mcp"},
        {"url": "/mcp"},
        {"url": "https://"},
        {"url": "https://example.com/{{ secrets.key }}"},
        {"url": None},
        {"name": " "},
        {"headers": {"Host": "inside"}},
        {"headers": {"Mcp-Session-Id": "x"}},
        {"headers": {"A": "1", "a": "2"}},
        {"headers": {"A": "line\r\nB: 2"}},
        {"headers": {"A b": "1"}},
        {"headers": {"A": "{{ input.x }}"}},
        {"headers": {str(n): "1" for n in range(21)}},
        {"transport": "stdio"},
        {"command": "sh"},
    ],
)
async def test_what_cannot_be_registered_is_told(editor: Api, change: dict[str, Any]) -> None:
    answer = await editor.post("/mcp/servers", json=server() | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"].startswith("body.")


async def test_a_name_is_taken_once(editor: Api, stranger: Api) -> None:
    body = server()
    assert (await editor.post("/mcp/servers", json=body)).status_code == 201
    again = await editor.post("/mcp/servers", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "NAME_TAKEN")
    assert (await stranger.post("/mcp/servers", json=body)).status_code == 201
    other = (await editor.post("/mcp/servers", json=server())).json()
    renamed = await editor.patch(f"/mcp/servers/{other['id']}", json={"name": body["name"]})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "NAME_TAKEN")


@pytest.mark.parametrize("where", ["draft", "published", "tool"])
async def test_a_server_in_use_stays(editor: Api, where: str) -> None:
    made = (await editor.post("/mcp/servers", json=server())).json()
    config = {"kind": "mcp", "server": made["name"], "tool": "echo"}
    if where == "tool":
        tool = {"name": uuid4().hex, "config": config}
        assert (await editor.post("/tools", json=tool)).status_code == 201
    else:
        await (imported if where == "draft" else published)(editor, graph(made["name"]))
    for answer in (
        await editor.delete(f"/mcp/servers/{made['id']}"),
        await editor.patch(f"/mcp/servers/{made['id']}", json={"name": uuid4().hex}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "MCP_SERVER_IN_USE")
        assert answer.json()["errors"]


async def test_viewers_only_look(viewer: Api) -> None:
    assert (await viewer.get("/mcp/servers")).status_code == 200
    row = await operators(viewer)
    assert (await viewer.get(f"/mcp/servers/{row['id']}/tools")).status_code == 200
    for answer in (
        await viewer.post("/mcp/servers", json=server()),
        await viewer.post(f"/mcp/servers/{row['id']}/refresh"),
        await viewer.post(f"/mcp/servers/{row['id']}/approve", json={"tools": "all"}),
    ):
        assert answer.status_code == 403


# Looking and approving --------------------------------------------------------------------------


async def test_tools_are_shown_as_data(editor: Api, remote: HostileServer) -> None:
    remote.tools = said.listed("odd")
    made = await registered(editor, server(remote), approve=None)
    tools = (await editor.get(f"/mcp/servers/{made['id']}/tools")).json()["items"]
    assert [each["name"] for each in tools] == ["fine", "wordy"]
    assert len(tools[1]["description"]) <= 4_097
    assert "\x1b" not in tools[1]["description"]
    assert {each["state"] for each in tools} == {"new"}
    assert made["error"]["code"] == "McpToolsLeftOut"
    assert "10 of its tools" in made["error"]["message"]
    assert "\x07" not in made["error"]["message"]


@pytest.mark.parametrize(("mode", "message"), [("many", "500 tools"), ("long", "1024 KiB")])
async def test_too_many_tools_are_an_error(
    editor: Api, remote: HostileServer, mode: str, message: str
) -> None:
    remote.tools = said.listed(mode)
    made = await registered(editor, server(remote))
    assert made["error"]["code"] == "McpProtocolError"
    assert message in made["error"]["message"]
    assert made["offered"] == 0


async def test_a_failed_refresh_keeps_what_was_known(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote))
    remote.refusals += [500] * 5
    answer = (await editor.post(f"/mcp/servers/{made['id']}/refresh")).json()
    assert answer["error"]["code"] == "HttpStatus"
    assert answer["approved"] == len(said.TOOLS)
    remote.refusals.clear()
    assert (await editor.post(f"/mcp/servers/{made['id']}/refresh")).json()["error"] is None


async def test_what_was_not_looked_at_is_not_approved(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote), approve=None)
    path = f"/mcp/servers/{made['id']}"
    tools = (await editor.get(f"{path}/tools")).json()["items"]
    seen = {each["name"]: each["hash"] for each in tools}
    remote.tools = said.changed(remote.tools)
    await editor.post(f"{path}/refresh")
    answer = await editor.post(f"{path}/approve", json={"tools": "all", "hashes": seen})
    assert (answer.status_code, answer.json()["code"]) == (409, "MCP_TOOL_CHANGED")
    assert (await editor.get(path)).json()["approved"] == 0


async def test_an_approval_is_taken_back(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote))
    path = f"/mcp/servers/{made['id']}"
    body = {"tools": ["echo"], "approved": False}
    assert (await editor.post(f"{path}/approve", json=body)).json()["approved"] == (
        len(said.TOOLS) - 1
    )
    run = await ran(editor, graph(made["name"], text="x"))
    assert run["error"]["code"] == "McpToolNotApproved"


async def test_only_offered_tools_are_approved(editor: Api, remote: HostileServer) -> None:
    made = await registered(editor, server(remote), approve=None)
    answer = await editor.post(f"/mcp/servers/{made['id']}/approve", json={"tools": ["no such"]})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.tools")


async def test_who_approved_what_is_in_the_audit_log(
    editor: Api, admin: Api, remote: HostileServer
) -> None:
    made = await registered(editor, server(remote))
    await editor.post(f"/mcp/servers/{made['id']}/approve", json={"tools": ["echo"]})
    entries = (await admin.get("/audit", params={"limit": 20})).json()["items"]
    mine = [each["action"] for each in entries if each["resource"] == made["id"]]
    assert mine == ["mcp.approve", "mcp.refresh", "mcp.create"]
