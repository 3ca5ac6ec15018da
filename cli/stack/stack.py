"""Brings the whole product up on one machine, in order, and takes it down again."""

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.data_folder import DataFolder, Running
from cli.embedded.errors import EmbeddedServerError
from cli.embedded.lock import FolderLock
from cli.embedded.ports import LOOPBACK, listen
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import NAMESPACE, EmbeddedTemporal
from cli.stack.designer import Designer
from cli.stack.first_account import create_first_account
from cli.stack.program import Program
from cli.stack.report import Report
from cli.stack.supervisor import Supervisor
from models.keys import FILE_VARIABLE, VARIABLE

USUAL_API_PORT = 8000
_API_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What the operator chose; `port` None means the usual one, or a free one instead.

    `with_ui` starts Temporal Web; `with_designer` builds the designer where it is not built.
    """

    port: int | None = None
    workers: int = 1
    with_ui: bool = True
    with_designer: bool = True
    with_account: bool = True


class Stack:
    """PostgreSQL, Temporal, migrations, API and workers; given servers replace embedded ones."""

    def __init__(
        self,
        folder: DataFolder,
        options: StackOptions,
        report: Report,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`environ` may name `DATABASE_URL` and `TEMPORAL_ADDRESS` of real servers."""
        self._folder = folder
        self._options = options
        self._report = report
        self._env = dict(environ)
        self._lock = FolderLock(folder.lock)
        self._supervisor = Supervisor(report)
        self._listener: socket.socket | None = None
        self._urls: dict[str, str] = {}

    async def start(self) -> None:
        """Return when everything serves; raises `EmbeddedServerError` and leaves nothing behind."""
        self._folder.create()
        self._lock.acquire()
        try:
            await self._start_locked()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop what runs, the API and the workers first."""
        self._folder.forget_running()
        await self._supervisor.stop()
        if self._listener is not None:
            self._listener.close()
        self._lock.release()
        self._report("stopped")

    async def _start_locked(self) -> None:
        self._listener = listener = self._listen()
        port = listener.getsockname()[1]
        self._folder.forget_running()
        self._set_common_environment()
        await asyncio.gather(
            self._build_designer(), self._start_postgres(), self._start_temporal(port)
        )
        await self._migrate()
        workers = [self._start_worker(number) for number in range(1, self._options.workers + 1)]
        await asyncio.gather(self._start_api(listener), *workers)
        created = None
        if self._options.with_account:
            created = await asyncio.to_thread(create_first_account, self._urls["api"], self._folder)
        self._folder.keep_running(Running(urls=self._urls, pids=self._supervisor.pids))
        self._report(
            "ready",
            urls=self._urls,
            pids={**self._supervisor.pids, "up": os.getpid()},
            admin=self._sign_in(created is not None),
        )

    def _listen(self) -> socket.socket:
        """The API's socket: it is ours from now on, also while the API is started again."""
        wanted = self._options.port
        try:
            return listen(wanted or USUAL_API_PORT)
        except OSError as error:
            if wanted is not None:
                taken = f"port {wanted} is taken; choose another --port"
                raise EmbeddedServerError(taken) from error
        return listen(0)

    def _set_common_environment(self) -> None:
        self._env["PASTETRADER_DATA_DIR"] = str(self._folder.root)
        self._env.setdefault("PASTETRADER_ARTIFACTS", self._folder.artifacts.as_uri())
        self._env.setdefault("PASTETRADER_SECRET_KEY", self._folder.secret_key())
        self._env.setdefault("PASTETRADER_PACKAGES", str(self._folder.packages))
        if not self._env.keys() & {VARIABLE, FILE_VARIABLE}:
            self._env[FILE_VARIABLE] = str(self._folder.make_encryption_keys())
        for name in ("PASTETRADER_ADMIN_EMAIL", "PASTETRADER_ADMIN_PASSWORD"):
            self._env.pop(name, None)

    async def _build_designer(self) -> None:
        if self._options.with_designer:
            await Designer().build(self._report, self._folder.log("designer"))

    async def _start_postgres(self) -> None:
        if self._env.get("DATABASE_URL"):
            return
        server = EmbeddedPostgres(self._folder.root)
        await self._supervisor.start("postgres", server)
        self._env["DATABASE_URL"] = server.url

    async def _start_temporal(self, port: int) -> None:
        if not self._env.get("TEMPORAL_ADDRESS"):
            server = EmbeddedTemporal(
                self._folder.root, with_ui=self._options.with_ui, codec_url=self._codec_url(port)
            )
            await self._supervisor.start("temporal", server)
            self._env |= {"TEMPORAL_ADDRESS": server.address, "TEMPORAL_NAMESPACE": NAMESPACE}
            if server.ui_url is not None:
                self._env["PASTETRADER_TEMPORAL_UI"] = server.ui_url
        self._urls["temporal"] = self._env["TEMPORAL_ADDRESS"]
        if ui := self._env.get("PASTETRADER_TEMPORAL_UI"):
            self._urls["temporal_ui"] = ui

    def _codec_url(self, port: int) -> str | None:
        """What Temporal Web asks to show encrypted values."""
        encrypted = self._env.get("PASTETRADER_ENCRYPT_PAYLOADS")
        return f"http://{LOOPBACK}:{port}{_API_PREFIX}/codec" if encrypted else None

    async def _migrate(self) -> None:
        self._report("starting", name="migrate")
        await self._program("migrate", "migrate").run()
        self._report("started", name="migrate")

    async def _start_api(self, listener: socket.socket) -> None:
        port = listener.getsockname()[1]
        base = f"http://{LOOPBACK}:{port}"
        self._urls |= {"api": base + _API_PREFIX, "docs": f"{base}/docs", "designer": f"{base}/"}
        service = Program(
            "api",
            ["api", "--port", str(port), "--listener", str(listener.fileno())],
            env=self._env,
            log=self._folder.log("api"),
            health_url=f"{base}/healthz",
            inherit=[listener.fileno()],
        )
        await self._supervisor.start("api", service)

    async def _start_worker(self, number: int) -> None:
        await self._supervisor.start(
            f"worker-{number}", self._program(f"worker-{number}", "worker")
        )

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(name, arguments, env=self._env, log=self._folder.log(name))

    def _sign_in(self, created: bool) -> dict[str, Any]:
        """How to sign in, without the password: output of `up` ends up in logs."""
        admin = self._folder.admin()
        if admin is None:
            return {"created": False, "hint": "with an account of this database"}
        file = self._folder.root / "admin.json"
        hint = f"{admin.email} · password in {file}"
        generated = created and not os.environ.get("PASTETRADER_ADMIN_PASSWORD")
        facts = {"created": created, "generated": generated, "email": admin.email}
        return facts | {"password_file": str(file), "hint": hint}
