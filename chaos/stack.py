"""`pastetrader up --json` as a child that is driven, and hurt, from outside."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

EMAIL, PASSWORD = "operator@example.org", "a-long-enough-password-for-tests"
_READY_SECONDS = 120.0
_STOP_SECONDS = 60.0
_LINE_BYTES = 1024 * 1024

Event = dict[str, Any]


class Stack:
    """The whole product; knows the process of every part by name."""

    def __init__(self, process: Process) -> None:
        """`process` is `up --json`, just started."""
        self._process = process
        self._events: list[Event] = []
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())
        self.urls: dict[str, str] = {}
        self.pids: dict[str, int] = {}

    async def ready(self) -> None:
        """Return once it serves; raises with what it said when it does not."""
        found = await self.until("ready", _READY_SECONDS)
        self.urls = found["urls"]

    async def until(self, event: str, seconds: float, /, *, after: int = 0, **facts: Any) -> Event:
        """The first event of that name and facts, from number `after` on.

        Raises `TimeoutError`, or `RuntimeError` when the product ended.
        """
        wanted = {"event": event, **facts}
        async with asyncio.timeout(seconds), self._news:
            while True:
                for found in self._events[after:]:
                    if wanted.items() <= found.items():
                        return found
                if self._reader.done():
                    raise RuntimeError(f"`up` ended before `{event}`: {self._events[-5:]}")
                await self._news.wait()

    async def kill(self, name: str, seconds: float = 60) -> float:
        """SIGKILL a part; how many seconds the supervisor took to bring it back."""
        after = len(self._events)
        os.kill(self.pids[name], signal.SIGKILL)
        found = await self.until("restarted", seconds, after=after, name=name)
        return float(found["seconds"])

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(self._reader, return_exceptions=True)
        return self._process.returncode or 0

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        try:
            async for line in self._process.stdout:
                await self._take(json.loads(line))
        finally:
            async with self._news:
                self._news.notify_all()

    async def _take(self, event: Event) -> None:
        async with self._news:
            self._events.append(event)
            if "pid" in event:
                self.pids[event["name"]] = event["pid"]
            self._news.notify_all()


@asynccontextmanager
async def live_stack(
    data_dir: Path, *, workers: int = 1, env: Mapping[str, str] | None = None
) -> AsyncIterator[Stack]:
    """Start everything in `data_dir` on free ports; it ends with the block."""
    account = {"PASTETRADER_ADMIN_EMAIL": EMAIL, "PASTETRADER_ADMIN_PASSWORD": PASSWORD}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "TEMPORAL_ADDRESS"}
    }
    command = ["-m", "cli.main", "up", "--json", "--no-ui", "--workers", str(workers)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        "--data-dir",
        str(data_dir),
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
        env={**inherited, **account, **(env or {})},
    )
    stack = Stack(process)
    try:
        await stack.ready()
        yield stack
    finally:
        await stack.stop()
