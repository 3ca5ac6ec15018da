"""Files of the Shell tool: artifacts arrive as paths, and what is left in `$OUT` becomes artifacts."""

import asyncio
import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from activities.errors import (
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
    ToolError,
    UserCodeError,
)
from models.enums import LogLevel
from models.graph.values import ARTIFACT_KEY
from tests.activities.tools.calls import Calls, facts

ROOT = Path(__file__).resolve().parents[3]
MEGABYTES = int(os.environ.get("LARGE_MEGABYTES", "40"))


@pytest.fixture
def calls() -> Calls:
    return Calls()


async def test_an_artifact_is_a_file_whose_path_is_the_variable(calls: Calls) -> None:
    table = await calls.stored(b"b\na\n", name="../list (1).txt")
    output = await calls.shell({"table": table}, script='echo "$INPUT_TABLE"; sort "$INPUT_TABLE"')
    assert output["stdout"] == "/in/list_1.txt\na\nb\n"


async def test_every_reference_in_the_inputs_has_its_path(calls: Calls) -> None:
    one = await calls.stored(b"1", name="one.json", kind="application/json")
    two = await calls.stored(b"2", name="two.txt")
    inputs = {"n": 3, "one": one, "more": {"list": [two, "x"]}}
    output = await calls.shell(inputs, command=["cat", "/tool/inputs.json"])
    given = json.loads(output["stdout"])
    assert given == {
        "n": 3,
        "one": {ARTIFACT_KEY: facts(one), "path": "/in/one.json"},
        "more": {"list": [{ARTIFACT_KEY: facts(two), "path": "/in/two.txt"}, "x"]},
    }


async def test_a_path_that_an_input_brings_is_not_believed(calls: Calls) -> None:
    one = await calls.stored(b"1", name="one.txt")
    output = await calls.shell({"one": {**one, "path": "/etc/passwd"}}, script='cat "$INPUT_ONE"')
    assert output["stdout"] == "1"


async def test_files_left_in_the_folder_become_artifacts(calls: Calls) -> None:
    script = """
        [ -d "$OUT" ] && [ -z "$(ls -A "$OUT")" ]
        mkdir -p "$OUT/deep/er" "$OUT/empty"
        printf 'a,b\\n' > "$OUT/deep/er/table.csv"
        printf '{}' > "$OUT/.hidden.json"
        printf x > "$OUT/two  words"
    """
    output = await calls.shell(script=textwrap.dedent(script))
    assert list(output) == ["exit_code", "stdout", "stderr", "files"]
    assert set(output["files"]) == {"deep/er/table.csv", ".hidden.json", "two  words"}
    table = output["files"]["deep/er/table.csv"]
    assert (facts(table)["name"], facts(table)["content_type"]) == ("table.csv", "text/csv")
    assert await calls.read(table) == b"a,b\n"
    assert calls.lines == []


async def test_files_and_json_come_together(calls: Calls) -> None:
    script = 'echo 1 > "$OUT/a"; echo \'{"n": [1]}\' > "$OUTPUT"'
    output = await calls.shell(script=script)
    assert (output["json"], list(output["files"])) == ({"n": [1]}, ["a"])


async def test_without_files_there_is_no_such_key(calls: Calls) -> None:
    assert "files" not in await calls.shell(script='mkdir "$OUT/empty"; rm -r "$OUT"')
    assert "files" not in await calls.shell(script=":")


OTHERS = {
    "link to a file of the box": 'ln -s /etc/passwd "$OUT/it"',
    "link to a folder": 'ln -s /usr "$OUT/it"',
    "link to nothing": 'ln -s /none "$OUT/it"',
    "link to the environment": 'ln -s /proc/self/environ "$OUT/it"',
    "link that climbs": 'ln -s ../../../etc "$OUT/it"',
    "pipe": 'mkfifo "$OUT/it"',
    "socket": (
        'python3 -c "import os, socket; s = socket.socket(socket.AF_UNIX); '
        "s.bind(os.environ['OUT'] + '/it')\""
    ),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_what_is_no_regular_file_is_left_out_and_told(calls: Calls, name: str) -> None:
    output = await calls.shell(script=f'{OTHERS[name]}; echo fine > "$OUT/file"')
    assert list(output["files"]) == ["file"]
    assert calls.lines == [("$OUT/it is no regular file and was left out", LogLevel.WARNING)]


async def test_a_folder_that_is_a_link_now_gives_nothing(calls: Calls) -> None:
    output = await calls.shell(script='rmdir "$OUT"; ln -s /etc "$OUT"')
    assert output["files"] == {}
    assert "no regular file" in calls.lines[0][0]


async def test_two_names_of_one_file_are_two_files(calls: Calls) -> None:
    output = await calls.shell(script='echo x > "$OUT/a"; ln "$OUT/a" "$OUT/b"')
    assert [await calls.read(output["files"][name]) for name in "ab"] == [b"x\n", b"x\n"]


async def test_files_of_a_failed_command_are_not_kept(calls: Calls) -> None:
    with pytest.raises(UserCodeError, match="exit code 3"):
        await calls.shell(script='head -c 9000 /dev/zero > "$OUT/a"; exit 3')
    output = await calls.shell(script='echo x > "$OUT/a"; exit 3', ok_exit_codes=[0, 3])
    assert list(output["files"]) == ["a"]


@pytest.mark.parametrize(
    ("config", "error", "says"),
    [
        ({"script": "for n in {1..101}; do : > $OUT/$n; done"}, PayloadTooLarge, "more than 100 files"),
        ({"script": "python3 -c \"import os; [os.symlink('x', f'/box/out/{n}') for n in range(10_001)]\""}, PayloadTooLarge, "more than 100"),
        ({"script": "for n in 1 2 3; do truncate -s 100M $OUT/$n; done", "disk_mb": 128}, PayloadTooLarge, "256 MB"),
        ({"script": "truncate -s 65M $OUTPUT; echo x > $OUT/a", "disk_mb": 128}, PayloadTooLarge, "64 MB"),
        ({"script": "truncate -s 65M $OUTPUT", "disk_mb": 128}, PayloadTooLarge, "64 MB"),
        ({"script": "echo x > $OUT/a; chmod 0 $OUT/a"}, InvalidOutput, "can be read"),
        ({"script": "mkdir $OUT/d; echo x > $OUT/d/a; chmod 0 $OUT/d"}, InvalidOutput, "can be read"),
        ({"script": "cd $OUT; python3 -c \"import os; [(os.mkdir('d'), os.chdir('d')) for _ in range(3000)]\""}, InvalidOutput, "handed over|can be read"),
        ({"script": ": > $OUT/$'two\\nlines'"}, InvalidOutput, r"two\\nlines"),
        ({"script": ": > $OUT/$'\\xff'"}, InvalidOutput, "udcff"),
        ({"script": "echo { > $OUTPUT; echo x > $OUT/a"}, InvalidOutput, "OUTPUT"),
    ],
)  # fmt: skip
async def test_unusable_files_are_typed_errors(
    calls: Calls, config: dict[str, Any], error: type[ToolError], says: str
) -> None:
    with pytest.raises(error, match=says):
        await calls.shell(**config)


async def test_an_artifact_that_is_gone_is_an_input_error(calls: Calls) -> None:
    reference = {ARTIFACT_KEY: {"id": f"{calls.execution_id}.{'0' * 32}"}}
    with pytest.raises(InvalidInput, match="does not exist any more"):
        await calls.shell({"file": reference}, script=":")


async def test_two_inputs_of_one_variable_are_refused_as_files_too(calls: Calls) -> None:
    one = await calls.stored(b"1", name="one.txt")
    with pytest.raises(InvalidInput, match="INPUT_A_B"):
        await calls.shell({"a-b": one, "a_b": 1}, script=":")


PASSED_ON = """
import asyncio, resource, sys
from activities.artifacts import Artifacts
from tests.activities.tools.calls import Calls

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main(folder, megabytes, tools):
    calls = Calls(Artifacts.from_url(folder))
    config = {"disk_mb": megabytes + 16, "memory_mb": 1024}
    made = f'head -c {megabytes}M /dev/urandom > "$OUT/data"'
    output = await calls.shell(script=made, **config)
    first = file = output["files"]["data"]
    before = peak()
    for number in range(tools):
        if number % 2:
            copied = 'cp "$INPUT_FILE" "$OUT/data"'
            file = (await calls.shell({"file": file}, script=copied, **config))["files"]["data"]
        else:
            code = "import shutil, pathlib\\ndef main(file): return pathlib.Path(shutil.copy(file, '/box'))"
            file = await calls.python(code, config=config, file=file)
        assert file["$artifact"]["sha256"] == first["$artifact"]["sha256"]
    print(before, peak())

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


async def passed_on(folder: Path, megabytes: int, tools: int) -> tuple[int, int]:
    """Highest memory in MiB of a process whose tools hand one file on: after the first, at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PASSED_ON, folder.as_uri(), str(megabytes), str(tools)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    first, last = map(int, out.split())
    return first, last


@pytest.mark.slow
async def test_a_large_file_passes_through_twenty_tools(tmp_path: Path) -> None:
    first, last = await passed_on(tmp_path, MEGABYTES, 20)
    assert last < first + 1.5 * MEGABYTES  # one more copy for each tool would be 20 times as much


@pytest.mark.slow
async def test_a_file_is_never_whole_in_the_workers_memory(tmp_path: Path) -> None:
    small, _ = await passed_on(tmp_path / "small", 10, 2)
    _, large = await passed_on(tmp_path / "large", MEGABYTES * 5 // 2, 2)
    assert large < small + 2 * MEGABYTES
