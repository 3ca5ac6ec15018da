"""Servers that others wrote, from the registries, over both transports."""

import asyncio
import json
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from activities.mcp.errors import McpToolError
from activities.mcp.operator_file import StdioServer
from activities.mcp.registry import Server
from cli.embedded.ports import choose_port
from tests.activities.conftest import Attempt
from tests.activities.mcp.bench import Bench, bench, http_server, stdio_server

LOOPBACK = Path(__file__).parent / "servers" / "loopback.cjs"
CALLABLE = {
    *("echo", "get-annotated-message", "get-env", "get-resource-links", "get-sum"),
    *("get-resource-reference", "get-structured-content", "get-tiny-image"),
    *("gzip-file-as-resource", "trigger-long-running-operation"),
}


@pytest.fixture
def programs(everything: Path) -> dict[str, StdioServer]:
    """As an operator would write them."""
    node = shutil.which("node")
    assert node
    return {
        "time": _module("mcp_server_time", "--local-timezone=Europe/Berlin"),
        "fetch": _module("mcp_server_fetch", "--ignore-robots-txt", "--allow-private-ips"),
        "everything": StdioServer(command=node, args=[str(everything), "stdio"]),
    }


def _module(name: str, *arguments: str) -> StdioServer:
    return StdioServer(command=sys.executable, args=["-m", name, *arguments])


@pytest.fixture
async def made(attempt: Attempt, programs: dict[str, StdioServer]) -> AsyncIterator[Bench]:
    """A bench with all three."""
    async with bench(attempt.context, programs) as made:
        yield made


@pytest.fixture
async def over_http(everything: Path) -> AsyncIterator[Server]:
    """The everything server on a port."""
    port = choose_port()
    process = await asyncio.create_subprocess_exec(
        *("node", "-r", str(LOOPBACK), str(everything), "streamableHttp"),
        env=os.environ | {"PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.05)
        writer.close()
    yield http_server(f"http://127.0.0.1:{port}/mcp")
    process.kill()
    await process.wait()


@pytest.fixture
def page() -> Iterator[str]:
    """URL of a page on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html><body><p>A page for tests.</p></body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


async def test_time_is_converted(made: Bench) -> None:
    time = stdio_server("time")
    assert await made.approve(time) == ["get_current_time", "convert_time"]
    given = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Seoul"}
    found = await made.call(time, "convert_time", **given)
    assert found["time_difference"] == "+9.0h"
    assert found["target"]["datetime"][11:16] == "21:00"
    with pytest.raises(McpToolError, match="Invalid"):
        await made.call(time, "convert_time", **given | {"time": "noon"})


async def test_a_tool_is_the_same_after_a_restart(made: Bench) -> None:
    time = stdio_server("time")
    await made.call(time, "get_current_time", timezone="UTC")
    made.sessions.retire(time)
    found = await made.call(time, "get_current_time", timezone="UTC")
    assert found["timezone"] == "UTC"


async def test_a_page_is_fetched(made: Bench, page: str) -> None:
    fetch = stdio_server("fetch")
    found = await made.call(fetch, "fetch", url=page, raw=True, max_length=500)
    assert "A page for tests." in json.dumps(found)
    with pytest.raises(McpToolError):
        await made.call(fetch, "fetch", url="http://127.0.0.1:9/")


async def test_every_kind_of_answer_over_standard_input_and_output(
    made: Bench, attempt: Attempt
) -> None:
    await _every_kind_of_answer(made, stdio_server("everything"), attempt)
    environment = json.loads((await made.call(stdio_server("everything"), "get-env"))["text"])
    assert environment.keys() <= {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    }


async def test_every_kind_of_answer_over_http(
    made: Bench, over_http: Server, attempt: Attempt
) -> None:
    await _every_kind_of_answer(made, over_http, attempt)


async def _every_kind_of_answer(made: Bench, server: Server, attempt: Attempt) -> None:
    assert set(await made.approve(server)) >= CALLABLE
    assert await made.call(server, "echo", message="hi") == {"text": "Echo: hi"}
    assert (await made.call(server, "get-sum", a=2, b=3))["text"].endswith("5.")
    structured = await made.call(server, "get-structured-content", location="Chicago")
    assert set(structured) == {"temperature", "conditions", "humidity"}
    _, image, _ = (await made.call(server, "get-tiny-image"))["contents"]
    stored = await attempt.artifacts.get(image["artifact"])
    assert stored.startswith(b"\x89PNG")
    links = (await made.call(server, "get-resource-links", count=2))["contents"]
    assert [each["type"] for each in links] == ["text", "resource_link", "resource_link"]
    given = {"resourceType": "Text", "resourceId": 1}
    embedded = (await made.call(server, "get-resource-reference", **given))["contents"][1]
    assert embedded["uri"].startswith("demo://")
    assert embedded["text"]


async def test_progress_and_cancelling_over_http(
    made: Bench, over_http: Server, attempt: Attempt
) -> None:
    given = {"duration": 2, "steps": 4}
    await made.call(over_http, "trigger-long-running-operation", **given)
    assert any("of 4" in line[0] for line in attempt.lines)
    await _cancel(made, over_http)


async def test_progress_and_cancelling_over_standard_input_and_output(
    made: Bench, attempt: Attempt
) -> None:
    server = stdio_server("everything")
    given = {"duration": 2, "steps": 4}
    await made.call(server, "trigger-long-running-operation", **given)
    assert any("of 4" in line[0] for line in attempt.lines)
    await _cancel(made, server)


async def _cancel(made: Bench, server: Server) -> None:
    given = {"duration": 60, "steps": 1}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(made.call(server, "trigger-long-running-operation", **given), 0.5)
    assert await made.call(server, "echo", message="on") == {"text": "Echo: on"}
