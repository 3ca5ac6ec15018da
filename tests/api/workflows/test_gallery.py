"""The examples, as the designer shows and copies them."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from models.enums import Role
from models.graph.document import parse_document
from tests.api.fixtures import Api, client_of, new_account

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


async def shown(client: Api) -> list[dict[str, Any]]:
    """The gallery."""
    answer = await client.get("/examples")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_example_is_there_as_it_is_on_disk(viewer: Api) -> None:
    folders = [folder for folder in EXAMPLES.iterdir() if folder.is_dir()]
    wanted = {}
    for folder in folders:
        graph = parse_document((folder / "workflow.yaml").read_bytes(), "application/yaml")
        given = json.loads((folder / "input.json").read_text())
        wanted[graph["name"]] = (graph.get("description", ""), graph, given)
    items = await shown(viewer)
    assert len(items) == len(folders) >= 14
    assert {
        item["name"]: (item["description"], item["graph"], item["input"]) for item in items
    } == wanted
    assert all(item["description"] for item in items), "each says what it shows"


async def test_the_fullest_example_comes_first(viewer: Api) -> None:
    sizes = [len(item["graph"]["nodes"]) for item in await shown(viewer)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


async def test_a_new_account_can_copy_and_publish_every_example(app: FastAPI) -> None:
    _, token = await new_account(app, Role.EDITOR)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        items = await shown(client)
        # Whoever calls comes after whom it calls.
        for item in sorted(items, key=lambda each: calls_another(each["graph"])):
            made = await client.post("/workflows/import", json=item["graph"])
            assert made.status_code == 201, (item["name"], made.text)
            path = f"/workflows/{made.json()['id']}"
            report = (await client.post(f"{path}/validate")).json()
            assert report == {"valid": True, "problems": []}, item["name"]
            sent = await client.post("/workflows/validate", json=item["graph"])
            assert sent.json() == report, item["name"]
            done = await client.post(f"{path}/publish")
            assert (done.status_code, done.json()["created"]) == (200, True), item["name"]


async def test_the_gallery_is_for_accounts(anonymous: Api) -> None:
    assert (await anonymous.get("/examples")).status_code == 401


def calls_another(graph: dict[str, Any]) -> bool:
    """Whether it needs another workflow."""
    return any(node["type"] == "workflow" for node in graph["nodes"])
