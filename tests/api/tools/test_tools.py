"""Registered tools, and trying them for real."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.fixtures import Api, ended, imported, published, started

PYTHON = {"kind": "python", "code": "def main(a, b=1):\n    print('adding')\n    return a + b"}


def tool(name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name or f"tool-{uuid4().hex}", "config": PYTHON} | more


def graph(tool_name: str) -> dict[str, Any]:
    return {
        "name": f"uses {tool_name}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "add", "type": "tool", "tool": tool_name, "inputs": {"a": "{{ input.a }}"}},
        ],
        "edges": [{"source": "start", "target": "add"}],
    }


async def test_a_registered_tool_runs_in_a_graph(editor: Api) -> None:
    made = (await editor.post("/tools", json=tool())).json()
    run = await ended(
        editor, await started(editor, await published(editor, graph(made["name"])), {"a": 2})
    )
    assert (run["status"], run["output"]) == ("completed", {"add": 3})


async def test_the_next_run_takes_a_tool_as_it_now_is(editor: Api) -> None:
    made = (await editor.post("/tools", json=tool())).json()
    workflow_id = await published(editor, graph(made["name"]))
    other = PYTHON | {"code": "def main(a):\n    return a * 100"}
    changed = await editor.patch(f"/tools/{made['id']}", json={"config": other, "version": 1})
    assert changed.json()["version"] == 2
    run = await ended(editor, await started(editor, workflow_id, {"a": 2}))
    assert run["output"] == {"add": 200}


async def test_a_try_is_real(editor: Api) -> None:
    made = (await editor.post("/tools", json=tool())).json()
    answer = await editor.post(f"/tools/{made['id']}/test", json={"inputs": {"a": 2, "b": 3}})
    found = answer.json()
    assert (found["ok"], found["output"]) == (True, 5)
    assert [line["message"] for line in found["logs"]] == ["adding"]
    failed = (await editor.post("/tools/test", json={"config": PYTHON, "inputs": {}})).json()
    assert (failed["ok"], failed["error"]["code"]) == (False, "InvalidInput")


async def test_a_try_checks_the_schemas(editor: Api) -> None:
    body = {
        "config": PYTHON,
        "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "inputs": {"a": "text"},
    }
    found = (await editor.post("/tools/test", json=body)).json()
    assert found["error"]["code"] == "InvalidInput"
    assert "inputs.a" in found["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"config": {"kind": "mcp"}}, 422),
        ({"config": {"kind": "http"}}, 422),
        ({"config": {"kind": "http", "url": "x", "extra": 1}}, 422),
        ({"config": PYTHON, "input_schema": {"type": "nonsense"}}, 422),
        ({"config": PYTHON, "name": ""}, 422),
    ],
)
async def test_what_is_no_tool(editor: Api, body: dict[str, Any], status: int) -> None:
    answer = await editor.post("/tools", json={"name": uuid4().hex} | body)
    assert answer.status_code == status
    assert answer.json()["errors"]


async def test_a_used_tool_stays(editor: Api) -> None:
    made = (await editor.post("/tools", json=tool())).json()
    workflow = await imported(editor, graph(made["name"]))
    refused = await editor.delete(f"/tools/{made['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "TOOL_IN_USE")
    assert workflow["id"] in refused.json()["errors"][0]["path"]
    await editor.delete(f"/workflows/{workflow['id']}")
    assert (await editor.delete(f"/tools/{made['id']}")).status_code == 204
    assert (await editor.get(f"/tools/{made['id']}")).status_code == 404


async def test_names_are_unique_to_an_account(editor: Api, stranger: Api) -> None:
    body = tool()
    await editor.post("/tools", json=body)
    assert (await editor.post("/tools", json=body)).json()["code"] == "NAME_TAKEN"
    assert (await stranger.post("/tools", json=body)).status_code == 201


async def test_a_public_tool_is_everybodys_to_use_and_its_owners_to_change(
    editor: Api, stranger: Api
) -> None:
    made = (await editor.post("/tools", json=tool(is_public=True))).json()
    assert (await stranger.get(f"/tools/{made['id']}")).status_code == 200
    change = await stranger.patch(f"/tools/{made['id']}", json={"description": "mine"})
    assert change.status_code == 404
    run = await started(stranger, await published(stranger, graph(made["name"])), {"a": 1})
    assert (await ended(stranger, run))["output"] == {"add": 2}


async def test_an_unknown_tool_is_named(editor: Api) -> None:
    await editor.post("/tools", json=tool("load-prices-of-shares"))
    workflow = await imported(editor, graph("load-prices-of-share"))
    problem = (await editor.post(f"/workflows/{workflow['id']}/publish")).json()["errors"][0]
    assert (problem["code"], problem["node_keys"]) == ("INVALID_REFERENCE", ["add"])
    assert "load-prices-of-shares" in problem["suggestion"]
