"""Artifacts of the Python tool: what goes in arrives as a value or a path, what comes out is stored."""

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from activities.errors import InvalidInput, InvalidOutput, PayloadTooLarge, ResourceLimit, ToolError
from models.enums import LogLevel
from models.graph.values import ARTIFACT_KEY
from tests.activities.tools.calls import Calls, facts

CSV = b"day,close\n2010-03-01,125.55\n"


@pytest.fixture
def calls() -> Calls:
    return Calls()


async def test_json_arrives_as_its_value_and_all_else_as_a_path(calls: Calls) -> None:
    value = await calls.stored(b'{"rows": [1, 2]}', kind="application/json")
    table = await calls.stored(CSV, name="prices.csv", kind="text/csv")
    code = """
        import pathlib
        def main(value, more):
            table = more["list"][0]
            return [value["rows"], isinstance(table, pathlib.Path), str(table), table.read_text()]
    """
    output = await calls.python(code, value=value, more={"list": [table]})
    assert output == [[1, 2], True, "/in/prices.csv", CSV.decode()]


async def test_an_artifact_that_is_used_twice_is_one_file(calls: Calls) -> None:
    table = await calls.stored(CSV, name="prices.csv")
    code = "import os\ndef main(a, b): return [a == b, os.listdir('/in')]"
    assert await calls.python(code, a=table, b=table) == [True, ["prices.csv"]]


async def test_artifacts_of_one_name_get_files_of_their_own(calls: Calls) -> None:
    given = {
        name: await calls.stored(name.encode(), name=file)
        for name, file in {"a": "x.csv", "b": "x.csv", "c": "1-x.csv", "d": "2-x.csv"}.items()
    }
    code = "def main(**files): return {name: [str(f), f.read_text()] for name, f in files.items()}"
    output = await calls.python(code, **given)
    assert {name: text for name, (_, text) in output.items()} == {n: n for n in "abcd"}
    assert len({path for path, _ in output.values()}) == 4


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/../../b", "-rf", ".bashrc", "a b;$(id)'\"",
     "x\n--ro-bind\n/\n/host", "\\..\\x", "é" * 300, "x" * 5_000, "\u202ex", None],
)  # fmt: skip
async def test_no_name_leads_out_of_the_inputs(calls: Calls, name: str | None) -> None:
    reference = {ARTIFACT_KEY: facts(await calls.stored(CSV)) | {"name": name}}
    code = "def main(f): return [str(f.parent), f.resolve() == f, f.name, f.read_text()]"
    parent, is_itself, made, text = await calls.python(code, f=reference)
    assert (parent, is_itself, text) == ("/in", True, CSV.decode())
    assert made.strip("._-")
    assert made.replace(".", "").replace("-", "").replace("_", "").isalnum()


async def test_inputs_cannot_be_changed(calls: Calls) -> None:
    table = await calls.stored(CSV, name="prices.csv")
    code = """
        def main(table):
            failed = []
            for act in (lambda: table.write_text("x"), table.unlink, lambda: table.chmod(0o777),
                        lambda: table.with_name("new").touch(), lambda: table.rename("/box/x")):
                try: act()
                except OSError: failed.append(True)
            return [len(failed), table.read_text()]
    """
    assert await calls.python(code, table=table) == [5, CSV.decode()]


async def test_returned_paths_and_bytes_become_artifacts(calls: Calls) -> None:
    code = """
        import pathlib, tempfile
        def main():
            pathlib.Path("table.csv").write_text("a,b\\n")
            archive = pathlib.Path(tempfile.mkdtemp()) / "x.csv.gz"
            archive.write_bytes(b"\\x1f\\x8b")
            return {"rows": 3, "files": [pathlib.Path("/box/table.csv"), archive], "raw": b"\\x00\\x01"}
    """
    output = await calls.python(code)
    table, archive = output["files"]
    assert output["rows"] == 3
    assert (facts(table)["name"], facts(table)["content_type"]) == ("table.csv", "text/csv")
    assert await calls.read(table) == b"a,b\n"
    assert (facts(archive)["name"], facts(archive)["content_type"]) == (
        "x.csv.gz",
        "application/gzip",
    )
    assert await calls.read(archive) == b"\x1f\x8b"
    assert facts(output["raw"])["content_type"] == "application/octet-stream"
    assert facts(output["raw"])["name"] == "raw.bin"
    assert await calls.read(output["raw"]) == b"\x00\x01"


async def test_a_file_alone_is_a_result(calls: Calls) -> None:
    code = "import pathlib\ndef main():\n p = pathlib.Path('a.txt'); p.touch(); return p"
    reference = await calls.python(code)
    assert (facts(reference)["size"], facts(reference)["name"]) == (0, "a.txt")
    assert await calls.read(reference) == b""


async def test_a_file_that_is_returned_twice_is_stored_once(calls: Calls) -> None:
    code = "import pathlib\ndef main():\n p = pathlib.Path('a'); p.write_text('x'); return [p, str(p), p]"
    first, text, second = await calls.python(code)
    assert (first, text) == (second, "a")


async def test_an_input_is_returned_as_the_artifact_that_it_is(calls: Calls) -> None:
    table = await calls.stored(CSV, name="prices.csv")
    assert await calls.python("def main(table): return {'same': table}", table=table) == {
        "same": table
    }


async def test_what_looks_like_a_place_of_a_file_is_a_value(calls: Calls) -> None:
    code = "def main(): return [{'$file': 0}, {'files': [['a', 1]]}, b'x']"
    first, second, _ = await calls.python(code)
    assert (first, second) == ({"$file": 0}, {"files": [["a", 1]]})


OUTSIDE = {
    "a file of the box": "return P('/etc/passwd')",
    "a program": "return P('/usr/bin/env')",
    "a link to the outside": "os.symlink('/etc/passwd', '/box/link'); return P('/box/link')",
    "a path that climbs": "return P('/box/../etc/passwd')",
    "a link to its environment": "os.symlink('/proc/self/environ', '/tmp/x'); return P('/tmp/x')",
    "a folder link": "os.symlink('/etc', '/box/etc'); return P('/box/etc/passwd')",
    "a folder": "os.mkdir('/box/d'); return P('/box/d')",
    "nothing": "return P('/box/none')",
    "a pipe": "os.mkfifo('/box/p'); return P('/box/p')",
    "a device": "return P('/dev/zero')",
    "a socket": "import socket; socket.socket(socket.AF_UNIX).bind('/box/s'); return P('/box/s')",
}


@pytest.mark.parametrize("name", OUTSIDE)
async def test_only_files_of_the_writable_folders_can_be_returned(calls: Calls, name: str) -> None:
    code = f"import os\nfrom pathlib import Path as P\ndef main(): {OUTSIDE[name]}"
    with pytest.raises(InvalidOutput, match=r"was returned|can be returned"):
        await calls.python(code)


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("def main(): return [b'x' * n for n in range(1, 102)]", PayloadTooLarge, "more than 100"),
        ("def main(): return [bytes(129 << 20), bytes(128 << 20)]", PayloadTooLarge, "256 MB"),
        ("def main(): return {b'x': 1}", InvalidOutput, "keys must be"),
        ("def main():\n n = '/box/a\\nb'; open(n, 'w').close()\n import pathlib; return pathlib.Path(n)",
         InvalidOutput, r"a\\nb"),
    ],
)  # fmt: skip
async def test_unusable_files_are_typed_errors(
    calls: Calls, code: str, error: type[ToolError], says: str
) -> None:
    with pytest.raises(error, match=says):
        await calls.python(code, config={"memory_mb": 1_024})


FORGED = {
    "files that are not there": b'{"value": 1, "files": [["a", 5]]}\n',
    "more bytes than listed": b'{"value": 1, "files": [["a", 1]]}\nxyz',
    "a negative size": b'{"value": 1, "files": [["a", -1]]}\n',
    "a size beyond all": b'{"value": 1, "files": [["a", 99999999999999999999]]}\nx',
    "no list": b'{"value": 1, "files": {"a": 1}}\n',
    "no names": b'{"value": 1, "files": [1, 2]}\n',
    "a list as name": b'{"value": 1, "files": [[["a"], 1]]}\nx',
    "a name that climbs": b'{"value": 1, "files": [["../../a", 1]]}\nx',
    "a name from the root": b'{"value": 1, "files": [["/etc/a", 1]]}\nx',
    "a name with NUL": b'{"value": 1, "files": [["a\\u0000", 1]]}\nx',
    "half a character": b'{"value": 1, "files": [["\\ud800", 1]]}\nx',
    "more files than allowed": json.dumps({"value": 1, "files": [["a", 0]] * 101}).encode() + b"\n",
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_list_of_files_is_refused(calls: Calls, name: str) -> None:
    code = f"""
        import os
        def main():
            for fd in range(3, 4096):
                try: os.write(fd, {FORGED[name]!r})
                except OSError: continue
            os._exit(0)
    """
    with pytest.raises(InvalidOutput):
        await calls.python(code)


async def test_a_place_that_names_no_file_is_refused(calls: Calls) -> None:
    code = """
        import sys
        def main():
            frame = sys._getframe()
            while "request" not in frame.f_locals: frame = frame.f_back
            token = frame.f_locals["request"]["token"]
            return [b"x", {token: 7}]
    """
    with pytest.raises(InvalidOutput, match="not handed over"):
        await calls.python(code)


async def test_an_artifact_that_is_gone_is_an_input_error(calls: Calls) -> None:
    reference = await calls.stored(CSV)
    reference = {ARTIFACT_KEY: facts(reference) | {"id": f"{calls.execution_id}.{'0' * 32}"}}
    with pytest.raises(InvalidInput, match="does not exist any more"):
        await calls.python("def main(f): return 1", f=reference)


@pytest.mark.parametrize("broken", [{}, None, [], {"id": 7}, "x"])
async def test_a_reference_that_is_none_is_named(calls: Calls, broken: Any) -> None:
    with pytest.raises(InvalidInput, match=r"inputs\.a\.b\[0\]"):
        await calls.python("def main(a): return 1", a={"b": [{ARTIFACT_KEY: broken}]})


async def test_json_that_is_none_is_an_input_error(calls: Calls) -> None:
    broken = await calls.stored(b"{", name="x.json", kind="application/json")
    with pytest.raises(InvalidInput, match=r"/in/x\.json does not hold JSON"):
        await calls.python("def main(f): return 1", f=broken)


async def test_too_many_artifacts_are_refused(calls: Calls) -> None:
    files: Any = [{ARTIFACT_KEY: {"id": str(n)}} for n in range(101)]
    with pytest.raises(InvalidInput, match="more than 100 artifacts"):
        await calls.python("def main(files): return 1", files=files)


async def test_a_full_disk_names_the_setting(calls: Calls) -> None:
    code = "def main():\n    open('/box/big', 'wb').write(bytes(40 << 20))\n"
    assert await calls.python(code) is None
    with pytest.raises(ResourceLimit, match=r"16 MB of disk.*raise `disk_mb`") as caught:
        await calls.python(code, config={"disk_mb": 16})
    assert isinstance(caught.value.details, dict)
    assert caught.value.details["line"] == 2


async def test_files_that_fill_the_memory_name_that_setting(calls: Calls) -> None:
    code = "def main():\n    for n in range(4): open(f'/box/{n}', 'wb').write(bytes(40 << 20))\n"
    with pytest.raises(ResourceLimit, match="raise `memory_mb`"):
        await calls.python(code, config={"disk_mb": 256, "memory_mb": 128})


async def test_a_large_value_and_a_large_file_come_together(calls: Calls) -> None:
    code = "def main(): return {'text': 'x' * (20 << 20), 'raw': bytes(20 << 20)}"
    output = await calls.python(code)
    assert len(output["text"]) == facts(output["raw"])["size"] == 20 << 20


async def test_a_file_that_shrinks_while_it_is_sent_is_an_error(calls: Calls) -> None:
    code = """
        import pathlib, threading, time
        def main():
            path = pathlib.Path("/box/data")
            path.write_bytes(bytes(50 << 20))
            def shrink():
                while True:
                    time.sleep(0.005)
                    path.write_bytes(b"")
            threading.Thread(target=shrink, daemon=True).start()
            return path
    """
    try:
        reference = await calls.python(code)
    except InvalidOutput as error:
        assert "changed while" in error.message  # noqa: PT017 - either way is right
    else:
        assert facts(reference)["size"] in (0, 50 << 20)


@pytest.mark.slow
async def test_a_call_that_is_cancelled_at_any_moment_leaves_no_folder(calls: Calls) -> None:
    code = "def main(f): return [bytes(1 << 18) for _ in range(90)]"
    given = await calls.stored(bytes(1 << 20), name="given.bin")
    before = folders()
    began = time.monotonic()
    await calls.python(code, f=given)
    duration = time.monotonic() - began
    cancelled = 0
    for step in range(45):
        call = asyncio.create_task(calls.python(code, f=given))
        await asyncio.sleep(duration * step / 38)
        call.cancel()
        outcome = await asyncio.gather(call, return_exceptions=True)
        cancelled += isinstance(outcome[0], asyncio.CancelledError)
    assert cancelled > 5
    assert folders() == before


def folders() -> set[Path]:
    """Folders of attempts of this process."""
    return set(Path(tempfile.gettempdir()).glob(f"pastetrader-{os.getuid()}-{os.getpid()}-*"))


async def test_nothing_of_this_is_logged(calls: Calls) -> None:
    await calls.python("def main(): print('one'); return b'x'")
    assert calls.lines == [("one", LogLevel.INFO)]
