"""What the worker knows and keeps is out of reach of the tools that it runs."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.artifacts import Artifacts
from tests.activities.tools.calls import Calls

CANARY = "canary-7c31e9d2"
VARIABLES = ("DATABASE_URL", "PASTETRADER_SECRET_KEY", "AWS_SECRET_ACCESS_KEY", "TEMPORAL_API_KEY")
# Every file that can be read but for programs and libraries, and what `/proc` tells of processes.
SEARCH = """
secret=${FIRST}${SECOND}
for folder in /*; do
  case $folder in
    /usr|/bin|/sbin|/lib*|/proc) ;;
    *) grep -rslF --devices=skip -- "$secret" "$folder" || true ;;
  esac
done
for process in /proc/[0-9]*; do
  for name in environ cmdline mountinfo maps comm stat; do
    grep -slF -- "$secret" "$process/$name" || true
  done
done
env | grep -F -- "$secret" || true
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Secrets in the worker's environment and in a folder that everybody on the machine may read."""
    for name in VARIABLES:
        monkeypatch.setenv(name, CANARY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret.txt").write_text(CANARY)
        yield folder


async def test_no_readable_file_of_the_box_holds_a_secret(kept: Path) -> None:
    calls = Calls(Artifacts.from_url((kept / "artifacts").as_uri()))
    await calls.stored(CANARY.encode(), name="other.txt")
    given = await calls.stored(b"given", name="given.txt")
    script = f"FIRST={CANARY[:6]} SECOND={CANARY[6:]}\n{SEARCH}\necho searched"
    output = await calls.shell({"given": given}, script=script)
    assert output["stdout"] == "searched\n"


async def test_the_search_would_find_one(kept: Path) -> None:
    calls = Calls(Artifacts.from_url((kept / "artifacts").as_uri()))
    given = await calls.stored(CANARY.encode(), name="given.txt")
    script = f"FIRST={CANARY[:6]} SECOND={CANARY[6:]}\n{SEARCH}"
    output = await calls.shell({"given": given}, script=script)
    assert "/in/given.txt" in output["stdout"]


async def test_paths_of_the_worker_lead_nowhere(kept: Path) -> None:
    calls = Calls(Artifacts.from_url((kept / "artifacts").as_uri()))
    await calls.stored(CANARY.encode(), name="other.txt")
    code = """
        import os
        def main(paths):
            return [path for path in paths if os.path.exists(path)]
    """
    ours: list[str] = [str(path) for path in (kept, Path.home(), Path.cwd(), *kept.rglob("*"))]
    assert len(ours) > 5
    assert await calls.python(code, paths=list(ours)) == []


async def test_files_of_another_attempt_are_out_of_reach() -> None:
    calls = Calls()
    mine = await calls.stored(CANARY.encode(), name="mine.txt")
    waiting = asyncio.create_task(calls.shell({"mine": mine}, script="echo up; sleep 600"))
    while not calls.lines:
        await asyncio.sleep(0.01)
    folders = [str(path) for path in Path(tempfile.gettempdir()).glob("pastetrader-*")]
    assert folders
    code = """
        import os
        def main(folders):
            return [os.listdir("/tmp"), os.path.exists("/in"),
                    [path for path in folders if os.path.exists(path)]]
    """
    assert await Calls().python(code, folders=list(folders)) == [[], False, []]
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_a_call_left_is_gone_in_the_next() -> None:
    leave = """
        import os, pathlib
        def main():
            for folder in ("/box", "/tmp", "/dev/shm"):
                pathlib.Path(folder, "left").write_text("x")
            if os.fork() == 0:
                os.setsid()
                while True:
                    for folder in ("/box", "/tmp", "/dev/shm"):
                        pathlib.Path(folder, "left").write_text("x")
            return [os.path.exists(f"{folder}/left") for folder in ("/box", "/tmp", "/dev/shm")]
    """
    look = """
        import os
        def main():
            return [os.path.exists(f"{folder}/left") for folder in ("/box", "/tmp", "/dev/shm")]
    """
    calls = Calls()
    assert await calls.python(leave) == [True] * 3
    assert await calls.python(look) == [False] * 3
    assert await calls.shell(script="ls /box /tmp /dev/shm | grep -c left || true") == {
        "exit_code": 0,
        "stdout": "0\n",
        "stderr": "",
    }
