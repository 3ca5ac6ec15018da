"""The Python tool: `def main(**inputs)` in a fresh box."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from activities import sandbox
from activities.context import ToolContext
from activities.errors import InvalidInput, InvalidOutput, ResourceLimit, ToolError, UserCodeError
from activities.sandbox import SandboxResult, SandboxSpec
from activities.tools.log_lines import LogLines
from activities.tools.resource_limits import check_limits, limits_for
from models.graph.tool import PythonConfig
from models.graph.values import Json, ValueProblem, check_json

_RUNNER_PATH = "/tool/runner.py"
_BIG = 1024 * 1024


async def run(config: PythonConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """What `main(**inputs)` returned; its prints go to the log while it runs.

    Raises:
        InvalidInput: no `main`, or an input that it does not take or misses.
        InvalidOutput: the return value is not JSON.
        UserCodeError: the code raised, did not compile or left without a result; `details` holds
            `type`, `line` and `traceback`.
        ResourceLimit: memory, processor time or output.
        PayloadTooLarge: the result is over 64 MB.
        SandboxUnavailable: no box can be built on this machine.
    """
    host = await sandbox.require()
    lines = LogLines(context.log)
    limits = limits_for(config.memory_mb, context)
    spec = SandboxSpec(
        command=[str(host.interpreter), "-I", "-X", "utf8", _RUNNER_PATH],
        stdin=json.dumps({"code": config.code, "inputs": inputs}).encode(),
        files={_RUNNER_PATH: _runner()},
        limits=limits,
        on_stdout=lines.stdout.write,
        on_stderr=lines.stderr.write,
    )
    try:
        result = await sandbox.run(spec)
    finally:
        lines.finish()
    check_limits(result, limits)
    if len(result.result) > _BIG:
        return await asyncio.to_thread(_value, result)
    return _value(result)


@cache
def _runner() -> bytes:
    return Path(__file__).with_name("python_runner.py").read_bytes()


def _value(result: SandboxResult) -> Json:
    document = _document(result)
    if "failure" in document:
        _fail(document)
    try:
        return check_json(document.get("value"))
    except ValueProblem as problem:
        raise InvalidOutput(
            f"the result is not JSON: {problem.message} at {problem.path or 'the top'}"
        ) from problem


def _document(result: SandboxResult) -> dict[str, Any]:
    """What the runner wrote. The user's code shares its process, so nothing in it is trusted."""
    if not result.result:
        raise UserCodeError(
            f"the code ended its process (status {result.exit_code}) before `main` returned",
            details={"type": "ProcessExit", "traceback": result.stderr.text()[-4_000:]},
        )
    try:
        document = json.loads(result.result)
    except (ValueError, RecursionError) as error:
        raise InvalidOutput(f"the result is not JSON: {error}") from error
    if not isinstance(document, dict) or not document.keys() & {"value", "failure"}:
        raise InvalidOutput("the code wrote something else than its result")
    return document


def _fail(document: dict[str, Any]) -> NoReturn:
    kind, message = document["failure"], str(document.get("message"))[:2_000]
    plain: dict[str, type[ToolError]] = {
        "no_main": InvalidInput,
        "arguments": InvalidInput,
        "output": InvalidOutput,
        "memory": ResourceLimit,
    }
    if isinstance(kind, str) and kind in plain:
        raise plain[kind](message)
    line = document.get("line")
    failure = UserCodeError(
        f"{message} (tool.py, line {line})" if line and kind != "syntax" else message,
        details={
            "type": str(document.get("type")),
            "line": line if isinstance(line, int) else None,
            "traceback": str(document.get("traceback")).replace("\x00", ""),
        },
    )
    failure.retryable = kind != "syntax"
    raise failure
