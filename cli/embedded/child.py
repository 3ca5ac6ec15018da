"""A child process that cannot outlive us and writes to a log file."""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from cli.embedded.errors import BinaryMissing

_TAIL_BYTES = 2000


class Child:
    """One run of one program; `spawn` may be called again after it ended."""

    def __init__(self, log: Path) -> None:
        """`log` receives standard output and error, appended."""
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the current run, None before the first."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the program has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def spawn(
        self,
        command: Sequence[str],
        *,
        dies_with: signal.Signals,
        privileges: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        inherit: Sequence[int] = (),
    ) -> None:
        """Start `command` in its own session, so that Ctrl-C in the terminal is ours to pass on.

        `dies_with` is sent by the kernel when we die; `privileges` are further `setpriv` options.
        """
        launcher = [_setpriv(), "--pdeathsig", dies_with.name.removeprefix("SIG"), *privileges]
        with _open_log(self._log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *launcher,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                pass_fds=inherit,
                start_new_session=True,
                umask=0o077,
            )

    async def wait(self) -> int:
        """Exit code, negative for a signal, once the program has ended."""
        if self._process is None:
            raise RuntimeError("nothing was started")
        return await self._process.wait()

    async def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and wait its seconds; what is left is killed."""
        for number, seconds in (*steps, (signal.SIGKILL, 10.0)):
            if not self.running or self._process is None:
                return
            self._process.send_signal(number)
            try:
                await asyncio.wait_for(self._process.wait(), seconds)
            except TimeoutError:
                continue

    def log_tail(self) -> str:
        """The last lines of the log, for error messages."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - _TAIL_BYTES))
            return log.read().decode(errors="replace").strip()


def _open_log(path: Path) -> IO[bytes]:
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def _setpriv() -> str:
    found = shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    if found is None:
        raise BinaryMissing("setpriv is missing: apt-get install util-linux")
    return found
