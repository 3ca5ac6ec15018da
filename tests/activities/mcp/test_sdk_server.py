"""A server made with the SDK, over HTTP: the protocol as it is since 2026, without sessions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import pytest
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import InputRequiredResult
from pydantic import BaseModel, Field

from activities.mcp.errors import McpInputRequired, McpProtocolError, McpToolError
from activities.mcp.registry import Server
from tests.activities.conftest import Attempt
from tests.activities.mcp.bench import Bench, bench, http_server


class Sum(BaseModel):
    """A result with a schema."""

    total: int


class Shelf:
    """What the server noted."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.running = asyncio.Event()


def make_server(shelf: Shelf) -> MCPServer:
    server = MCPServer("sums")

    @server.tool()
    async def add(a: int, b: Annotated[int, Field(ge=0)]) -> Sum:
        """Adds."""
        return Sum(total=a + b)

    @server.tool()
    async def fail() -> str:
        """Fails."""
        raise ToolError("no sums today")

    @server.tool()
    async def slow(context: Context) -> str:
        """Never ends."""
        await context.report_progress(1, 2, "half")
        shelf.running.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            shelf.cancelled.set()
            raise
        return "done"

    @server.tool()
    async def ask(context: Context) -> str:
        """Asks a person."""
        answer = await context.elicit("Your password?", Sum)
        return str(answer)

    @server.tool()
    async def hold() -> str | InputRequiredResult:
        """Wants to be called again."""
        return InputRequiredResult(request_state="half done")

    return server


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def server(shelf: Shelf) -> AsyncIterator[Server]:
    """The server on a loopback port."""
    app = make_server(shelf).streamable_http_app()
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    async with asyncio.timeout(20):
        while not running.started:
            await asyncio.sleep(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield http_server(f"http://127.0.0.1:{port}/mcp")
    running.should_exit = running.force_exit = True
    await task


@pytest.fixture
async def made(attempt: Attempt) -> AsyncIterator[Bench]:
    async with bench(attempt.context) as made:
        yield made


async def test_tools_are_listed_and_called(made: Bench, server: Server) -> None:
    assert await made.approve(server) == ["add", "fail", "slow", "ask", "hold"]
    assert await made.call(server, "add", a=1, b=2) == {"total": 3}
    with pytest.raises(McpToolError, match="no sums today"):
        await made.call(server, "fail")


async def test_the_server_stops_work_that_is_given_up(
    made: Bench, server: Server, shelf: Shelf, attempt: Attempt
) -> None:
    await made.approve(server)
    call = asyncio.create_task(made.call(server, "slow"))
    async with asyncio.timeout(10):
        await shelf.running.wait()
        while not attempt.lines:
            await asyncio.sleep(0.02)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(shelf.cancelled.wait(), 10)
    assert attempt.lines[0][0] == "progress 1 of 2: half"


async def test_nobody_answers_what_a_tool_asks(made: Bench, server: Server) -> None:
    with pytest.raises(McpProtocolError, match="elicitation"):
        await asyncio.wait_for(made.call(server, "ask"), 10)
    with pytest.raises(McpInputRequired):
        await asyncio.wait_for(made.call(server, "hold"), 10)
