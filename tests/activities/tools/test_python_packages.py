"""Packages of the Python tool: what the operator offers, and nothing else."""

import json
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities import sandbox
from activities.errors import InvalidInput, UserCodeError
from activities.tools.package_builds import LOCK_NAME
from activities.tools.packages import MANIFEST, VARIABLE
from tests.activities.tools.calls import Calls, facts
from tests.packages import ROOT, data_packages

CSV = b"day,close\n2010-01-01,121.85\n2010-02-01,127.16\n2010-02-01,127.16\n"
NUMPY = {"packages": ["numpy"]}


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture(scope="module")
def offered() -> Iterator[Path]:
    """Offers numpy and pandas to all tools of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = data_packages()
        patch.setenv(VARIABLE, str(folder))
        yield folder


async def test_pandas_reads_and_writes_tables_within_the_usual_limits(
    calls: Calls, offered: Path
) -> None:
    code = """
        import pathlib
        import pandas
        def main(table):
            frame = pandas.read_csv(table, parse_dates=["day"]).drop_duplicates()
            path = pathlib.Path("clean.csv")
            frame.to_csv(path, index=False)
            return {"rows": len(frame), "mean": frame.close.mean().round(3), "file": path}
    """
    table = await calls.stored(CSV, name="prices.csv", kind="text/csv")
    output = await calls.python(code, config={"packages": ["pandas"]}, table=table)
    assert (output["rows"], output["mean"]) == (2, 124.505)
    assert facts(output["file"])["content_type"] == "text/csv"
    assert await calls.read(output["file"]) == b"day,close\n2010-01-01,121.85\n2010-02-01,127.16\n"


async def test_numbers_of_numpy_are_returned_as_numbers(calls: Calls, offered: Path) -> None:
    code = """
        import numpy as np
        def main():
            return {"a": np.int64(3), "b": np.float32(0.5), "c": np.bool_(True), "d": np.eye(2)}
    """
    expected = {"a": 3, "b": 0.5, "c": True, "d": [[1.0, 0.0], [0.0, 1.0]]}
    assert await calls.python(code, config=NUMPY) == expected


async def test_linear_algebra_starts_no_thread(calls: Calls, offered: Path) -> None:
    code = """
        import os
        import numpy as np
        def main():
            big = np.ones((800, 800))
            return [float((big @ big).sum()), len(os.listdir("/proc/self/task"))]
    """
    assert await calls.python(code, config=NUMPY) == [512_000_000.0, 1]


async def test_names_are_compared_as_indexes_do(calls: Calls, offered: Path) -> None:
    code = "import dateutil\ndef main(): return dateutil.__name__"
    config = {"packages": ["Python_DateUtil", "NumPy"]}
    assert await calls.python(code, config=config) == "dateutil"


async def test_packages_that_are_not_named_are_not_there(calls: Calls, offered: Path) -> None:
    with pytest.raises(UserCodeError, match="No module named 'numpy'"):
        await calls.python("import numpy\ndef main(): return 1")


async def test_packages_can_be_read_only(calls: Calls, offered: Path) -> None:
    code = """
        import pathlib
        def main():
            try: pathlib.Path("/packages/numpy/new.py").touch()
            except OSError: return True
    """
    assert await calls.python(code, config=NUMPY) is True


async def test_packages_come_after_the_standard_library(calls: Calls, offered: Path) -> None:
    code = "import sys\ndef main(): return sys.path.index('/packages') == len(sys.path) - 1"
    assert await calls.python(code, config=NUMPY) is True


async def test_errors_inside_a_package_show_the_users_line(calls: Calls, offered: Path) -> None:
    code = "import numpy\ndef main():\n    return numpy.ones(2) @ numpy.ones(3)\n"
    with pytest.raises(UserCodeError, match=r"ValueError: .* \(tool.py, line 3\)") as caught:
        await calls.python(code, config=NUMPY)
    assert isinstance(caught.value.details, dict)
    assert "/tool/" not in str(caught.value.details["traceback"])


async def test_a_package_that_is_not_offered_is_named(calls: Calls, offered: Path) -> None:
    config = {"packages": ["numpy", "scipy"]}
    with pytest.raises(InvalidInput, match=r"not offered on this worker: scipy") as caught:
        await calls.python("def main(): return 1", config=config)
    assert "data: numpy " in caught.value.message
    assert caught.value.message.endswith("pastetrader packages install numpy scipy")


async def test_the_versions_are_those_of_the_lock(offered: Path) -> None:
    manifest = json.loads((offered / "data" / MANIFEST).read_text())
    lock = (ROOT / LOCK_NAME).read_text()
    assert {"numpy", "pandas"} <= manifest["packages"].keys()
    for name, version in manifest["packages"].items():
        assert f"{name}=={version}" in lock
    assert lock.count("--hash=sha256:") > 50
    assert "://" not in lock


def environment(root: Path, name: str, packages: list[str], python: str) -> Path:
    """A folder as an operator may have it, with one module for each package."""
    folder = root / name
    folder.mkdir(parents=True)
    for package in packages:
        (folder / f"{package}.py").write_text(f"PLACE = {name!r}\n")
    manifest = {
        "python": python,
        "machine": platform.machine(),
        "requested": packages,
        "packages": dict.fromkeys(packages, "1.0"),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of environments. pytest's own folders are closed to other accounts."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


async def test_the_first_environment_that_has_all_is_taken(calls: Calls, root: Path) -> None:
    python = (await sandbox.require()).python
    environment(root, "a", ["one"], python)
    environment(root, "b", ["one", "two"], python)
    environment(root, "c", ["one", "two"], "3.1")
    environment(root, ".hidden", ["three"], python)
    (root / "a-folder-without-manifest").mkdir()
    (root / "z").mkdir()
    (root / "z" / MANIFEST).write_text("{")
    code = "import one\ndef main(): return one.PLACE"
    assert await calls.python(code, config={"packages": ["one"]}) == "a"
    assert await calls.python(code, config={"packages": ["two", "one"]}) == "b"
    with pytest.raises(InvalidInput, match="three"):
        await calls.python(code, config={"packages": ["three"]})


async def test_packages_of_two_environments_do_not_mix(calls: Calls, root: Path) -> None:
    python = (await sandbox.require()).python
    environment(root, "a", ["one"], python)
    environment(root, "b", ["two"], python)
    with pytest.raises(InvalidInput, match="no single environment has all of one, two"):
        await calls.python("def main(): return 1", config={"packages": ["one", "two"]})


async def test_packages_for_another_python_say_so(calls: Calls, root: Path) -> None:
    environment(root, "a", ["one"], "3.1")
    with pytest.raises(InvalidInput, match=r"for Python 3\.1, its sandbox has 3\.\d+"):
        await calls.python("def main(): return 1", config={"packages": ["one"]})


@pytest.mark.parametrize("value", [None, "", "/nonexistent"])
async def test_without_environments_the_command_is_told(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(InvalidInput, match=r"offered: none.*pastetrader packages install$"):
        await calls.python("def main(): return 1", config={"packages": ["pandas"]})


async def test_an_environment_that_was_replaced_is_taken_anew(calls: Calls, root: Path) -> None:
    python = (await sandbox.require()).python
    code = "import one\ndef main(): return one.PLACE"
    for name in ("first", "second"):
        environment(root, f".{name}", ["one"], python)
        (root / "link").symlink_to(f".{name}")
        (root / "link").replace(root / "data")
        assert await calls.python(code, config={"packages": ["one"]}) == f".{name}"
