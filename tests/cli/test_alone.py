"""Commands that need no running server: the demo, and workers of their own."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.data_folder import DataFolder
from cli.embedded.lock import FolderLock
from models.keys import new_key
from tests.cli.commands import command, ended, spawn

pytestmark = pytest.mark.slow


async def test_the_demo_starts_shows_and_stops_everything(tmp_path: Path) -> None:
    data_dir, made = tmp_path / "data", tmp_path / "made"
    done = await command("demo", "--artifacts", str(made), data_dir=data_dir)
    assert done.code == 0, done.err
    assert "rsi[4] completed" in done.err
    for row in ("76.09", "AMZN", "sell"):
        assert row in done.out
    assert "| AMZN | 90.56 | 76.09 | sell |" in (made / "rsi-screen.md").read_text()
    assert (made / "rsi.svg").read_text().rstrip().endswith("</svg>")
    assert "/docs" in done.out
    assert "/namespaces/default/workflows/exec-" in done.out
    folder = DataFolder(data_dir)
    assert folder.running() is None
    for name in ("up.lock", "postgres.lock", "temporal.lock"):
        FolderLock(data_dir / name).acquire()  # raises while a server lives


@pytest.fixture
async def workers(temporal_address: str, tmp_path: Path) -> AsyncIterator[Process]:
    """`worker --processes 2`."""
    process = await spawn(
        *("worker", "--processes", "2", "--queue", f"alone-{os.getpid()}"),
        TEMPORAL_ADDRESS=temporal_address,
        PASTETRADER_ARTIFACTS=tmp_path.as_uri(),
        PASTETRADER_ENCRYPTION_KEYS=new_key("1"),
    )
    yield process
    if process.returncode is None:
        process.terminate()
        await ended(process)


@pytest.mark.parametrize("victim", [0, 1])
async def test_a_worker_that_dies_takes_the_others_along(workers: Process, victim: int) -> None:
    pids = await children(workers.pid, 2)
    os.kill(pids[victim], signal.SIGKILL)
    done = await ended(workers)
    assert (done.code, "ended unexpectedly" in done.err) == (1, True)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def test_workers_end_when_asked(workers: Process) -> None:
    pids = await children(workers.pid, 2)
    await asyncio.gather(*map(catches_sigterm, pids))
    workers.terminate()
    assert (await ended(workers)).code == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def test_a_worker_names_the_variable_that_it_lacks() -> None:
    done = await command("worker")
    assert (done.code, "PASTETRADER_ARTIFACTS" in done.err) == (2, True)


async def children(pid: int, wanted: int) -> list[int]:
    """Process ids of all children, once there are as many as wanted."""
    async with asyncio.timeout(30):
        while True:
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if len(listed) == wanted:
                return [int(child) for child in listed]
            await asyncio.sleep(0.05)


async def catches_sigterm(pid: int) -> None:
    """Return once a process has a handler for SIGTERM."""
    async with asyncio.timeout(30):
        while True:
            status = Path(f"/proc/{pid}/status").read_text()
            caught = int(status.partition("SigCgt:")[2].split()[0], 16)
            if caught >> (signal.SIGTERM - 1) & 1:
                return
            await asyncio.sleep(0.05)
