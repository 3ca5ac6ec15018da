"""Who can build boxes: root, an ordinary user, and nobody without bubblewrap."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from activities.sandbox import seccomp

ROOT = Path(__file__).parents[3]
PROBE = textwrap.dedent("""
    import asyncio, os
    from activities import sandbox
    from activities.errors import SandboxUnavailable
    found = sandbox.availability()
    print(os.geteuid(), found.ok, found.reason, found.install_command)
    if found.ok:
        code = "import os; print(os.getuid(), len(os.listdir('/proc/1/task'))); open('/usr/x', 'w')"
        spec = sandbox.SandboxSpec([str(found.host.interpreter), "-I", "-c", code])
        result = asyncio.run(sandbox.run(spec))
        print(result.stdout.text(), result.stderr.text().splitlines()[-1])
        bomb = (
            "import os, time\\n"
            "for n in range(10):\\n"
            "    if os.fork() == 0: x = b'x' * (60 << 20); time.sleep(4); os._exit(0)\\n"
            "raise SystemExit(any([os.wait()[1] for n in range(10)]))"
        )
        limits = sandbox.Limits(memory=100 << 20)
        spec = sandbox.SandboxSpec([str(found.host.interpreter), "-I", "-c", bomb], limits=limits)
        print("bomb:", asyncio.run(sandbox.run(spec)).stopped)
        files = "import os\\nfor n in range(2_000_000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))"
        spec = sandbox.SandboxSpec([str(found.host.interpreter), "-I", "-c", files], limits=limits)
        print("files:", asyncio.run(sandbox.run(spec)).stopped)
        # One after the other: each is measured as soon as it begins to be built.
        spec = sandbox.SandboxSpec([str(found.host.interpreter), "-I", "-c", "pass"])
        results = [asyncio.run(sandbox.run(spec)) for _ in range(30)]
        print("many:", {(result.exit_code, result.stopped) for result in results})
    else:
        try:
            asyncio.run(sandbox.run(sandbox.SandboxSpec(["true"])))
        except SandboxUnavailable as error:
            print("refused:", error.message)
""")


def test_works_for_this_account() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"{os.geteuid()} True"), done
    assert "1000 1" in done.stdout
    assert "Read-only file system" in done.stdout
    assert "bomb: memory" in done.stdout
    assert "files: memory" in done.stdout
    assert "many: {(0, None)}" in done.stdout


@pytest.fixture
def readable_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sandbox package with what it imports, where an ordinary account may read it."""
    folder = tmp_path_factory.mktemp("code")
    # Each test process has a folder of its own in the session's.
    for parent in (folder, *folder.parents[:3]):
        if parent.name.startswith(("code", "pytest-", "popen-")):
            parent.chmod(0o755)
    (folder / "activities").mkdir()
    (folder / "models").mkdir()
    (folder / "models" / "__init__.py").touch()
    (folder / "activities" / "__init__.py").touch()
    (folder / "activities" / "errors.py").write_text(_ERRORS)
    shutil.copytree(ROOT / "activities" / "sandbox", folder / "activities" / "sandbox")
    return folder


# The real module needs packages of the virtual environment, which root may keep to itself.
_ERRORS = textwrap.dedent("""
    class ToolError(Exception):
        def __init__(self, message):
            super().__init__(message)
            self.message = message
    class SandboxUnavailable(ToolError):
        pass
""")


def test_works_for_an_ordinary_account(readable_copy: Path) -> None:
    if os.geteuid() != 0:
        test_works_for_this_account()
        return
    done = subprocess.run(
        ["/usr/bin/setpriv", "--reuid=12345", "--regid=12345", "--clear-groups",
         "/usr/bin/python3", "-I", "-c", f"import sys; sys.path.insert(0, {str(readable_copy)!r})\n{PROBE}"],
        cwd="/", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("12345 True"), done
    assert "1000 1" in done.stdout
    assert "Read-only file system" in done.stdout
    assert "bomb: memory" in done.stdout
    assert "files: memory" in done.stdout
    assert "many: {(0, None)}" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="for others there is no control group anyway")
def test_works_for_root_without_control_groups() -> None:
    done = subprocess.run(
        ["/usr/bin/unshare", "--mount", "sh", "-c",
         'mount -t tmpfs none /sys/fs/cgroup && exec "$0" -c "$1"', sys.executable, PROBE],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("0 True"), done
    assert "bomb: memory" in done.stdout
    assert "files: memory" in done.stdout
    assert "many: {(0, None)}" in done.stdout


def test_refused_with_the_command_where_bubblewrap_is_missing(tmp_path: Path) -> None:
    # A mount namespace of its own, in which bubblewrap's place is taken by an empty file.
    empty = tmp_path / "empty"
    empty.touch()
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    done = subprocess.run(
        ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
         'mount --bind "$0" "$1" && exec "$2" -c "$3"', str(empty), bwrap, sys.executable, PROBE],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert " False " in done.stdout, done
    assert "refused: no sandbox can be built here" in done.stdout
    assert "apt-get install bubblewrap" in done.stdout


def test_machines_without_a_filter_are_refused() -> None:
    with pytest.raises(seccomp.SandboxUnavailable, match="riscv64"):
        seccomp.program("riscv64")


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_filter_is_within_the_limits_of_the_kernel(machine: str) -> None:
    program = seccomp.program(machine)
    assert len(program) % 8 == 0
    assert len(program) // 8 <= 4096
