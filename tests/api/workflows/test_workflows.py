"""Workflows: drafts, versions, documents, and who may see them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.api.fixtures import Api, adapter_graph, imported, published

NO_NAME = {"nodes": [], "edges": []}


async def test_a_document_comes_back_as_it_was(editor: Api) -> None:
    document = adapter_graph() | {"variables": {"a": [1, {"b": None}]}, "description": "한국어"}
    workflow = await imported(editor, document)
    text = (
        await editor.get(f"/workflows/{workflow['id']}/export", params={"format": "json"})
    ).json()
    assert text == document | {"nodes": document["nodes"], "edges": document["edges"]}
    as_yaml = (await editor.get(f"/workflows/{workflow['id']}/export")).text
    assert yaml.safe_load(as_yaml) == text
    again = await editor.post(
        "/workflows/import",
        params={"on_conflict": "rename"},
        content=as_yaml,
        headers={"Content-Type": "application/yaml"},
    )
    assert again.json()["name"] == f"{document['name']} (2)"
    assert again.json()["graph"] | {"name": document["name"]} == text


@pytest.mark.parametrize(
    ("body", "line"),
    [("name: x\nnodes: [", 2), ("a: 1\na: 2", 2), ("name: x\nb: &c 1\nd: *c", 3), ("- 1", 1)],
)
async def test_malformed_yaml_names_the_line(editor: Api, body: str, line: int) -> None:
    headers = {"Content-Type": "application/yaml"}
    answer = await editor.post("/workflows/import", content=body, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "INVALID_DOCUMENT")
    assert problem["line"] == line


@pytest.mark.parametrize("document", [NO_NAME, {"name": 3}, {"name": "x", "nodes": {}}, []])
async def test_what_is_no_graph_document_is_refused(editor: Api, document: Any) -> None:
    answer = await editor.post("/workflows/import", json=document)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_DOCUMENT")


async def test_a_taken_name(editor: Api, stranger: Api) -> None:
    document = adapter_graph()
    first = await imported(editor, document)
    answer = await editor.post("/workflows/import", json=document)
    assert (answer.status_code, answer.json()["code"]) == (409, "NAME_TAKEN")
    changed = document | {"description": "new"}
    replaced = await editor.post(
        "/workflows/import", params={"on_conflict": "replace"}, json=changed
    )
    assert replaced.json()["id"] == first["id"]
    assert replaced.json()["version"] > first["version"]
    assert (await imported(stranger, document))["id"] != first["id"]


async def test_two_imports_at_once_never_share_a_name(editor: Api) -> None:
    document = adapter_graph()
    answers = await asyncio.gather(
        *(editor.post("/workflows/import", json=document) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_of_two_saves_from_one_version_one_wins(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    path = f"/workflows/{workflow['id']}/graph"
    found = (await editor.get(path)).json()
    body = found["graph"] | {"version": found["version"]}
    answers = await asyncio.gather(*(editor.put(path, json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert lost["code"] == "VERSION_MISMATCH"
    assert lost["current_version"] == found["version"] + 1


async def test_client_ids_are_stable_over_saves(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    path = f"/workflows/{workflow['id']}/graph"
    found = (await editor.get(path)).json()
    graph = found["graph"]
    graph["nodes"][1] |= {"id": "n-7", "position": {"x": 1, "y": 2}}
    graph["edges"][0]["id"] = "e-1"
    saved = await editor.put(path, json=graph | {"version": found["version"]})
    assert saved.status_code == 200, saved.text
    again = (await editor.get(path)).json()
    assert again["graph"]["nodes"] == graph["nodes"]
    assert again["graph"]["edges"] == graph["edges"]


async def test_a_draft_may_be_wrong_but_does_not_run(editor: Api) -> None:
    document = adapter_graph()
    document["edges"].append({"source": "next", "target": "start"})
    workflow = await imported(editor, document)
    report = (await editor.post(f"/workflows/{workflow['id']}/validate")).json()
    assert report["valid"] is False
    assert {found["code"] for found in report["problems"]} == {
        "CYCLE_DETECTED",
        "TRIGGER_HAS_INPUT",
    }
    refused = await editor.post(f"/workflows/{workflow['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_GRAPH")
    assert refused.json()["errors"][0]["message"]
    started = await editor.post(f"/workflows/{workflow['id']}/executions", json={})
    assert (started.status_code, started.json()["code"]) == (409, "WORKFLOW_NOT_PUBLISHED")


async def test_a_draft_is_validated_as_it_was_read(editor: Api) -> None:
    document = adapter_graph()
    document["nodes"][1]["id"] = "n-7"
    document["edges"][0]["id"] = "e-1"
    document["edges"].append({"source": "next", "target": "start"})
    path = f"/workflows/{(await imported(editor, document))['id']}"
    wrong = (await editor.get(f"{path}/graph")).json()["graph"]
    assert [node["id"] for node in wrong["nodes"]] == ["start", "n-7"]
    stored = (await editor.post(f"{path}/validate")).json()
    assert stored["valid"] is False
    assert (await editor.post(f"{path}/validate", json=wrong)).json() == stored
    right = wrong | {"edges": wrong["edges"][:1]}
    sent = await editor.post(f"{path}/validate", json=right)
    assert sent.json() == {"valid": True, "problems": []}
    assert (await editor.get(f"{path}/graph")).json()["graph"] == wrong, "nothing was saved"


@pytest.mark.parametrize("nodes", [3, None, {}, [3], [None, {"id": "a"}], [[]]])
async def test_whatever_is_sent_for_nodes_is_told(editor: Api, nodes: Any) -> None:
    workflow = await imported(editor, adapter_graph())
    body = {"name": "x", "nodes": nodes}
    answer = await editor.post(f"/workflows/{workflow['id']}/validate", json=body)
    assert (answer.status_code, answer.json()["valid"]) == (200, False), answer.text


async def test_an_unchanged_draft_makes_no_version(editor: Api) -> None:
    workflow_id = await published(editor, adapter_graph())
    again = (await editor.post(f"/workflows/{workflow_id}/publish")).json()
    assert (again["version"], again["created"]) == (1, False)
    node = {"key": "next", "type": "adapter", "config": {"output": 2}}
    await editor.put(f"/workflows/{workflow_id}/nodes/next", json=node)
    newer = (await editor.post(f"/workflows/{workflow_id}/publish", json={"comment": "two"})).json()
    assert (newer["version"], newer["created"]) == (2, True)
    listed = (await editor.get(f"/workflows/{workflow_id}/versions")).json()["items"]
    assert [(row["version"], row["comment"]) for row in listed] == [(2, "two"), (1, None)]
    diff = (await editor.get(f"/workflows/{workflow_id}/versions/1/diff/2")).json()
    assert diff["nodes_changed"] == [{"key": "next", "fields": ["config.output"]}]
    back = await editor.post(f"/workflows/{workflow_id}/versions/1/restore")
    assert back.json()["graph"]["nodes"][1]["config"] == {"output": "{{ input.n + 1 }}"}


async def test_changes_of_a_batch_are_made_together_or_not_at_all(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    path = f"/workflows/{workflow['id']}"
    more = {"key": "more", "type": "adapter", "config": {}}
    operations = [
        {"op": "add_node", "value": more},
        {"op": "add_edge", "value": {"source": "next", "target": "more"}},
    ]
    added = await editor.post(f"{path}/batch", json={"operations": operations})
    assert [node["key"] for node in added.json()["graph"]["nodes"]] == ["start", "next", "more"]
    failing = [{"op": "delete_node", "id": "more"}, {"op": "delete_edge", "id": "nothing"}]
    refused = await editor.post(f"{path}/batch", json={"operations": failing})
    assert refused.status_code == 404
    kept = (await editor.get(f"{path}/graph")).json()
    assert len(kept["graph"]["nodes"]) == 3
    assert (await editor.delete(f"{path}/nodes/more")).status_code == 204
    left = (await editor.get(f"{path}/graph")).json()["graph"]
    assert len(left["edges"]) == 1, "a node's edges go with it"


async def test_if_match_guards_a_single_change(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    path = f"/workflows/{workflow['id']}/nodes"
    node = {"key": "more", "type": "adapter", "config": {}}
    stale = await editor.post(path, json=node, headers={"If-Match": "999"})
    assert stale.status_code == 409
    current = str(workflow["version"])
    assert (await editor.post(path, json=node, headers={"If-Match": current})).status_code == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nodes": [{"key": f"n{n}", "type": "adapter"} for n in range(501)]}, "GRAPH_TOO_LARGE"),
        ({"nodes": [{"key": "a"}, {"key": "a"}]}, "INVALID_DRAFT"),
        ({"nodes": [{"key": "a"}], "edges": [{"source": "a", "target": "a"}]}, "INVALID_DRAFT"),
        ({"nodes": [{"key": "NOT A KEY"}]}, "INVALID_DOCUMENT"),
        ({"nodes": [{"key": "a", "notes": "x" * 1_100_000}]}, "INVALID_DOCUMENT"),
    ],
)
async def test_drafts_that_cannot_be_stored(editor: Api, change: dict[str, Any], code: str) -> None:
    document = {"name": uuid4().hex, "edges": []} | change
    answer = await editor.post("/workflows/import", json=document)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_bin(editor: Api) -> None:
    document = adapter_graph()
    workflow = await imported(editor, document)
    path = f"/workflows/{workflow['id']}"
    assert (await editor.delete(path)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    assert (await editor.post(f"{path}/restore")).status_code == 200
    assert (await editor.get(path)).status_code == 200
    assert (await editor.post(f"{path}/restore")).status_code == 409
    await editor.delete(path)
    await imported(editor, document)
    assert (await editor.post(f"{path}/restore")).json()["code"] == "NAME_TAKEN"


async def test_a_copy_has_a_name_of_its_own(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    copy = (await editor.post(f"/workflows/{workflow['id']}/duplicate")).json()
    assert copy["name"] == f"{workflow['name']} (2)"
    assert copy["graph"]["nodes"] == workflow["graph"]["nodes"]


@pytest.mark.parametrize("sort", ["-created_at", "-updated_at", "name"])
async def test_pages_hold_every_workflow_once(editor: Api, sort: str) -> None:
    mark = uuid4().hex
    for number in range(5):
        await imported(editor, adapter_graph(f"{mark} {number}"))
    seen: list[str] = []
    params: dict[str, Any] = {"text": mark, "limit": 2, "sort": sort}
    while True:
        page = (await editor.get("/workflows", params=params)).json()
        seen += [row["name"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    names = [f"{mark} {number}" for number in range(5)]
    assert seen == (names if sort == "name" else names[::-1])
    other = await editor.get(
        "/workflows", params=params | {"sort": "-created_at", "cursor": "AAAA"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "INVALID_CURSOR")


async def test_topology_follows_the_edges(editor: Api) -> None:
    workflow = await imported(editor, adapter_graph())
    found = (await editor.get(f"/workflows/{workflow['id']}/topology")).json()
    assert found == {"layers": [["start"], ["next"]]}


async def test_the_catalog_names_every_kind(editor: Api) -> None:
    found = (await editor.get("/catalog")).json()
    assert {kind["type"] for kind in found["nodes"]} >= {"trigger", "tool", "loop", "workflow"}
    assert {kind["kind"] for kind in found["tools"]} == {
        "http",
        "mcp",
        "python",
        "shell",
        "builtin",
    }
    assert all(kind["config_schema"] for kind in found["nodes"])
