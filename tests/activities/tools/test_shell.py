"""The Shell tool: commands, scripts, inputs and failures."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from activities.errors import (
    InvalidInput,
    InvalidOutput,
    ResourceLimit,
    UserCodeError,
)
from models.graph.values import Json
from tests.activities.tools.calls import Calls

CANARY = "canary-93be20aa"


async def call(inputs: dict[str, Json] | None = None, **config: Any) -> Any:
    return await Calls().shell(inputs, **config)


async def test_command_runs_without_a_shell() -> None:
    output = await call(command=["printf", "%s|", "$HOME; id", "`id`"])
    assert output == {"exit_code": 0, "stdout": "$HOME; id|`id`|", "stderr": ""}


async def test_script_stops_at_the_first_failure() -> None:
    with pytest.raises(UserCodeError) as caught:
        await call(script="echo before; false | true; echo after")
    assert caught.value.details == {"exit_code": 1, "stderr": "", "stdout": "before\n"}


async def test_unset_variable_is_a_failure() -> None:
    with pytest.raises(UserCodeError, match="NOT_THERE: unbound variable"):
        await call(script="echo $NOT_THERE")


async def test_inputs_arrive_as_environment_and_file() -> None:
    inputs: dict[str, Json] = {"name": "a b; $(id)", "n": 3, "on": True, "no": None, "list": [1]}
    script = 'echo "$INPUT_NAME|$INPUT_N|$INPUT_ON|$INPUT_NO|${INPUT_LIST-unset}"; cat "$INPUTS"'
    output = await call(inputs, script=script)
    first, second = output["stdout"].splitlines()
    assert first == "a b; $(id)|3|true||unset"
    assert second == '{"name": "a b; $(id)", "n": 3, "on": true, "no": null, "list": [1]}'


async def test_values_do_not_show_in_any_command_line() -> None:
    # Process lists are readable by every account of the host.
    task = asyncio.create_task(call({"token": CANARY}, script="sleep 72001"))
    found = []
    for _ in range(100):
        await asyncio.sleep(0.02)
        found = await asyncio.to_thread(command_lines)
        if any("72001" in line for line in found):
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert any("72001" in line for line in found)
    assert not any(CANARY in line for line in found)


def command_lines() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_text(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


async def test_json_of_the_output_file() -> None:
    output = await call(script='echo hi; echo \'{"rows": [1, 2]}\' > "$OUTPUT"')
    assert output["json"] == {"rows": [1, 2]}
    assert output["stdout"] == "hi\n"


async def test_standard_input_is_empty() -> None:
    assert (await call(script="cat; echo end"))["stdout"] == "end\n"


async def test_other_exit_codes_may_be_fine() -> None:
    output = await call(command=["bash", "-c", "echo no >&2; exit 3"], ok_exit_codes=[0, 3])
    assert output == {"exit_code": 3, "stdout": "", "stderr": "no\n"}


@pytest.mark.parametrize(
    ("retried", "code", "again"),
    [(None, 3, True), ([3, 4], 3, True), ([4], 3, False), ([], 3, False), ([3], 128 + 11, False)],
)
async def test_exit_codes_say_whether_to_try_again(
    retried: list[int] | None, code: int, again: bool
) -> None:
    with pytest.raises(UserCodeError, match=f"exit code {code}") as caught:
        await call(script=f"exit {code}", retry_exit_codes=retried)
    assert caught.value.retryable is again


async def test_exit_codes_that_are_fine_are_those_that_are_listed() -> None:
    with pytest.raises(UserCodeError, match="exit code 0"):
        await call(script="exit 0", ok_exit_codes=[3])


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "BASH_ENV", "ENV", "PATH", "PYTHONPATH", "IFS", "SANDBOX_RESULT_FD"]
)
async def test_inputs_set_no_variable_that_means_something(name: str) -> None:
    inputs: dict[str, Json] = {name: "/in/evil", name.lower() + "2": "x"}
    output = await call(inputs, script="env | grep -c '=/in/evil'; env | grep '=/in/evil'")
    assert output["stdout"] == f"1\nINPUT_{name}=/in/evil\n"
    assert output["stderr"] == ""


async def test_failure_carries_the_end_of_stderr() -> None:
    with pytest.raises(UserCodeError, match="exit code 9: the last word") as caught:
        await call(
            script="for n in {1..9999}; do echo $n >&2; done; echo 'the last word' >&2; exit 9"
        )
    assert isinstance(caught.value.details, dict)
    assert str(caught.value.details["stderr"]).endswith("9999\nthe last word")
    assert caught.value.retryable


async def test_long_output_is_kept_in_part_and_marked() -> None:
    output = await call(script="head -c 3000000 /dev/zero | tr '\\0' x")
    assert output["truncated"] is True
    assert len(output["stdout"]) == 1024 * 1024


@pytest.mark.parametrize(
    ("config", "inputs", "error", "says"),
    [
        ({"command": ["no-such-program"]}, {}, UserCodeError, "exit code 127"),
        ({"command": ["a\0b"]}, {}, InvalidInput, "NUL"),
        ({"command": ["x" * 200_000]}, {}, InvalidInput, "100 KiB"),
        ({"script": ":"}, {"a-b": 1, "a_b": 2}, InvalidInput, "INPUT_A_B"),
        ({"script": ":"}, {f"k{n}": 1 for n in range(1001)}, InvalidInput, "too much"),
        ({"script": "echo '{' > $OUTPUT"}, {}, InvalidOutput, "OUTPUT"),
        ({"script": "echo NaN > $OUTPUT"}, {}, InvalidOutput, "not finite"),
        ({"script": "yes"}, {}, ResourceLimit, "printed more"),
        ({"script": "head -c 64M /dev/zero > /tmp/a; cat /tmp/a /tmp/a > $OUTPUT"}, {}, ResourceLimit, "raise `disk_mb`"),
        ({"script": "head -c 15M /dev/zero > a; head -c 9M /dev/zero > b", "disk_mb": 16}, {}, ResourceLimit, "raise `disk_mb`"),
        ({"script": "head -c 15M /dev/zero > a; head -c 9M /dev/zero > /tmp/b; false", "disk_mb": 16}, {}, UserCodeError, "exit code 1"),
        ({"script": "tail -c 1G /dev/zero", "memory_mb": 64}, {}, (ResourceLimit, UserCodeError), "memory|printed"),
    ],
)  # fmt: skip
async def test_failures_are_typed(
    config: dict[str, Any],
    inputs: dict[str, Json],
    error: type[Exception] | tuple[type[Exception], ...],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        await call(inputs, **config)


async def test_result_descriptor_is_not_the_scripts() -> None:
    with pytest.raises(UserCodeError, match="unbound"):
        await call(script='echo x >&"$SANDBOX_RESULT_FD"')
