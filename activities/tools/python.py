"""The Python tool: `def main(**inputs)` in a fresh box."""

import asyncio
import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from activities import sandbox
from activities.context import ToolContext
from activities.errors import (
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
    ResourceLimit,
    ToolError,
    UserCodeError,
)
from activities.sandbox import SandboxResult, SandboxSpec
from activities.tools.box_logging import MARK
from activities.tools.input_files import Placed, place
from activities.tools.log_lines import LogLines
from activities.tools.output_files import receive, with_references
from activities.tools.packages import BOX_FOLDER, ENVIRONMENT, environment_with
from activities.tools.resource_limits import check_limits, disk_is_full, limits_for, result_file
from models.graph.tool import PythonConfig
from models.graph.values import Json, ValueProblem, check_json

_RUNNER_PATH = "/tool/runner.py"
_PARTS = ("box_errors", "box_files", "box_inputs", "box_logging")


async def run(config: PythonConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """What `main(**inputs)` returned, with files as artifacts; its log lines come while it runs.

    Raises:
        InvalidInput: no `main`, an input that it does not take or misses, an artifact that is gone,
            or packages that are not offered here.
        InvalidOutput: the return value is not JSON.
        UserCodeError: the code raised, did not compile or left without a result; `details` holds
            `type`, `line` and `traceback`.
        ResourceLimit: memory, disk, processor time or output.
        PayloadTooLarge: the result is over 64 MB, or its files are over 256 MB.
        SandboxUnavailable: no box can be built on this machine.
    """
    host = await sandbox.require()
    binds: dict[str, Path] = {}
    if config.packages:
        environment = await asyncio.to_thread(environment_with, config.packages, host.python)
        binds[BOX_FOLDER] = environment
    placed = await place(inputs, context)
    token = secrets.token_hex(8)
    lines = LogLines(context.log, mark=f"{MARK}{token}".encode())
    limits = limits_for(config, context)
    spec = SandboxSpec(
        # Without `site`: what else is installed on this machine is nobody's to import.
        command=[str(host.interpreter), "-I", "-S", "-X", "utf8", _RUNNER_PATH],
        stdin=_request(config, placed, token),
        files={_RUNNER_PATH: _source("python_runner").encode()},
        binds=binds | placed.binds,
        environment=ENVIRONMENT if config.packages else {},
        limits=limits,
        on_stdout=lines.stdout.write,
        on_stderr=lines.stderr.write,
        spool=result_file(context),
    )
    try:
        result = await sandbox.run(spec)
    finally:
        lines.finish()
    check_limits(result, limits)
    received = await receive(result.result, context)
    value = _value(received.header, result, limits)
    return await with_references(value, received.files, token, context)


def _request(config: PythonConfig, placed: Placed, token: str) -> bytes:
    request = {
        "code": config.code,
        "inputs": placed.inputs,
        "files": bool(placed.binds),
        "packages": bool(config.packages),
        "token": token,
        "parts": {name: _source(name) for name in _PARTS},
    }
    return json.dumps(request).encode()


@cache
def _source(name: str) -> str:
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")


def _value(header: dict[str, Any] | None, result: SandboxResult, limits: sandbox.Limits) -> Json:
    if header is None:
        raise UserCodeError(
            f"the code ended its process (status {result.exit_code}) before `main` returned",
            details={"type": "ProcessExit", "traceback": result.stderr.text()[-4_000:]},
        )
    if "failure" in header:
        _fail(header, limits)
    if "value" not in header:
        raise InvalidOutput("the code wrote something else than its result")
    try:
        return check_json(header["value"])
    except ValueProblem as problem:
        raise InvalidOutput(
            f"the result is not JSON: {problem.message} at {problem.path or 'the top'}"
        ) from problem


def _fail(header: dict[str, Any], limits: sandbox.Limits) -> NoReturn:
    kind, message = header["failure"], str(header.get("message"))[:2_000]
    plain: dict[str, type[ToolError]] = {
        "no_main": InvalidInput,
        "arguments": InvalidInput,
        "output": InvalidOutput,
        "files": PayloadTooLarge,
        "memory": ResourceLimit,
    }
    if isinstance(kind, str) and kind in plain:
        raise plain[kind](message)
    line = header.get("line")
    details: dict[str, Json] = {
        "type": str(header.get("type")),
        "line": line if isinstance(line, int) else None,
        "traceback": str(header.get("traceback")).replace("\x00", ""),
    }
    if kind == "disk":
        raise disk_is_full(limits, details)
    where = f" (tool.py, line {line})" if line and kind != "syntax" else ""
    failure = UserCodeError(message + where, details=details)
    failure.retryable = kind != "syntax"
    raise failure
