"""Every example runs as it is, through the API, and gives what it says."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from activities.tools import builtin
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from models.enums import NodeType
from models.graph.document import parse_document
from models.graph.values import ARTIFACT_KEY, is_artifact
from tests.api.fixtures import Api, ended, started

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/expected.json"))


def document(folder: Path) -> dict[str, Any]:
    """The example's graph."""
    return parse_document((folder / "workflow.yaml").read_bytes(), "application/yaml")


@pytest.fixture
def price_server(app: FastAPI) -> Iterator[str]:
    """Serves the shipped prices over HTTP, as a price provider would: at once, or as an export."""
    exports: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            found = re.fullmatch(r"/prices/exports/(\d+)(/rows)?", path)
            if found is None:
                symbol = query["symbol"][0]
                self.answer({"symbol": symbol, "close": [row["close"] for row in rows_of(symbol)]})
            elif found.group(2):
                self.answer(page(exports[int(found.group(1))]["symbol"], query))
            else:
                export = exports[int(found.group(1))]
                export["polls"] += 1
                self.answer({"status": "done" if export["polls"] == 3 else "running"})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            exports.append({"symbol": asked["symbol"], "polls": 0})
            self.answer({"id": len(exports) - 1, "status": "running"}, 202)

        def answer(self, value: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/prices"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
async def time_server(admin: Api) -> None:
    """The operator's MCP server, approved for everybody."""
    async with asyncio.timeout(20):
        while True:
            found = (await admin.get("/mcp/servers", params={"text": "time"})).json()["items"]
            if mine := [each["id"] for each in found if each["operator"]]:
                break
            await asyncio.sleep(0.05)
    answer = await admin.post(f"/mcp/servers/{mine[0]}/refresh", json={"approve": "all"})
    assert answer.json()["approved"] == 2, answer.text


@pytest.fixture
async def model_server() -> AsyncIterator[str]:
    """A language model that compares two shares as a good one would."""
    calls = [{"name": "monthly_prices", "arguments": {"symbol": name}} for name in ("AAPL", "IBM")]
    script = {"turns": [{"tool_calls": calls}, '{"symbol": "AAPL", "gain_percent": 759.8}']}
    async with scripted_model(Script.model_validate(script)) as server:
        yield f"{server.url}/v1"


def rows_of(symbol: str) -> list[dict[str, Any]]:
    """The shipped prices of a share."""
    return [
        {"month": day.isoformat()[:7], "close": price}
        for day, price in builtin._prices("stocks")[symbol]
    ]


def page(symbol: str, query: dict[str, list[str]]) -> dict[str, Any]:
    """A page of them, and the cursor of the next."""
    start, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
    rows = rows_of(symbol)
    following = str(start + limit) if start + limit < len(rows) else None
    return {"data": {"rows": rows[start : start + limit], "next_cursor": following}}


async def publish(client: Api, folder: Path) -> str:
    """Import and publish an example, after the ones it calls."""
    graph = document(folder)
    for node in graph["nodes"]:
        if node["type"] == "workflow":
            wanted = node["config"]["workflow"]
            called = next(f for f in FOLDERS if document(f)["name"] == wanted)
            await publish(client, called)
    made = await client.post("/workflows/import", params={"on_conflict": "replace"}, json=graph)
    answer = await client.post(f"/workflows/{made.json()['id']}/publish")
    assert answer.status_code == 200, answer.text
    assert answer.json()["problems"] == []
    return str(made.json()["id"])


def without_facts(value: Any) -> Any:
    """An output whose artifacts keep only what is the same in every run: name and type."""
    if isinstance(value, list):
        return [without_facts(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_artifact(value):
        facts = value[ARTIFACT_KEY]
        assert facts["size"] > 0
        return {ARTIFACT_KEY: {name: facts[name] for name in ("name", "content_type")}}
    return {key: without_facts(item) for key, item in value.items()}


async def approve(client: Api, run_id: str, form: dict[str, Any]) -> None:
    """Say yes to what the run asks."""
    async with asyncio.timeout(30):
        while True:
            asked = await client.get("/approvals", params={"execution_id": run_id})
            if found := asked.json()["items"]:
                break
            await asyncio.sleep(0.05)
    body = {"approve": True, "form": form}
    answer = await client.post(f"/approvals/{found[0]['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_an_example_gives_what_it_says(
    editor: Api, folder: Path, price_server: str, time_server: None, model_server: str
) -> None:
    given = json.loads((folder / "input.json").read_text())
    if "url" in given:
        given["url"] = model_server if "model" in given else price_server
    run_id = await started(editor, await publish(editor, folder), given)
    if folder.name == "approval":
        await approve(editor, run_id, {"shares": 12})
    if folder.name == "event":
        event = {"name": "prices.checked", "key": "MSFT", "payload": {"close": 120.5}}
        assert (await editor.post("/events", json=event)).status_code == 202
    run = await ended(editor, run_id, 90)
    assert run["status"] == "completed", run["error"]
    assert without_facts(run["output"]) == json.loads((folder / "expected.json").read_text())


def test_every_kind_of_node_and_tool_has_an_example() -> None:
    nodes = [node for folder in FOLDERS for node in document(folder)["nodes"]]
    assert {node["type"] for node in nodes} == set(NodeType)
    kinds = {node["config"]["kind"] for node in nodes if node["type"] == "tool"}
    assert kinds == {"http", "mcp", "python", "shell", "builtin"}
