"""Keeps services alive: whatever ends by itself is started again, after a pause that grows."""

import asyncio
import time
from typing import Protocol

from cli.embedded.errors import EmbeddedServerError
from cli.stack.report import Report

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_STABLE_SECONDS = 10.0


class Service(Protocol):
    """What can be kept alive; `start` returns when it serves and may be called again."""

    @property
    def pid(self) -> int | None:
        """Process id of the current run."""
        ...

    async def start(self) -> None:
        """Raises `EmbeddedServerError` when it does not come up."""
        ...

    async def wait(self) -> int:
        """Exit code, once it has ended."""
        ...

    async def stop(self) -> None:
        """End it; nothing happens when it does not run."""
        ...


class Supervisor:
    """Owns services in the order they were started and stops them in the opposite one."""

    def __init__(self, report: Report) -> None:
        """`report` hears of every change."""
        self._report = report
        self._services: dict[str, Service] = {}
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by service name."""
        return {name: s.pid for name, s in self._services.items() if s.pid is not None}

    async def start(self, name: str, service: Service) -> None:
        """Start a service for the first time, where a failure is an error, and keep it from then."""
        self._services[name] = service
        self._report("starting", name=name)
        began = time.monotonic()
        await service.start()
        self._report("started", name=name, pid=service.pid, seconds=_since(began))
        self._keepers.append(asyncio.create_task(self._keep(name, service)))

    async def stop(self) -> None:
        """Stop everything, the last started first."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for name, service in reversed(self._services.items()):
            self._report("stopping", name=name)
            await service.stop()
        self._services.clear()

    async def _keep(self, name: str, service: Service) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = await service.wait()
            if time.monotonic() - began > _STABLE_SECONDS:
                pause = _FIRST_PAUSE
            self._report("exited", name=name, code=code)
            pause = await self._restart(name, service, pause)

    async def _restart(self, name: str, service: Service, pause: float) -> float:
        """Try until it serves again; the pause to begin with next time."""
        lost = time.monotonic()
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                await service.start()
            except (EmbeddedServerError, OSError) as error:
                self._report("failed", name=name, error=str(error))
                continue
            self._report("restarted", name=name, pid=service.pid, seconds=_since(lost))
            return pause


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
