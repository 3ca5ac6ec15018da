"""Every example runs as it is, through the API, and gives what it says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from activities.tools import builtin
from models.enums import NodeType
from models.graph.document import parse_document
from models.graph.validation import RESERVED
from models.graph.values import ARTIFACT_KEY, is_artifact
from tests.api.fixtures import Api, ended, started

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/expected.json"))


def document(folder: Path) -> dict[str, Any]:
    """The example's graph."""
    return parse_document((folder / "workflow.yaml").read_bytes(), "application/yaml")


@pytest.fixture
def price_server(app: FastAPI) -> Iterator[str]:
    """Serves the shipped prices over HTTP, as a price provider would."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            symbol = parse_qs(urlsplit(self.path).query)["symbol"][0]
            close = [price for _, price in builtin._prices("stocks")[symbol]]
            body = json.dumps({"symbol": symbol, "close": close}).encode()
            self.send_response(200)
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


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_an_example_gives_what_it_says(editor: Api, folder: Path, price_server: str) -> None:
    given = json.loads((folder / "input.json").read_text())
    if "url" in given:
        given["url"] = price_server
    run = await ended(editor, await started(editor, await publish(editor, folder), given))
    assert run["status"] == "completed", run["error"]
    assert without_facts(run["output"]) == json.loads((folder / "expected.json").read_text())


def test_every_kind_of_node_and_tool_has_an_example() -> None:
    nodes = [node for folder in FOLDERS for node in document(folder)["nodes"]]
    assert {node["type"] for node in nodes} == set(NodeType) - RESERVED
    kinds = {node["config"]["kind"] for node in nodes if node["type"] == "tool"}
    assert kinds == {"http", "python", "shell", "builtin"}
