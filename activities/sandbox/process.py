"""Runs one box from start to a certain end: no process of it is left when `run` is over."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress

from activities.errors import ToolError
from activities.sandbox.box_memory import box_memory
from activities.sandbox.host import require
from activities.sandbox.launch import Launched, launch
from activities.sandbox.memory import MemoryGroup
from activities.sandbox.spec import Limits, SandboxResult, SandboxSpec, Stop
from activities.sandbox.streams import Spool, Stream
from activities.sandbox.uninterrupted import uninterrupted

_CHUNK = 64 * 1024
_START_SECONDS = 0.5
_END_SECONDS = 5.0
_WATCH_SECONDS = 0.2
_KILLED = 128 + signal.SIGKILL


async def run(spec: SandboxSpec) -> SandboxResult:
    """Run `spec` in a box of its own. The caller bounds the time by cancelling.

    Raises:
        SandboxUnavailable: no box can be built on this machine.
        ToolError: this box could not be set up; a later attempt may.
    """
    host = await require()
    try:
        group = host.memory.create(spec.limits.memory) if host.memory else None
    except OSError as error:
        raise ToolError(f"the sandbox could not limit memory: {error}") from error
    try:
        return await _run_in(group, spec)
    finally:
        if group is not None:
            await uninterrupted(group.remove())


async def _run_in(group: MemoryGroup | None, spec: SandboxSpec) -> SandboxResult:
    host = await require()
    try:
        launched = launch(host, spec, group)
    except OSError as error:
        raise ToolError(f"the sandbox could not be started: {error}") from error
    box = _Box(launched, spec, watch_memory=group is None)
    try:
        await asyncio.shield(box.ended)
    finally:
        await uninterrupted(box.close())
    stopped = box.stopped
    # A tree that got over the loss of one process, and ended well, is not a failure.
    if box.exit_code != 0 and group is not None and group.was_exceeded():
        stopped = Stop.MEMORY
    if box.exit_code is None and stopped is None:
        problem = box.stderr.capture().text().strip()[-500:] or "killed from outside"
        raise ToolError(f"the sandbox could not be set up: {problem}")
    exit_code = _KILLED if box.exit_code is None else box.exit_code
    return SandboxResult(
        exit_code, box.stdout.capture(), box.stderr.capture(), box.result.result(), stopped
    )


class _Box:
    """A running box: its pipes, and the one process whose end is the end of all others."""

    def __init__(self, launched: Launched, spec: SandboxSpec, *, watch_memory: bool) -> None:
        limits: Limits = spec.limits
        self.stdout = Stream(limits.capture, limits.flood, spec.on_stdout)
        self.stderr = Stream(limits.capture, limits.flood, spec.on_stderr)
        self.result = Spool(limits.result, spec.spool)
        self.stopped: Stop | None = None
        self.exit_code: int | None = None
        self._launched = launched
        self._started = asyncio.Event()
        self._first: int | None = None
        self._first_pid = 0
        self._outer = os.pidfd_open(launched.process.pid)
        self._followers = [asyncio.ensure_future(work) for work in self._work()]
        self.ended = asyncio.gather(*self._followers)
        self._watcher = (
            asyncio.ensure_future(self._watch_memory(limits.memory)) if watch_memory else None
        )

    def _work(self) -> list[Coroutine[None, None, None]]:
        process = self._launched.process
        if process.stdout is None or process.stderr is None:
            raise AssertionError("a box is started with pipes")
        return [
            self._pump(process.stdout.fileno(), self.stdout, Stop.OUTPUT),
            self._pump(process.stderr.fileno(), self.stderr, Stop.OUTPUT),
            self._pump(self._launched.result, self.result, Stop.RESULT),
            self._follow_status(),
            self._follow_end(),
        ]

    async def close(self) -> None:
        """Kill what still runs, wait until it is gone, and release every descriptor."""
        # Also when only one of the tasks failed: the others still follow a running box.
        following = [task for task in self._followers if not task.done()]
        if following:
            await self._kill()
            await asyncio.wait(following, timeout=_END_SECONDS)
        tasks = [*self._followers, *([self._watcher] if self._watcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(asyncio.CancelledError):
            self.ended.exception()
        self.result.close()
        self._launched.close()
        os.close(self._outer)
        if self._first is not None:
            os.close(self._first)

    async def _pump(self, descriptor: int, stream: Stream | Spool, reason: Stop) -> None:
        async for chunk in _chunks(descriptor):
            if not await stream.take(chunk) and self.stopped is None:
                self.stopped = reason
                await self._kill()

    async def _follow_status(self) -> None:
        """Learn the box's first process, then the exit code of its command."""
        rest = b""
        try:
            async for chunk in _chunks(self._launched.status):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._learn(json.loads(line))
        finally:
            self._started.set()

    def _learn(self, status: dict[str, int]) -> None:
        self.exit_code = status.get("exit-code", self.exit_code)
        if "child-pid" in status and self._first is None:
            with suppress(ProcessLookupError):
                self._first_pid = status["child-pid"]
                self._first = os.pidfd_open(self._first_pid)
            self._started.set()

    async def _follow_end(self) -> None:
        """The command is done when bubblewrap is; what it left behind in the box goes now."""
        await _readable(self._outer)
        self._launched.process.wait()
        await self._kill()
        if self._first is not None:
            await _readable(self._first)

    async def _watch_memory(self, limit: int) -> None:
        await self._started.wait()
        while self._first_pid:
            if await asyncio.to_thread(box_memory, self._first_pid) > limit:
                self.stopped = self.stopped or Stop.MEMORY
                await self._kill()
            await asyncio.sleep(_WATCH_SECONDS)

    async def _kill(self) -> None:
        """Kill process 1 of the box, and so by the kernel's rule every process in it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._started.wait(), _START_SECONDS)
        with suppress(ProcessLookupError):
            if self._first is None:
                signal.pidfd_send_signal(self._outer, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)


async def _chunks(descriptor: int) -> AsyncIterator[bytes]:
    while True:
        # Waiting before each read gives other calls their turn however fast this one writes.
        await _readable(descriptor)
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return
        yield chunk


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
