"""A stdio server's process: it gets little, writes into our log, and ends with all its children."""

import asyncio
import contextlib
import os
import shutil
import signal
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import Mapping

import structlog

from activities.mcp.errors import McpServerUnavailable
from activities.mcp.limits import MAX_MESSAGE_BYTES
from activities.mcp.operator_file import StdioServer
from activities.mcp.wording import one_line
from activities.tools.log_lines import LogLines
from models.enums import LogLevel
from models.graph.values import Json

_log = structlog.get_logger(__name__)
# Never the worker's whole environment: it holds keys and the database's password.
INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_CHUNK = 64 * 1024
_GRACE_SECONDS = 1.0
_LAST_WORDS_SECONDS = 0.05


class ServerProcess:
    """One run of one server's command, in a session and process group of its own."""

    def __init__(self, name: str, transport: asyncio.SubprocessTransport, pipes: "_Pipes") -> None:
        """Use `start`."""
        assert pipes.stdin is not None  # noqa: S101 - all three were asked for
        assert pipes.stdout is not None  # noqa: S101
        assert pipes.stderr is not None  # noqa: S101
        self.stdin, self.stdout = pipes.stdin, pipes.stdout
        self._transport = transport
        self._exited = pipes.exited
        self._logging = asyncio.create_task(_keep_log(name, pipes.stderr))

    @classmethod
    async def start(cls, name: str, server: StdioServer) -> "ServerProcess":
        """Start `server`.

        Raises:
            McpServerUnavailable: the command cannot be started.
        """
        environment = child_environment(server.env)
        command = [*_launcher(), _found(name, server.command, environment), *server.args]
        loop = asyncio.get_running_loop()
        try:
            transport, pipes = await loop.subprocess_exec(
                lambda: _Pipes(loop),
                *command,
                env=environment,
                cwd=server.cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise McpServerUnavailable(
                f"MCP server {name!r} cannot be started: {error.strerror}"
            ) from error
        return cls(name, transport, pipes)

    @property
    def pid(self) -> int:
        """Process id, which is also the group's."""
        return self._transport.get_pid()

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._transport.get_returncode()

    async def ended(self) -> None:
        """Wait for its end, though children of its may hold its pipes open."""
        await self._exited.wait()

    async def end(self) -> None:
        """Close its input, then insist; what is left of its group is killed."""
        self.stdin.close()
        if not await self._ends_within(_GRACE_SECONDS):
            self._signal(signal.SIGTERM)
            await self._ends_within(_GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        await self._ends_within(_GRACE_SECONDS)
        await asyncio.wait({self._logging}, timeout=_LAST_WORDS_SECONDS)
        self._logging.cancel()
        await asyncio.gather(self._logging, return_exceptions=True)
        self._transport.close()

    async def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended()
        return self._exited.is_set()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class _Pipes(SubprocessStreamProtocol):
    """Also tells when the process has ended, without waiting for its pipes to close."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MAX_MESSAGE_BYTES, loop=loop)
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


def child_environment(configured: Mapping[str, str]) -> dict[str, str]:
    """What a server's process sees."""
    given = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": os.defpath} | given | dict(configured)


def _found(name: str, command: str, environment: Mapping[str, str]) -> str:
    found = shutil.which(command, path=environment["PATH"])
    if found is None:
        raise McpServerUnavailable(
            f"MCP server {name!r}: the worker finds no program {one_line(command, 200)!r}; install "
            "it, or give its whole path in the operator's file"
        )
    return os.path.abspath(found)


def _launcher() -> list[str]:
    """Lets the kernel end the server if this worker is killed."""
    setpriv = shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


async def _keep_log(name: str, stderr: asyncio.StreamReader) -> None:
    def write(message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
        _log.info("an MCP server says", server=name, line=one_line(message))

    lines = LogLines(write)
    try:
        while chunk := await stderr.read(_CHUNK):
            lines.stderr.write(chunk)
    finally:
        lines.finish()
