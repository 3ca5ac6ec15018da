"""A box ends when its call ends, whatever happens, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from activities import sandbox
from activities.errors import ToolError
from activities.sandbox import SandboxResult, SandboxSpec

Boxed = Callable[..., Awaitable[SandboxResult]]
RUNS = int(os.environ.get("SANDBOX_RUNS", "200"))
ROOT = Path(__file__).parents[3]
TREE = (
    "(sleep {n} & setsid sleep {n} & wait) & nohup sleep {n} >/dev/null 2>&1 & echo up; sleep {n}"
)


def sleeping(seconds: int) -> int:
    """How many processes of the host run `sleep seconds`."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes() == f"sleep\0{seconds}\0".encode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def test_cancel_kills_grandchildren_within_two_seconds() -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["bash", "-c", TREE.format(n=71_001)])))
    assert await until(lambda: sleeping(71_001) == 4, 10)
    start = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_001) == 0
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.006, 0.01, 0.02])
async def test_cancel_while_starting(delay: float) -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["sleep", "71002"])))
    await asyncio.sleep(delay)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_002) == 0


async def test_timeout_of_the_caller() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await sandbox.run(SandboxSpec(["sleep", "71003"]))
    assert sleeping(71_003) == 0


async def test_second_cancel_does_not_leave_the_tree() -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["bash", "-c", TREE.format(n=71_004)])))
    assert await until(lambda: sleeping(71_004) == 4, 10)
    call.cancel()
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_004) == 0


async def test_normal_end_kills_what_was_left_running(boxed_shell: Boxed) -> None:
    result = await boxed_shell("setsid sleep 71005 & sleep 71005 & echo done; exit 7")
    assert (result.exit_code, result.stdout.text()) == (7, "done\n")
    assert sleeping(71_005) == 0


async def test_ignored_signals_do_not_help(boxed_shell: Boxed) -> None:
    call = asyncio.create_task(
        boxed_shell("trap '' TERM INT HUP; sleep 71006 & while :; do :; done")
    )
    assert await until(lambda: sleeping(71_006) == 1, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_006) == 0


async def test_sink_that_raises_ends_the_box() -> None:
    def refuse(_chunk: bytes) -> None:
        raise LookupError("no log")

    spec = SandboxSpec(["bash", "-c", "echo hi; sleep 71007"], on_stdout=refuse)
    with pytest.raises(LookupError):
        await sandbox.run(spec)
    assert sleeping(71_007) == 0


async def test_killed_worker_takes_its_boxes_along() -> None:
    worker = textwrap.dedent("""
        import asyncio
        from activities import sandbox
        spec = sandbox.SandboxSpec(["bash", "-c", "sleep 71008 & sleep 71008"])
        asyncio.run(sandbox.run(spec))
    """)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", worker, cwd=ROOT)
    try:
        assert await until(lambda: sleeping(71_008) == 2, 15)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await until(lambda: sleeping(71_008) == 0, 2)


async def test_nothing_persists_between_calls(boxed_shell: Boxed) -> None:
    await boxed_shell("echo 1 > /box/a; echo 1 > /tmp/b; echo 1 > /dev/shm/c")
    result = await boxed_shell("ls -A /box /tmp /dev/shm | grep -v : | tr -d '\\n'")
    assert result.stdout.text() == ""


async def test_boxes_do_not_see_each_other() -> None:
    other = asyncio.create_task(sandbox.run(SandboxSpec(["sleep", "71009"])))
    assert await until(lambda: sleeping(71_009) == 1, 10)
    result = await sandbox.run(SandboxSpec(["bash", "-c", "echo /proc/[0-9]*"]))
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    assert result.stdout.text() == "/proc/1\n"


def traces() -> dict[str, int]:
    """Everything of ours that could pile up on the host."""
    host = sandbox.availability().host
    assert host is not None
    zombies = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        zombies += parts[0] == "Z" and int(parts[1]) == os.getpid()
    groups = (
        list(host.memory.folder.glob(f"pastetrader-box-{os.getpid()}-*")) if host.memory else []
    )
    temporary = [path for path in Path("/tmp").iterdir() if "bwrap" in path.name]  # noqa: S108
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "zombies": zombies,
        "groups": len(groups),
        "folders": len(temporary),
        "tasks": len(asyncio.all_tasks()),
    }


@pytest.mark.timeout(3_600)
async def test_many_quick_runs_all_succeed_and_leave_nothing(boxed_python: Boxed) -> None:
    await boxed_python("pass")
    before = traces()
    slots = asyncio.Semaphore(8)

    async def one(number: int) -> tuple[int, str, str]:
        async with slots:
            result = await boxed_python(f"print({number})")
            right = result.stdout.text() == f"{number}\n"
            return result.exit_code, "right" if right else "wrong", result.stderr.text()

    outcomes = Counter(await asyncio.gather(*(one(number) for number in range(RUNS))))
    assert outcomes == {(0, "right", ""): RUNS}
    assert traces() == before


async def test_a_box_that_does_not_come_up_is_a_typed_error() -> None:
    spec = SandboxSpec(["true"], files={"/usr/no-such-folder/file": b""})
    with pytest.raises(ToolError, match=r"could not be set up: bwrap: .*Read-only file system"):
        await sandbox.run(spec)


async def test_fifty_at_once(boxed_python: Boxed) -> None:
    codes = (f"import json; print(json.dumps({n}))" for n in range(50))
    results = await asyncio.gather(*(boxed_python(code) for code in codes))
    assert [json.loads(result.stdout.text()) for result in results] == list(range(50))
