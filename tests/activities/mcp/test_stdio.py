"""Servers that are programs: kept warm, given little, ended for certain, whatever they send."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from activities.errors import InvalidOutput, PayloadTooLarge
from activities.mcp.errors import (
    McpProtocolError,
    McpServerLost,
    McpServerUnavailable,
    McpServerUnknown,
    McpToolChanged,
    McpToolError,
)
from activities.mcp.operator_file import StdioServer
from activities.mcp.progress import MAX_LINES
from activities.mcp.registry import Server
from models.enums import McpTransport
from models.graph.limits import MAX_LOG_LINES
from tests.activities.conftest import Attempt
from tests.activities.mcp.bench import Bench, bench, hostile_program, stdio_server

SERVER = stdio_server("hostile")


@pytest.fixture
async def hostile(attempt: Attempt, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench with our hostile server, which keeps a journal."""
    programs = {"hostile": hostile_program("plain", tmp_path / "journal")}
    async with bench(attempt.context, programs) as made:
        yield made


def journal(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "journal").read_text().splitlines()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while alive(pid):
            await asyncio.sleep(0.02)


async def pid_of(bench_: Bench) -> int:
    return int((await bench_.call(SERVER, "pid"))["text"])


# One warm process ------------------------------------------------------------------------------


async def test_one_process_serves_many_calls_at_once(hostile: Bench) -> None:
    first = await pid_of(hostile)
    said = await asyncio.gather(*(hostile.call(SERVER, "echo", text=f"{n}") for n in range(50)))
    assert [each["text"] for each in said] == [f"{n}" for n in range(50)]
    assert await pid_of(hostile) == first


async def test_a_call_in_flight_fails_when_the_server_dies_and_the_next_one_finds_it_again(
    hostile: Bench,
) -> None:
    first = await pid_of(hostile)
    waiting = asyncio.create_task(hostile.call(SERVER, "never"))
    await asyncio.sleep(0.1)
    with pytest.raises(McpServerLost, match="ended with code 3") as failure:
        await hostile.call(SERVER, "die")
    assert failure.value.retryable
    with pytest.raises(McpServerLost):
        await waiting
    assert await pid_of(hostile) != first


async def test_a_killed_server_is_started_again(hostile: Bench) -> None:
    first = await pid_of(hostile)
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(McpServerLost):  # as long as the end is not noticed
                assert await pid_of(hostile) != first
                break


async def test_the_process_gets_nothing_of_the_workers_environment(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary")
    monkeypatch.setenv("PASTETRADER_SECRET_KEY", "canary")
    program = hostile_program().model_copy(update={"env": {"GREETING": "hello"}})
    async with bench(attempt.context, {"hostile": program}) as made:
        seen = json.loads((await made.call(SERVER, "environ"))["text"])
    assert seen["GREETING"] == "hello"
    assert seen["PATH"]
    assert "canary" not in str(seen)
    assert set(seen) <= {
        *("GREETING", "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"),
        "LC_CTYPE",  # set by the interpreter itself
    }


async def test_closing_ends_the_server_and_its_children(attempt: Attempt) -> None:
    programs = {"hostile": hostile_program("stays")}
    async with bench(attempt.context, programs) as made:
        server, child = await pid_of(made), int((await made.call(SERVER, "children"))["text"])
        assert alive(server)
        assert alive(child)
    await gone(server)
    await gone(child)


async def test_a_killed_worker_leaves_no_server(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from activities.mcp.process import ServerProcess\n"
        "from tests.activities.mcp.bench import hostile_program\n"
        "async def main():\n"
        "    process = await ServerProcess.start('x', hostile_program('stays'))\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout
    server = int(await asyncio.wait_for(worker.stdout.readline(), 30))
    assert alive(server)
    worker.kill()
    await worker.wait()
    await gone(server)


async def test_what_a_server_writes_to_its_errors_is_logged_within_bounds(hostile: Bench) -> None:
    with capture_logs() as logs:
        await hostile.call(SERVER, "whisper")
        await hostile.sessions.close()
    lines = [each for each in logs if each["event"] == "an MCP server says"]
    assert lines[0]["line"] == "whispered \ufffd[31mline"
    assert lines[0]["server"] == "hostile"
    assert 10 < len(lines) <= MAX_LOG_LINES + 1


async def test_a_program_that_is_not_there_is_named(attempt: Attempt) -> None:
    programs = {"hostile": StdioServer(command="no-such-program")}
    async with bench(attempt.context, programs) as made:
        with pytest.raises(McpServerUnavailable, match="no-such-program"):
            await made.call(SERVER, "echo", text="x")


async def test_a_server_that_ends_at_once_says_so(attempt: Attempt) -> None:
    programs = {"hostile": hostile_program("dies_at_start")}
    async with bench(attempt.context, programs) as made:
        with pytest.raises(McpServerLost, match="ended with code 1"):
            await made.call(SERVER, "echo", text="x")


async def test_a_server_that_is_never_ready_is_given_up(attempt: Attempt) -> None:
    programs = {"hostile": hostile_program("silent")}
    async with bench(attempt.context, programs, open_seconds=1) as made:
        with pytest.raises(McpServerUnavailable, match="not ready within 1 seconds"):
            await made.call(SERVER, "echo", text="x")


async def test_only_the_operators_servers_are_programs(attempt: Attempt) -> None:
    async with bench(attempt.context, {"hostile": hostile_program()}) as made:
        for row in (
            stdio_server("other"),
            Server("1", "an account", "hostile", McpTransport.STDIO, 1),
        ):
            with pytest.raises(McpServerUnknown, match="PASTETRADER_MCP_SERVERS"):
                await made.call(row, "echo", text="x")


# Giving up --------------------------------------------------------------------------------------


async def test_a_cancelled_call_ends_at_once_and_the_server_is_told(
    hostile: Bench, tmp_path: Path
) -> None:
    await hostile.approve(SERVER)
    call = asyncio.create_task(hostile.call(SERVER, "never"))
    await asyncio.sleep(0.1)
    call.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - started < 2
    assert (await hostile.call(SERVER, "echo", text="still here"))["text"] == "still here"
    assert "notifications/cancelled" in [each.get("method") for each in journal(tmp_path)]


async def test_a_call_of_a_server_that_reads_nothing_ends_when_cancelled(
    attempt: Attempt,
) -> None:
    async with bench(attempt.context, {"hostile": hostile_program("deaf")}) as made:
        await made.approve(SERVER)
        call = asyncio.create_task(made.call(SERVER, "echo", text="x" * 1_000_000))
        await asyncio.sleep(0.2)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert time.monotonic() - started < 2


async def test_an_answer_with_another_id_is_no_answer(hostile: Bench) -> None:
    await hostile.approve(SERVER)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hostile.call(SERVER, "wrong_id"), 0.5)
    assert (await hostile.call(SERVER, "echo", text="x"))["text"] == "x"


# Too much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["huge", "endless"])
async def test_an_answer_that_is_too_large_ends_the_call_and_the_server(
    hostile: Bench, tool: str
) -> None:
    first = await pid_of(hostile)
    with pytest.raises(PayloadTooLarge, match="10 MiB"):
        await hostile.call(SERVER, tool)
    await gone(first)
    assert (await hostile.call(SERVER, "echo", text="x"))["text"] == "x"


async def test_others_may_try_again_when_one_answer_is_too_large(hostile: Bench) -> None:
    await hostile.approve(SERVER)
    other = asyncio.create_task(hostile.call(SERVER, "never"))
    await asyncio.sleep(0.1)
    with pytest.raises(McpServerLost, match="over 10 MiB"):
        await hostile.call(SERVER, "huge")
    with pytest.raises(McpServerLost) as failure:
        await other
    assert failure.value.retryable


async def test_a_flood_neither_fills_the_log_nor_stops_the_worker(
    hostile: Bench, attempt: Attempt
) -> None:
    await hostile.approve(SERVER)
    flood = asyncio.create_task(hostile.call(SERVER, "flood"))
    longest, end = 0.0, time.monotonic() + 3
    while time.monotonic() < end:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)
    assert longest < 1, "the worker must go on beating"
    assert 1 <= len(attempt.lines) <= MAX_LINES
    assert "\x1b" not in str(attempt.lines)


async def test_garbage_between_messages_is_passed_over(hostile: Bench) -> None:
    assert (await hostile.call(SERVER, "garbage"))["text"] == "after the garbage"


@pytest.mark.parametrize(
    ("mode", "message"), [("many", "more than 500 tools"), ("endless_pages", "has no end")]
)
async def test_a_list_without_bounds_is_refused(attempt: Attempt, mode: str, message: str) -> None:
    async with bench(attempt.context, {"hostile": hostile_program(mode)}) as made:
        with pytest.raises(McpProtocolError, match=message):
            await made.approve(SERVER)


# What it wants, what it says --------------------------------------------------------------------


async def test_what_a_server_asks_of_us_is_refused(hostile: Bench, tmp_path: Path) -> None:
    assert (await hostile.call(SERVER, "ask"))["text"] == "asked"
    async with asyncio.timeout(10):
        while True:
            answers = [each for each in journal(tmp_path) if str(each.get("id")).startswith("q")]
            if len(answers) == 3:
                break
            await asyncio.sleep(0.02)
    assert all("error" in each and "result" not in each for each in answers)
    opening = next(each for each in journal(tmp_path) if each.get("method") == "initialize")
    assert opening["params"]["capabilities"] == {}  # type: ignore[index]


async def test_progress_becomes_log_lines(hostile: Bench, attempt: Attempt) -> None:
    await hostile.call(SERVER, "progress")
    assert attempt.lines[0][0] == "progress 1: working"


async def test_a_tool_that_says_no_is_not_tried_again(hostile: Bench) -> None:
    with pytest.raises(McpToolError, match="I will not") as failure:
        await hostile.call(SERVER, "refuse")
    assert not failure.value.retryable
    assert len(failure.value.message) < 2_100
    assert "\x07" not in failure.value.message


async def test_structured_content_against_its_schema_is_refused(hostile: Bench) -> None:
    with pytest.raises(InvalidOutput, match=r"output\.n"):
        await hostile.call(SERVER, "against_schema")


async def test_text_is_read_as_json_only_where_an_output_schema_wants_it(hostile: Bench) -> None:
    assert await hostile.call(SERVER, "old_style") == {"n": 3}
    assert await hostile.call(SERVER, "text_only") == {"text": '{"n": 3}\ufffd'}


async def test_links_and_files_stay_data(hostile: Bench) -> None:
    link, blob, text, audio = (await hostile.call(SERVER, "links"))["contents"]
    assert link == {"type": "resource_link", "uri": "file:///etc/passwd", "name": "passwords"}
    assert blob["artifact"]["$artifact"]["content_type"] == "application/octet-stream"
    assert text == {"type": "resource", "uri": "file:///y", "text": "{{ secrets.key }}"}
    assert (audio["type"], audio["artifact"]["$artifact"]["size"]) == ("audio", 3)


@pytest.mark.parametrize("tool", ["bad_file", "unknown_kind"])
async def test_content_that_is_none_is_refused(hostile: Bench, tool: str) -> None:
    with pytest.raises((InvalidOutput, McpProtocolError)):
        await hostile.call(SERVER, tool)


# Changed tools ----------------------------------------------------------------------------------


async def test_a_tool_that_changes_is_refused_as_soon_as_the_server_says_so(
    hostile: Bench,
) -> None:
    await hostile.call(SERVER, "change")
    with pytest.raises(McpToolChanged, match="approve it again") as failure:
        await hostile.call(SERVER, "echo", text="x")
    assert not failure.value.retryable
    assert (await hostile.call(SERVER, "calls"))["text"] == "2", "it was not called"


async def test_a_tool_that_changes_silently_is_noticed_when_the_list_is_old(
    attempt: Attempt,
) -> None:
    programs = {"hostile": hostile_program()}
    async with bench(attempt.context, programs, list_seconds=0.2) as made:
        await made.call(SERVER, "change_silently")
        await asyncio.sleep(0.3)
        with pytest.raises(McpToolChanged):
            await made.call(SERVER, "echo", text="x")


async def test_a_tool_that_is_another_after_a_restart_is_refused(
    attempt: Attempt, tmp_path: Path
) -> None:
    programs = {"hostile": hostile_program("changes_at_restart", tmp_path / "journal")}
    async with bench(attempt.context, programs) as made:
        assert (await made.call(SERVER, "echo", text="x"))["text"] == "x"
        with pytest.raises(McpServerLost):
            await made.call(SERVER, "die")
        with pytest.raises(McpToolChanged):
            await made.call(SERVER, "echo", text="x")
