"""The Shell tool: a command, or a bash script, in a fresh box."""

import asyncio
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from activities import sandbox
from activities.context import ToolContext
from activities.errors import (
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
    ToolError,
    UserCodeError,
)
from activities.sandbox import SandboxResult, SandboxSpec
from activities.tools.input_files import PATH_KEY, place
from activities.tools.log_lines import LogLines
from activities.tools.output_files import OutputFile, Received, receive
from activities.tools.resource_limits import (
    MAX_RESULT_BYTES,
    MIB,
    check_limits,
    disk_is_full,
    limits_for,
    result_file,
)
from models.enums import LogLevel
from models.graph.tool import ShellConfig
from models.graph.values import Json, ValueProblem, check_json, is_artifact

_LAUNCH_PATH, _SCRIPT_PATH, _INPUTS_PATH = "/tool/launch.sh", "/tool/script.sh", "/tool/inputs.json"
_FILES_PATH = "/tool/box_files.py"
_OUT_FOLDER = "/box/out"
_PLACES = {"INPUTS": _INPUTS_PATH, "OUTPUT": "/box/.output.json", "OUT": _OUT_FOLDER}
# Keeps the result descriptor from the command. When that ends well, hands over what it left: the
# file $OUTPUT behind an empty line, or with files behind a line that lists them.
_LAUNCH = b"""\
python=$1 files=$2 good=$3
shift 3
( exec {SANDBOX_RESULT_FD}>&-; unset SANDBOX_RESULT_FD; exec "$@" ) </dev/null
status=$?
shopt -s nullglob dotglob
left=("$OUT"/*)
{
  case " $good " in
    *" $status "*)
      if [ -L "$OUT" ] || [ "${#left[@]}" != 0 ]; then
        "$python" -I -S "$files" "$OUT" "$OUTPUT" 2>/dev/null ||
          echo '{"failure": "output", "message": "the files in $OUT could not be handed over"}'
      elif [ -f "$OUTPUT" ]; then
        echo; cat -- "$OUTPUT"
      fi ;;
    *) if stat -f -c %a /box /tmp | grep -qx 0; then echo full; fi ;;
  esac
} >&"$SANDBOX_RESULT_FD"
exit "$status"
"""
_FULL = b"full\n"
_MAX_COMMAND_BYTES = 100 * 1024
_MAX_VARIABLE_BYTES = 32 * 1024
_MAX_VARIABLES_BYTES = 512 * 1024
_MAX_VARIABLES = 1_000
_TAIL = 2_000


async def run(config: ShellConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """`{exit_code, stdout, stderr}`, with `json` when the tool wrote the file `$OUTPUT`.

    `files` is added when it left files in the folder `$OUT`: relative name → artifact.
    `truncated: true` is added when stdout or stderr is only the beginning. Scalar inputs arrive as
    `INPUT_<NAME>` (those over 32 KiB do not), artifacts as `INPUT_<NAME>` with the path of a file,
    all inputs as JSON in the file `$INPUTS`.

    Raises:
        InvalidInput: inputs or command cannot be passed to a process, or an artifact is gone.
        InvalidOutput: `$OUTPUT` does not hold JSON, or a file has an unusable name.
        UserCodeError: the exit code is not in `ok_exit_codes`; `details` holds the end of stderr.
        ResourceLimit: memory, disk, processor time or output.
        PayloadTooLarge: `$OUTPUT` is over 64 MB, or the files are over 256 MB.
        SandboxUnavailable: no box can be built on this machine.
    """
    host = await sandbox.require()
    placed = await place(inputs, context)
    lines = LogLines(context.log)
    limits = limits_for(config, context)
    spec = SandboxSpec(
        command=[*_launch(config, host.interpreter), *_command(config)],
        files=_files(config, placed.inputs),
        binds=placed.binds,
        folders=[_OUT_FOLDER],
        environment=_variables(placed.inputs) | _PLACES,
        limits=limits,
        on_stdout=lines.stdout.write,
        on_stderr=lines.stderr.write,
        spool=result_file(context),
    )
    try:
        result = await sandbox.run(spec)
    finally:
        lines.finish()
    if result.exit_code not in config.ok_exit_codes or result.stopped is not None:
        check_limits(result, limits)
        raise _failure(config, result, limits)
    return await _output(result, await receive(result.result, context), context)


def _launch(config: ShellConfig, interpreter: Path) -> list[str]:
    good = " ".join(map(str, config.ok_exit_codes))
    return ["bash", _LAUNCH_PATH, str(interpreter), _FILES_PATH, good]


def _files(config: ShellConfig, inputs: dict[str, Json]) -> dict[str, bytes]:
    files = {
        _LAUNCH_PATH: _LAUNCH,
        _FILES_PATH: _collector(),
        _INPUTS_PATH: json.dumps(inputs).encode(),
    }
    if config.script is not None:
        files[_SCRIPT_PATH] = config.script.encode()
    return files


@cache
def _collector() -> bytes:
    return Path(__file__).with_name("box_files.py").read_bytes()


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
    """The value as text, None for lists and objects; an artifact is its file."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if is_artifact(value):
        return str(value[PATH_KEY])  # type: ignore[index, call-overload]  # it has a place
    return json.dumps(value) if isinstance(value, bool | int | float) else None


async def _output(result: SandboxResult, received: Received, context: ToolContext) -> Json:
    output: dict[str, Json] = {
        "exit_code": result.exit_code,
        "stdout": result.stdout.text(),
        "stderr": result.stderr.text(),
    }
    if result.stdout.truncated or result.stderr.truncated:
        output["truncated"] = True
    written = received.rest
    if received.header is not None:
        _check(received.header, context)
        files = list(received.files)
        if received.header.get("output") and files:
            written = _content(files.pop(0))
        output["files"] = {_name(file): await file.store(context) for file in files}
    if written:
        output["json"] = await asyncio.to_thread(_written, written)
    return output


def _check(header: dict[str, Any], context: ToolContext) -> None:
    """Raise what the box refused, and tell what it left out."""
    if "failure" in header:
        error = PayloadTooLarge if header["failure"] == "files" else InvalidOutput
        raise error(str(header.get("message"))[:2_000])
    skipped = header.get("skipped")
    for name in skipped if isinstance(skipped, list) else []:
        context.log(f"$OUT/{str(name)[:200]} is no regular file and was left out", LogLevel.WARNING)


def _content(output: OutputFile) -> bytes:
    if output.size > MAX_RESULT_BYTES:
        raise PayloadTooLarge(f"$OUTPUT is larger than {MAX_RESULT_BYTES // MIB} MB")
    return output.path.read_bytes()


def _name(file: OutputFile) -> str:
    if not file.name:
        raise InvalidOutput("a file without a name was handed over")
    return file.name


def _written(data: bytes) -> Json:
    try:
        return check_json(json.loads(data))
    except ValueProblem as problem:
        where = problem.path or "the top"
        raise InvalidOutput(f"$OUTPUT is not JSON: {problem.message} at {where}") from problem
    except (ValueError, RecursionError) as error:
        raise InvalidOutput(f"$OUTPUT is not JSON: {error}") from error


def _failure(config: ShellConfig, result: SandboxResult, limits: sandbox.Limits) -> ToolError:
    tail = result.stderr.text().strip()[-_TAIL:]
    details: dict[str, Json] = {
        "exit_code": result.exit_code,
        "stderr": tail,
        "stdout": result.stdout.text()[-_TAIL:],
    }
    if result.result.data == _FULL:
        return disk_is_full(limits, details)
    last = tail.rpartition("\n")[2]
    failure = UserCodeError(
        f"exit code {result.exit_code}" + (f": {last}" if last else ""), details=details
    )
    retried = config.retry_exit_codes
    failure.retryable = retried is None or result.exit_code in retried
    return failure
