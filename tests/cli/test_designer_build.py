"""`up` builds the designer once for each state of its sources, and goes on where it cannot."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cli.stack.designer import Designer

Event = tuple[str, dict[str, Any]]
NPM = """#!/bin/sh
echo "$@" >> "$CALLS"
echo "npm says $1"
[ "$*" = "ci --no-audit --no-fund" ] && mkdir -p node_modules && echo x > node_modules/made
[ "$*" = "run build" ] && mkdir -p out .next && echo page > out/index.html && echo x > .next/made
exit 0
"""
BUILT = ["ci --no-audit --no-fund", "run build"]
BUILDING = ["starting", "started"]


class Machine:
    """A machine with programs of ours, and sources to build."""

    def __init__(self, folder: Path) -> None:
        self.sources, self.log = folder / "ui", folder / "designer.log"
        self.programs, self._calls = folder / "bin", folder / "calls"
        self.events: list[Event] = []
        self.programs.mkdir()
        for name, text in {"package.json": "{}", "app/page.tsx": "page", "lib/a.ts": "a"}.items():
            file = self.sources / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def install(self, name: str, script: str) -> None:
        """Put a program on the path."""
        file = self.programs / name
        file.write_text(script)
        file.chmod(0o755)

    async def up(self) -> list[str]:
        """What one start tells, by name of its events."""
        self.events = []
        await Designer(self.sources).build(self._report, self.log)
        return [event for event, _ in self.events]

    def _report(self, event: str, **facts: Any) -> None:
        assert facts["name"] == "designer"
        self.events.append((event, facts))

    @property
    def hint(self) -> str:
        """Of the last event."""
        return str(self.events[-1][1]["hint"])

    def ran(self) -> list[str]:
        """Command lines of npm since the last time this was asked."""
        found = self._calls.read_text().splitlines() if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Has a Node that is new enough, and an npm that succeeds."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    made.install("node", node("v20.9.0"))
    made.install("npm", NPM)
    return made


def node(version: str) -> str:
    """A Node of that version."""
    return f'#!/bin/sh\n[ "$*" = "--version" ] && echo {version}\n'


async def test_without_sources_there_is_nothing_to_build(machine: Machine) -> None:
    (machine.sources / "package.json").unlink()
    assert await machine.up() == []
    machine.sources = machine.sources / "nowhere"
    assert (await machine.up(), machine.ran()) == ([], [])


async def test_the_export_is_built_once(machine: Machine) -> None:
    assert (await machine.up(), machine.ran()) == (BUILDING, BUILT)
    assert (machine.sources / "out" / "index.html").read_text() == "page\n"
    assert "npm says ci" in machine.log.read_text()
    for program in ("node", "npm"):
        machine.install(program, "#!/bin/sh\nexit 1\n")
    assert (await machine.up(), machine.ran()) == ([], []), "what is current needs no programs"


def change(sources: Path) -> None:
    (sources / "app" / "page.tsx").write_text("another page")


def add(sources: Path) -> None:
    (sources / "lib" / "b.ts").write_text("a")


def remove(sources: Path) -> None:
    (sources / "lib" / "a.ts").unlink()


def rename(sources: Path) -> None:
    (sources / "lib" / "a.ts").rename(sources / "lib" / "z.ts")


def lose_export(sources: Path) -> None:
    (sources / "out" / "index.html").unlink()
    (sources / "out" / ".sources").unlink()


@pytest.mark.parametrize("differ", [change, add, remove, rename, lose_export])
async def test_another_state_of_the_sources_is_built_again(
    machine: Machine, differ: Callable[[Path], None]
) -> None:
    await machine.up()
    machine.ran()
    differ(machine.sources)
    assert (await machine.up(), machine.ran()) == (BUILDING, BUILT)
    assert await machine.up() == []


async def test_what_builds_leave_behind_is_no_source(machine: Machine) -> None:
    await machine.up()
    for name in (
        "node_modules/x/index.js",
        ".next/cache",
        "out/more.html",
        "test-results/last.json",
        "tsconfig.tsbuildinfo",
        "next-env.d.ts",
        "lib/api/openapi.json",
    ):
        file = machine.sources / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("made")
    assert await machine.up() == []


@pytest.mark.parametrize("version", ["v20.8.1", "v18.20.0", "v9.99.0", "20.8", "", "nonsense"])
async def test_a_node_that_is_too_old_is_told(machine: Machine, version: str) -> None:
    machine.install("node", node(version))
    assert (await machine.up(), machine.ran()) == (["skipped"], [])
    assert "Node.js 20.9 or newer is needed" in machine.hint
    assert (version.removeprefix("v") or "unknown") in machine.hint or version == "nonsense"
    assert not (machine.sources / "out").exists()


@pytest.mark.parametrize("version", ["v20.9.0", "v20.10.1", "v22.0.0", "v100.1.0"])
async def test_a_node_that_is_new_enough_builds(machine: Machine, version: str) -> None:
    machine.install("node", node(version))
    assert await machine.up() == BUILDING


@pytest.mark.parametrize("missing", [("node",), ("npm",), ("node", "npm")])
async def test_without_node_or_npm_the_way_out_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PATH", str(machine.programs))
    for program in missing:
        (machine.programs / program).unlink()
    assert await machine.up() == ["skipped"]
    assert machine.hint == "install Node.js 20.9 or newer with npm, then start again"


@pytest.mark.parametrize(("step", "ran"), [("ci", 1), ("run", 2)])
async def test_a_failing_build_names_its_log_and_is_tried_again(
    machine: Machine, step: str, ran: int
) -> None:
    machine.install("npm", NPM.replace("exit 0", f'[ "$1" != {step} ]'))
    assert await machine.up() == ["starting", "skipped"]
    assert machine.hint == f"`npm {BUILT[ran - 1]}` failed; see {machine.log}"
    assert f"npm says {step}" in machine.log.read_text()
    assert machine.ran() == BUILT[:ran], "nothing is run after a failure"
    machine.install("npm", NPM)
    assert (await machine.up(), machine.ran()) == (BUILDING, BUILT)


async def test_a_stopped_start_leaves_no_build_behind(machine: Machine, tmp_path: Path) -> None:
    """As here, npm runs what it is told to in a process of its own."""
    pid = tmp_path / "pid"
    machine.install(
        "npm", f"#!/bin/sh\nsleep 60 &\necho $! > {pid}.new\nmv {pid}.new {pid}\nwait\n"
    )
    start = asyncio.create_task(machine.up())
    async with asyncio.timeout(10):
        while not pid.exists():
            await asyncio.sleep(0.02)
    start.cancel()
    with suppress(asyncio.CancelledError):
        await start
    child = int(pid.read_text())
    try:
        assert await gone(child), "the build goes on without its `up`"
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, 9)


async def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        await asyncio.sleep(0.02)
    return False
