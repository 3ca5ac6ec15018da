"""Servers over HTTP: guarded, one session kept, every answer within its limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

import pytest

from activities.errors import (
    AddressBlocked,
    ConnectionFailed,
    HttpStatusError,
    InvalidInput,
    PayloadTooLarge,
)
from activities.mcp.errors import (
    McpBusy,
    McpProtocolError,
    McpServerLost,
    McpToolChanged,
    SessionExpired,
)
from activities.mcp.progress import MAX_LINES
from activities.mcp.registry import Server
from tests.activities.conftest import Attempt
from tests.activities.mcp import hostile as said
from tests.activities.mcp.bench import Bench, bench, http_server
from tests.activities.mcp.hostile_http import HostileServer, hostile_http

KEY = "k3y-of-somebody"


@pytest.fixture
async def hostile() -> AsyncIterator[HostileServer]:
    """Our hostile server."""
    async with hostile_http() as server:
        yield server


@pytest.fixture
def server(hostile: HostileServer) -> Server:
    """Its registration."""
    return http_server(hostile.url)


async def secrets(owner_id: str, names: Iterable[str]) -> dict[str, str]:
    assert owner_id
    return dict.fromkeys(names, KEY)


@pytest.fixture
async def open_bench(attempt: Attempt) -> AsyncIterator[Bench]:
    """A bench that may reach loopback."""
    async with bench(attempt.context, secrets=secrets) as made:
        yield made


# One warm session -------------------------------------------------------------------------------


async def test_one_session_serves_many_calls(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.approve(server)
    calls = (open_bench.call(server, "echo", text=f"{n}") for n in range(20))
    answers = await asyncio.gather(*calls)
    assert [each["text"] for each in answers] == [f"{n}" for n in range(20)]
    assert len(hostile.asked("initialize")) == 1
    assert {each.headers["mcp-session-id"] for each in hostile.asked("tools/call")} == {"firstx"}
    versions = {each.headers["mcp-protocol-version"] for each in hostile.asked("tools/call")}
    assert versions == {"2025-06-18"}


async def test_the_server_is_told_when_the_session_ends(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.call(server, "echo", text="x")
    await open_bench.sessions.close()
    last = hostile.requests[-1]
    assert (last.method, last.headers["mcp-session-id"]) == ("DELETE", "firstx")


async def test_a_forgotten_session_is_told_apart(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.call(server, "echo", text="x")
    hostile.session = "another"
    with pytest.raises(SessionExpired):
        await open_bench.call(server, "echo", text="x")
    open_bench.sessions.retire(server)
    assert (await open_bench.call(server, "echo", text="y"))["text"] == "y"


async def test_another_version_of_a_row_gets_another_session(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.approve(server)
    changed = Server(server.id, server.owner_id, "remote", server.transport, 2, hostile.url)
    await open_bench.approve(changed)
    assert len(hostile.asked("initialize")) == 2


async def test_an_idle_session_is_closed(attempt: Attempt, hostile: HostileServer) -> None:
    async with bench(attempt.context, idle_seconds=0.4) as made:
        await made.approve(http_server(hostile.url))
        async with asyncio.timeout(10):
            while hostile.requests[-1].method != "DELETE":
                await asyncio.sleep(0.05)


async def test_sessions_are_counted(attempt: Attempt, hostile: HostileServer) -> None:
    first, second = http_server(hostile.url), http_server(hostile.url)
    async with bench(attempt.context, most=1) as made:
        await made.approve(first)
        await made.approve(second)  # the first was idle, and made room
        async with made.sessions.use(second):
            with pytest.raises(McpBusy) as failure:
                await made.approve(first)
    assert failure.value.retryable


# Where it may lead ------------------------------------------------------------------------------


async def test_a_server_on_the_inside_is_refused(
    attempt: Attempt, hostile: HostileServer, server: Server
) -> None:
    async with bench(attempt.context, allow="") as made:
        with pytest.raises(AddressBlocked, match="PASTETRADER_HTTP_ALLOW"):
            await made.approve(server)
    assert hostile.connections == 0


async def test_a_redirect_to_another_place_is_not_followed(
    attempt: Attempt, hostile: HostileServer
) -> None:
    async with hostile_http() as inside:
        hostile.redirect = inside.url
        async with bench(attempt.context, secrets=secrets) as made:
            guarded = http_server(hostile.url, Authorization="Bearer {{ secrets.key }}")
            with pytest.raises(HttpStatusError, match="redirects to") as failure:
                await made.approve(guarded)
    assert inside.connections == 0
    assert not failure.value.retryable


async def test_a_redirect_within_the_origin_is_followed(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    hostile.redirect = "/moved"
    assert (await open_bench.call(server, "echo", text="x"))["text"] == "x"


async def test_a_redirect_in_a_circle_ends(open_bench: Bench) -> None:
    async with hostile_http(redirect="/mcp") as circle:
        with pytest.raises(McpProtocolError, match="circle"):
            await open_bench.approve(http_server(circle.url))


# Secrets ----------------------------------------------------------------------------------------


async def test_secrets_are_sent_and_do_not_come_back(
    open_bench: Bench, hostile: HostileServer, attempt: Attempt
) -> None:
    server = http_server(hostile.url, Authorization="Bearer {{ secrets.key }}")
    answer = await open_bench.call(server, "environ")
    assert hostile.asked("tools/call")[0].headers["authorization"] == f"Bearer {KEY}"
    assert "[secret key]" in answer["text"]
    assert KEY not in str(answer)


@pytest.mark.parametrize("text", ["{{ input.key }}", "{{ secrets.key", "{{ secrets.a.b }}"])
async def test_other_expressions_in_headers_are_refused(
    open_bench: Bench, hostile: HostileServer, text: str
) -> None:
    with pytest.raises(InvalidInput, match="Authorization"):
        await open_bench.approve(http_server(hostile.url, Authorization=text))
    assert hostile.connections == 0


async def test_nothing_of_the_run_goes_to_the_server(
    open_bench: Bench, hostile: HostileServer, server: Server, attempt: Attempt
) -> None:
    await open_bench.call(server, "echo", text="x")
    (call,) = hostile.asked("tools/call")
    assert set(call.headers) == {
        *("host", "accept", "accept-encoding", "connection", "content-length", "content-type"),
        *("user-agent", "mcp-session-id", "mcp-protocol-version"),
    }
    assert call.message["params"]["arguments"] == {"text": "x"}
    assert open_bench.context.execution_id not in str(call)


# Answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "retryable"), [(401, False), (403, False), (400, False), (429, True), (503, True)]
)
async def test_a_status_is_an_error(
    open_bench: Bench, hostile: HostileServer, server: Server, status: int, retryable: bool
) -> None:
    await open_bench.approve(server)
    hostile.refusals.append(status)
    with pytest.raises(HttpStatusError, match=str(status)) as failure:
        await open_bench.call(server, "echo", text="x")
    assert failure.value.retryable is retryable
    assert (await open_bench.call(server, "echo", text="x"))["text"] == "x"


async def test_a_server_that_lets_nobody_in_says_so_when_the_session_opens(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    hostile.refusals += [401, 401, 401]
    with pytest.raises(HttpStatusError, match="headers and secrets"):
        await open_bench.approve(server)


async def test_a_server_that_is_away_is_tried_again(open_bench: Bench) -> None:
    with pytest.raises(ConnectionFailed) as failure:
        await open_bench.approve(http_server("http://127.0.0.1:9/mcp"))
    assert failure.value.retryable


@pytest.mark.parametrize("tool", ["huge", "endless", "whisper"])
async def test_an_answer_that_is_too_large_is_refused(
    open_bench: Bench, server: Server, tool: str
) -> None:
    await open_bench.approve(server)
    with pytest.raises(PayloadTooLarge, match="10 MiB"):
        await open_bench.call(server, tool)
    assert (await open_bench.call(server, "echo", text="x"))["text"] == "x"


async def test_a_connection_that_breaks_fails_its_own_call_only(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.approve(server)
    other = asyncio.create_task(open_bench.call(server, "never"))
    await asyncio.sleep(0.1)
    with pytest.raises(ConnectionFailed):
        await open_bench.call(server, "die")
    assert not other.done()
    other.cancel()


@pytest.mark.parametrize("tool", ["wrong_id", "garbage"])
async def test_what_is_no_answer_is_refused_at_once(
    open_bench: Bench, server: Server, tool: str
) -> None:
    await open_bench.approve(server)
    with pytest.raises(McpProtocolError):
        await asyncio.wait_for(open_bench.call(server, tool), 5)


async def test_another_kind_of_answer_is_refused(open_bench: Bench, server: Server) -> None:
    with pytest.raises(HttpStatusError, match="text/html"):
        await open_bench.call(server, "unknown_kind")


async def test_events_before_the_answer_are_progress_or_nothing(
    open_bench: Bench, server: Server, attempt: Attempt
) -> None:
    assert await open_bench.call(server, "progress") == {"text": "done"}
    assert [line[0] for line in attempt.lines] == ["progress 1: working"]


async def test_a_flood_of_events_without_an_answer_ends_as_lost(
    open_bench: Bench, server: Server, attempt: Attempt
) -> None:
    await open_bench.approve(server)
    with pytest.raises(McpServerLost, match="broke off"):
        await open_bench.call(server, "flood")
    assert len(attempt.lines) <= MAX_LINES


async def test_a_broken_stream_is_taken_up_again(open_bench: Bench, server: Server) -> None:
    assert await open_bench.call(server, "children") == {"text": "after all"}


async def test_a_cancelled_call_ends_at_once_and_lets_its_connection_go(
    open_bench: Bench, hostile: HostileServer, server: Server
) -> None:
    await open_bench.approve(server)
    call = asyncio.create_task(open_bench.call(server, "never"))
    async with asyncio.timeout(5):
        while not hostile.open_calls:
            await asyncio.sleep(0.01)
    call.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - started < 2
    async with asyncio.timeout(5):
        while hostile.open_calls or not hostile.asked("notifications/cancelled"):
            await asyncio.sleep(0.01)


async def test_a_changed_tool_is_refused(
    attempt: Attempt, hostile: HostileServer, server: Server
) -> None:
    async with bench(attempt.context, list_seconds=0.2) as made:
        await made.call(server, "pid")
        hostile.tools = said.changed(hostile.tools)
        await asyncio.sleep(0.3)
        with pytest.raises(McpToolChanged):
            await made.call(server, "echo", text="x")
        assert not [
            each for each in hostile.asked("tools/call") if each.message["params"]["name"] == "echo"
        ]
