"""Builds the web designer from its sources, once for each state of them."""

import asyncio
import hashlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from cli.stack.report import Report

SOURCES = Path(__file__).resolve().parents[2] / "ui"
NODE_NEEDED = (20, 9)
_MADE = frozenset({"node_modules", ".next", "out", "test-results"})
_STAMP = ".sources"


class Designer:
    """The sources in a checkout; an installation without them has its export already, or none."""

    def __init__(self, sources: Path = SOURCES) -> None:
        self._sources = sources

    async def build(self, report: Report, log: Path) -> None:
        """Bring the export up to date; a machine that cannot is told how, and goes on without."""
        if not (self._sources / "package.json").is_file() or self._is_current():
            return
        if problem := await _missing():
            report("skipped", name="designer", hint=problem)
            return
        report("starting", name="designer", hint="built once; this takes a minute or two")
        for step in (("npm", "ci", "--no-audit", "--no-fund"), ("npm", "run", "build")):
            code = await self._run(step, log)
            if code != 0:
                report("skipped", name="designer", hint=f"`{' '.join(step)}` failed; see {log}")
                return
        if not (self._sources / "out").is_dir():
            report("skipped", name="designer", hint=f"the build made nothing; see {log}")
            return
        (self._sources / "out" / _STAMP).write_text(self._state())
        report("started", name="designer")

    async def _run(self, command: tuple[str, ...], log: Path) -> int:
        with log.open("ab") as output:
            child = await asyncio.create_subprocess_exec(
                *command,
                cwd=self._sources,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "CI": "1"},
                start_new_session=True,  # npm starts others, which end with it
            )
            try:
                return await child.wait()
            except asyncio.CancelledError:
                os.killpg(child.pid, signal.SIGKILL)
                await child.wait()
                raise

    def _is_current(self) -> bool:
        stamp = self._sources / "out" / _STAMP
        return stamp.is_file() and stamp.read_text() == self._state()

    def _state(self) -> str:
        """A hash over names and contents of all sources."""
        digest = hashlib.sha256()
        for file in sorted(_files(self._sources)):
            digest.update(str(file.relative_to(self._sources)).encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name not in _MADE:
                yield from _files(entry)
        elif not entry.name.endswith((".tsbuildinfo", "next-env.d.ts", "openapi.json")):
            yield entry


async def _missing() -> str | None:
    """What keeps this machine from building, and the way out; None when nothing does."""
    needed = ".".join(map(str, NODE_NEEDED))
    if shutil.which("node") is None or shutil.which("npm") is None:
        return f"install Node.js {needed} or newer with npm, then start again"
    child = await asyncio.create_subprocess_exec(
        "node", "--version", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    found = output.decode().strip().removeprefix("v")
    parts = tuple(int(part) for part in found.split(".")[:2] if part.isdecimal())
    if parts < NODE_NEEDED:
        return f"Node.js {needed} or newer is needed, this is {found or 'unknown'}"
    return None
