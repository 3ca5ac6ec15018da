"""A sandbox must be reliable: thousands of quick runs, none fails, none leaves anything behind."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from activities import sandbox
from activities.sandbox import SandboxResult
from tests.activities.tools.calls import Calls

Boxed = Callable[..., Awaitable[SandboxResult]]
RUNS = int(os.environ.get("SANDBOX_RUNS", "2000"))
AT_ONCE = 8
SHELL = 'sort -r "$INPUT_LIST" > "$OUT/sorted.txt"; head -n 1 "$OUT/sorted.txt" > "$OUTPUT"'


def traces() -> dict[str, int]:
    """Everything of ours that could pile up on the host."""
    host = sandbox.availability().host
    assert host is not None
    groups = (
        list(host.memory.folder.glob(f"pastetrader-box-{os.getpid()}-*")) if host.memory else []
    )
    temporary = Path(tempfile.gettempdir()).iterdir()
    ours = (f"pastetrader-{os.getuid()}-{os.getpid()}-", "bwrap")
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "children": children(),
        "groups": len(groups),
        "folders": sum(path.name.startswith(ours) for path in temporary),
        "tasks": len(asyncio.all_tasks()),
    }


def children() -> int:
    """Processes that we started and that are still there, the dead among them included."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += int(parts[1]) == os.getpid()
    return found


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_many_quick_runs_all_succeed_and_leave_nothing(
    boxed_python: Boxed, calls: Calls
) -> None:
    numbers = await calls.stored(b"1\n3\n2\n", name="numbers.txt")
    slots = asyncio.Semaphore(AT_ONCE)

    async def plain(number: int) -> str:
        result = await boxed_python(f"print({number})")
        right = (result.exit_code, result.stdout.text()) == (0, f"{number}\n")
        return "right" if right else repr(result)

    async def python_tool(number: int) -> str:
        code = "def main(n, numbers): return [n, bytes(n % 9), numbers.read_text()]"
        value = await calls.python(code, n=number, numbers=numbers)
        size = value[1]["$artifact"]["size"]
        return "right" if [value[0], size, value[2]] == [number, number % 9, "1\n3\n2\n"] else value

    async def shell_tool(_: int) -> str:
        value = await calls.shell({"list": numbers}, script=SHELL)
        return "right" if value["json"] == 3 and "sorted.txt" in value["files"] else value

    kinds = [plain, plain, plain, python_tool, plain, plain, plain, shell_tool]

    async def one(number: int) -> str:
        async with slots:
            return await kinds[number % len(kinds)](number)

    await asyncio.gather(*(one(number) for number in range(len(kinds))))  # what is made once
    before = traces()
    outcomes = Counter(await asyncio.gather(*(one(number) for number in range(RUNS))))
    assert outcomes == {"right": RUNS}
    assert traces() == before
