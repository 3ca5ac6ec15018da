"""`pastetrader packages`: real pip, wheels of our own in a folder, and a real sandbox."""

import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from activities.tools.packages import MANIFEST, environments
from tests.cli.commands import Done, command

PLAIN = "VALUE = 'plain'\n"


def wheel(
    folder: Path, name: str, version: str = "1.0", code: str = PLAIN, needs: str = ""
) -> None:
    """A package with one module, as an index would have it."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def packages(*arguments: str, data_dir: Path, wheels: Path) -> Done:
    """`pastetrader packages …` without any index but the folder."""
    return await command(
        "packages",
        *arguments,
        data_dir=data_dir,
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheels),
        PIP_CONFIG_FILE="/dev/null",
        COLUMNS="200",
    )


def content(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def test_a_package_is_installed_tried_and_listed(data_dir: Path, wheels: Path) -> None:
    wheel(wheels, "My-Package", needs="other-thing")
    wheel(wheels, "other-thing")
    done = await packages("install", "my_package", data_dir=data_dir, wheels=wheels)
    assert done.code == 0, done.err
    assert "data: my-package 1.0, other-thing 1.0" in done.err
    (found,) = environments(data_dir / "packages")
    assert (found.name, found.manifest.requested) == ("data", ["my-package"])
    shown = await packages("list", data_dir=data_dir, wheels=wheels)
    assert [line.split()[:4] for line in shown.out.splitlines()[1:]] == [
        ["data", found.manifest.python, "my-package", "1.0"],
        ["data", found.manifest.python, "other-thing", "1.0"],
    ]
    listed = json.loads((await packages("list", "--json", data_dir=data_dir, wheels=wheels)).out)
    assert listed[0]["packages"] == {"my-package": "1.0", "other-thing": "1.0"}


async def test_what_is_there_stays_as_it_is(data_dir: Path, wheels: Path) -> None:
    wheel(wheels, "first", "1.0")
    await packages("install", "first", data_dir=data_dir, wheels=wheels)
    before = (data_dir / "packages" / "data").resolve()
    wheel(wheels, "first", "2.0")
    wheel(wheels, "second", "2.0")
    done = await packages("install", "second", data_dir=data_dir, wheels=wheels)
    assert "data: first 1.0, second 2.0" in done.err
    assert (before / "first.py").exists()  # for calls that began with it
    done = await packages("install", "first==2.0", data_dir=data_dir, wheels=wheels)
    assert "data: first 2.0, second 2.0" in done.err
    assert not before.exists()


async def test_environments_stand_side_by_side(data_dir: Path, wheels: Path) -> None:
    for name in ("first", "second"):
        wheel(wheels, name)
        await packages("install", name, "--environment", name, data_dir=data_dir, wheels=wheels)
    found = environments(data_dir / "packages")
    assert [(e.name, list(e.manifest.packages)) for e in found] == [
        ("first", ["first"]),
        ("second", ["second"]),
    ]


async def test_a_folder_of_ones_own_is_named_by_the_environment(
    tmp_path: Path, wheels: Path, data_dir: Path
) -> None:
    wheel(wheels, "first")
    done = await command(
        *("packages", "install", "first"),
        data_dir=data_dir,
        PASTETRADER_PACKAGES=str(tmp_path / "mine"),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheels),
    )
    assert done.code == 0, done.err
    assert (tmp_path / "mine" / "data" / MANIFEST).exists()
    assert not data_dir.exists()


async def test_code_of_a_package_runs_in_the_sandbox_only(
    tmp_path: Path, data_dir: Path, wheels: Path
) -> None:
    mark = tmp_path / "mark"
    wheel(
        wheels,
        "curious",
        code=f"""
import os, socket
try: open({str(mark)!r}, "w")
except OSError: pass
assert not os.path.exists({str(data_dir)!r})
assert not os.path.exists("/root") and not os.path.exists("/home")
assert socket.socket().connect_ex(("127.0.0.1", 1)) != 0
""",
    )
    done = await packages("install", "curious", data_dir=data_dir, wheels=wheels)
    assert done.code == 0, done.err
    assert not mark.exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise RuntimeError('needs a screen')", "needs a screen"),
        ("import not_there", "No module named 'not_there'"),
        ("x = bytearray(8 << 30)", "cannot be imported"),
    ],
)
async def test_what_cannot_be_imported_is_not_offered(
    data_dir: Path, wheels: Path, code: str, says: str
) -> None:
    wheel(wheels, "good")
    await packages("install", "good", data_dir=data_dir, wheels=wheels)
    before = content(data_dir / "packages")
    wheel(wheels, "bad", code=code)
    done = await packages("install", "bad", data_dir=data_dir, wheels=wheels)
    assert done.code == 1
    assert says in done.err
    assert content(data_dir / "packages") == before


async def test_a_package_that_nobody_has_is_told_as_pip_does(data_dir: Path, wheels: Path) -> None:
    done = await packages("install", "no-such-thing", data_dir=data_dir, wheels=wheels)
    assert (done.code, "No matching distribution found for no-such-thing" in done.err) == (1, True)
    assert content(data_dir / "packages") == [".lock"]


async def test_sources_are_not_built(tmp_path: Path, data_dir: Path, wheels: Path) -> None:
    mark = tmp_path / "mark"
    setup = tmp_path / "setup.py"
    setup.write_text(f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup(name='raw')\n")
    with tarfile.open(wheels / "raw-1.0.tar.gz", "w:gz") as archive:
        archive.add(setup, "raw-1.0/setup.py")
    done = await packages("install", "raw", data_dir=data_dir, wheels=wheels)
    assert done.code == 1
    assert not mark.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["https://example.org/x.whl"],
        ["./folder"],
        ["x @ file:///x"],
        ["x; python_version > '3'"],
        ["--", "--pre"],
        ["--", "-e."],
        ["x", "--environment", "../other"],
        ["x", "--environment", ".hidden"],
        ["x", "--environment", ""],
    ],
)
async def test_only_names_are_taken(data_dir: Path, wheels: Path, arguments: list[str]) -> None:
    done = await packages("install", *arguments, data_dir=data_dir, wheels=wheels)
    assert done.code == 2, done
    assert content(data_dir / "packages") == []


async def test_without_names_nothing_of_yours_is_dropped(data_dir: Path, wheels: Path) -> None:
    wheel(wheels, "mine")
    await packages("install", "mine", data_dir=data_dir, wheels=wheels)
    done = await packages("install", data_dir=data_dir, wheels=wheels)
    assert (done.code, "also holds mine" in done.err) == (2, True)


async def test_a_folder_made_by_hand_is_left_alone(data_dir: Path, wheels: Path) -> None:
    (data_dir / "packages" / "data").mkdir(parents=True)
    wheel(wheels, "mine")
    done = await packages("install", "mine", data_dir=data_dir, wheels=wheels)
    assert (done.code, "made by hand" in done.err) == (2, True)
