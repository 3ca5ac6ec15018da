"""Folders of attempts: nobody else reads them, and none stays behind."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from activities import scratch
from activities.scratch import Scratch

ROOT = Path(__file__).resolve().parents[2]
MINE = f"pastetrader-{os.getuid()}-"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def dead_pid() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_folder_is_made_when_it_is_needed_and_gone_with_the_attempt(folder: Path) -> None:
    made = Scratch()
    assert list(folder.iterdir()) == []
    (made.folder() / "deep").mkdir()
    (made.folder() / "deep" / "file").write_text("secret")
    assert [each.name.startswith(f"{MINE}{os.getpid()}-") for each in folder.iterdir()] == [True]
    made.remove()
    assert list(folder.iterdir()) == []
    made.remove()


def test_a_removed_folder_is_made_anew(folder: Path) -> None:
    made = Scratch()
    first = made.folder()
    assert made.folder() == first
    made.remove()
    assert made.folder() != first


def test_two_attempts_have_two_folders(folder: Path) -> None:
    assert Scratch().folder() != Scratch().folder()


def test_others_cannot_list_the_folder(folder: Path) -> None:
    """They may pass through it, for a box runs as another account."""
    assert Scratch().folder().stat().st_mode & 0o777 == 0o711


def test_only_folders_of_dead_workers_are_swept(folder: Path) -> None:
    dead, alive = dead_pid(), os.getppid()
    gone = folder / f"{MINE}{dead}-abc"
    kept = [
        folder / f"{MINE}{alive}-abc",
        folder / f"{MINE}{os.getpid()}-abc",
        folder / f"{MINE}nonsense-abc",
        folder / MINE,
        folder / f"pastetrader-{os.getuid() + 1}-{dead}-abc",
        folder / f"pastetrader-{os.getuid()}{dead}-abc",
        folder / f"other-{dead}",
    ]
    for each in (gone, *kept):
        (each / "inner").mkdir(parents=True)
        (each / "inner" / "file").write_text("content")
    scratch.sweep()
    assert not gone.exists()
    assert [each for each in kept if not (each / "inner" / "file").exists()] == []


def test_what_is_no_folder_is_left_alone(folder: Path) -> None:
    target = folder / "elsewhere"
    target.mkdir()
    (target / "precious").write_text("content")
    link, file = folder / f"{MINE}{dead_pid()}-link", folder / f"{MINE}{dead_pid()}-file"
    link.symlink_to(target)
    file.write_text("content")
    scratch.sweep()
    assert (target / "precious").exists()
    assert file.exists()


def test_a_killed_worker_leaves_a_folder_that_the_next_start_sweeps(folder: Path) -> None:
    code = """
import os
from activities.scratch import Scratch
(Scratch().folder() / "file").write_text("content")
os._exit(9)
"""
    environment = {**os.environ, "TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False)
    (left,) = folder.iterdir()
    assert (left / "file").read_text() == "content"
    scratch.sweep()
    assert list(folder.iterdir()) == []
