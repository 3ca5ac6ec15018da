"""What the sandbox costs: calls of Python and Shell tools beside a bare interpreter."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from activities import sandbox
from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.errors import InvalidInput
from activities.sandbox import SandboxSpec
from activities.scratch import Scratch
from activities.tools import python, shell
from activities.tools.packages import VARIABLE
from bench.figures import Figure, percentile
from models.enums import LogLevel
from models.graph.tool import PythonConfig, ShellConfig
from models.graph.values import Json

CALLS = 200
_TESTS_PACKAGES = Path(__file__).resolve().parents[1] / ".cache" / "packages"
_RETURN = PythonConfig(code="def main(): return 1")
_NUMPY = PythonConfig(
    code="import numpy\ndef main(): return numpy.arange(9).sum()", packages=["numpy"]
)
_ECHO = ShellConfig(command=["true"])


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Medians over `CALLS` calls of each kind in turn, so that all see the same machine."""
    host = await sandbox.require()
    bare = _bare(str(host.interpreter))
    calls = {
        "bare": bare,
        "box": lambda: sandbox.run(SandboxSpec(["true"])),
        "python": lambda: _python(_RETURN),
        "shell": _shell,
    }
    took = await _measure(calls, max(CALLS, rounds))
    interpreter, tool = took["bare"], took["python"]
    yield Figure("interpreter alone, p50", interpreter, "ms", note="python3 -I -c pass")
    yield Figure("box around `true`, p50", took["box"], "ms", at_most=25)
    yield Figure("Python tool, p50", tool, "ms", note="def main(): return 1")
    yield Figure("Python tool above the interpreter, p50", tool - interpreter, "ms", at_most=60)
    yield Figure("Shell tool, p50", took["shell"], "ms", note="true")
    async for figure in _numpy(bare, max(CALLS // 4, rounds)):
        yield figure


async def _numpy(bare: Callable[[], Awaitable[object]], times: int) -> AsyncIterator[Figure]:
    os.environ.setdefault(VARIABLE, str(_TESTS_PACKAGES))
    try:
        await _python(_NUMPY)
    except InvalidInput as error:
        yield Figure("Python tool with numpy: not measured", 0, "ms", note=error.message)
        return
    took = await _measure({"bare": bare, "numpy": lambda: _python(_NUMPY)}, times)
    note = f"{took['numpy'] - took['bare']:.0f} ms above the interpreter"
    yield Figure("Python tool with numpy, p50", took["numpy"], "ms", note=note)


async def _measure(
    calls: dict[str, Callable[[], Awaitable[object]]], times: int
) -> dict[str, float]:
    """Median of each in milliseconds."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(times + 5):
        for name, call in calls.items():
            began = time.perf_counter()
            await call()
            if turn >= 5:  # the first ones warm up
                took[name].append((time.perf_counter() - began) * 1000)
    return {name: percentile(values, 50) for name, values in took.items()}


def _bare(interpreter: str) -> Callable[[], Awaitable[object]]:
    async def call() -> None:
        process = await asyncio.create_subprocess_exec(interpreter, "-I", "-c", "pass")
        await process.wait()

    return call


async def _python(config: PythonConfig) -> Json:
    return await python.run(config, {}, _context())


async def _shell() -> Json:
    return await shell.run(_ECHO, {}, _context())


def _context() -> ToolContext:
    def silent(message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None: ...

    return ToolContext(
        execution_id=str(uuid4()),
        node_key="node",
        path="",
        attempt=1,
        idempotency_key="bench",
        timeout_seconds=60,
        log=silent,
        artifacts=_ARTIFACTS,
        scratch=Scratch(),
    )


_ARTIFACTS = Artifacts.from_url("memory:///")
