"""One of our own processes (API, worker) as a service that a supervisor can keep alive."""

import asyncio
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from cli.embedded.child import Child
from cli.embedded.errors import StartFailed

_START_SECONDS = 60.0
_POLL_SECONDS = 0.05


class Program:
    """`pastetrader <arguments>` as a child with its own log."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path,
        health_url: str | None = None,
        stop_seconds: float = 10.0,
        inherit: Sequence[int] = (),
    ) -> None:
        """`health_url` answers 200 once the program serves; without one, running is enough.

        `inherit` are open files that it gets, under the same numbers.
        """
        self._name = name
        self._arguments = list(arguments)
        self._env = env
        self._child = Child(log)
        self._health_url = health_url
        self._stop_seconds = stop_seconds
        self._inherit = inherit

    @property
    def pid(self) -> int | None:
        """Process id of the current run."""
        return self._child.pid

    async def start(self) -> None:
        """Start and wait until it serves; raises `StartFailed` with the end of its log."""
        await self._child.spawn(
            [sys.executable, "-m", "cli.main", *self._arguments],
            dies_with=signal.SIGKILL,
            env=self._env,
            inherit=self._inherit,
        )
        if self._health_url is not None:
            await self._wait_until_healthy(self._health_url)

    async def wait(self) -> int:
        """Exit code, once it has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Let it finish what it does, then insist."""
        await self._child.stop((signal.SIGTERM, self._stop_seconds))

    async def run(self) -> None:
        """Run to the end; raises `StartFailed` unless it exits with 0."""
        await self.start()
        code = await self.wait()
        if code != 0:
            raise StartFailed(self._name, f"ended with code {code}", self._child.log_tail())

    async def _wait_until_healthy(self, url: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while not await _answers(client, url):
                if not self._child.running:
                    raise StartFailed(self._name, "ended while starting", self._child.log_tail())
                if time.monotonic() > deadline:
                    await self.stop()
                    raise StartFailed(self._name, "does not answer", self._child.log_tail())
                await asyncio.sleep(_POLL_SECONDS)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
