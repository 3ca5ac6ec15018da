"""The Shell tool: a command, or a bash script, in a fresh box."""

import asyncio
import json
import re

from activities import sandbox
from activities.context import ToolContext
from activities.errors import InvalidInput, InvalidOutput, UserCodeError
from activities.sandbox import SandboxResult, SandboxSpec
from activities.tools.log_lines import LogLines
from activities.tools.resource_limits import check_limits, limits_for
from models.graph.tool import ShellConfig
from models.graph.values import Json, ValueProblem, check_json

_LAUNCH_PATH, _SCRIPT_PATH, _INPUTS_PATH = "/tool/launch.sh", "/tool/script.sh", "/tool/inputs.json"
_OUTPUT_PATH = "/box/.output.json"
# Keeps the result descriptor from the command, and sends the file it wrote when it is done.
_LAUNCH = b"""\
( exec {SANDBOX_RESULT_FD}>&-; unset SANDBOX_RESULT_FD; exec "$@" ) </dev/null
status=$?
if [ -f "$OUTPUT" ]; then cat -- "$OUTPUT" >&"$SANDBOX_RESULT_FD"; fi
exit "$status"
"""
_MAX_COMMAND_BYTES = 100 * 1024
_MAX_VARIABLE_BYTES = 32 * 1024
_MAX_VARIABLES_BYTES = 512 * 1024
_MAX_VARIABLES = 1_000
_TAIL = 2_000


async def run(config: ShellConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """`{exit_code, stdout, stderr}`, with `json` when the tool wrote the file `$OUTPUT`.

    `truncated: true` is added when stdout or stderr is only the beginning. Scalar inputs arrive as
    `INPUT_<NAME>` (those over 32 KiB do not), all inputs as JSON in the file `$INPUTS`.

    Raises:
        InvalidInput: inputs or command cannot be passed to a process.
        InvalidOutput: `$OUTPUT` does not hold JSON.
        UserCodeError: the exit code is not in `ok_exit_codes`; `details` holds the end of stderr.
        ResourceLimit: memory, processor time or output.
        PayloadTooLarge: `$OUTPUT` is over 64 MB.
        SandboxUnavailable: no box can be built on this machine.
    """
    lines = LogLines(context.log)
    limits = limits_for(config.memory_mb, context)
    files = {_LAUNCH_PATH: _LAUNCH, _INPUTS_PATH: json.dumps(inputs).encode()}
    if config.script is not None:
        files[_SCRIPT_PATH] = config.script.encode()
    spec = SandboxSpec(
        command=["bash", _LAUNCH_PATH, *_command(config)],
        files=files,
        environment=_variables(inputs) | {"INPUTS": _INPUTS_PATH, "OUTPUT": _OUTPUT_PATH},
        limits=limits,
        on_stdout=lines.stdout.write,
        on_stderr=lines.stderr.write,
    )
    try:
        result = await sandbox.run(spec)
    finally:
        lines.finish()
    if result.exit_code in config.ok_exit_codes and result.stopped is None:
        return await asyncio.to_thread(_output, result)
    check_limits(result, limits)
    raise _failure(result)


def _command(config: ShellConfig) -> list[str]:
    if config.command is None:
        return ["bash", "-euo", "pipefail", _SCRIPT_PATH]
    if any("\x00" in part for part in config.command):
        raise InvalidInput("`command` contains a NUL character, which no process can be given")
    if sum(len(part.encode()) for part in config.command) > _MAX_COMMAND_BYTES:
        raise InvalidInput("`command` is longer than 100 KiB; pass data as an input instead")
    return config.command


def _variables(inputs: dict[str, Json]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name, value in inputs.items():
        text = _scalar(value)
        if text is None or len(text.encode()) > _MAX_VARIABLE_BYTES:
            continue
        variable = "INPUT_" + re.sub(r"[^A-Z0-9_]", "_", name.upper())
        if variable in variables:
            raise InvalidInput(f"two inputs become the variable {variable}; rename `{name}`")
        variables[variable] = text
    size = sum(len(name) + len(text.encode()) for name, text in variables.items())
    if size > _MAX_VARIABLES_BYTES or len(variables) > _MAX_VARIABLES:
        raise InvalidInput(
            "the inputs are too much for environment variables; "
            "put them into one object and read it from the file $INPUTS"
        )
    return variables


def _scalar(value: Json) -> str | None:
    """The value as text, None for lists and objects."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _output(result: SandboxResult) -> Json:
    output: dict[str, Json] = {
        "exit_code": result.exit_code,
        "stdout": result.stdout.text(),
        "stderr": result.stderr.text(),
    }
    if result.stdout.truncated or result.stderr.truncated:
        output["truncated"] = True
    if result.result:
        output["json"] = _written(result.result)
    return output


def _written(data: bytes) -> Json:
    try:
        return check_json(json.loads(data))
    except ValueProblem as problem:
        where = problem.path or "the top"
        raise InvalidOutput(f"$OUTPUT is not JSON: {problem.message} at {where}") from problem
    except (ValueError, RecursionError) as error:
        raise InvalidOutput(f"$OUTPUT is not JSON: {error}") from error


def _failure(result: SandboxResult) -> UserCodeError:
    tail = result.stderr.text().strip()[-_TAIL:]
    last = tail.rpartition("\n")[2]
    return UserCodeError(
        f"exit code {result.exit_code}" + (f": {last}" if last else ""),
        details={
            "exit_code": result.exit_code,
            "stderr": tail,
            "stdout": result.stdout.text()[-_TAIL:],
        },
    )
