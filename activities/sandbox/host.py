"""Whether this machine can build a box, found out by building one."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from activities.errors import SandboxUnavailable
from activities.sandbox.launch import Host, Launched, launch
from activities.sandbox.memory import find_controller
from activities.sandbox.spec import SandboxSpec

_INSTALL = "apt-get install bubblewrap"
_PROBE_SECONDS = 10
# Prints what must hold in every box: an ordinary id, the filter on, a Python new enough.
_PROBE = (
    "import os, sys\n"
    "status = open('/proc/self/status').read()\n"
    "good = os.getuid() == 1000 and 'Seccomp:\\t2' in status and sys.version_info >= (3, 9)\n"
    "print('box' if good else 'Python', '%d.%d' % sys.version_info[:2])\n"
)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether tools can run in a sandbox here; if not, why, and the command that helps."""

    ok: bool
    reason: str
    install_command: str
    host: Host | None = None


def availability() -> Availability:
    """Probe the machine by a real run; a success is kept, a failure is probed again next time.

    Blocks for about 50 ms the first time; `require` does the same without blocking a loop.
    """
    try:
        return Availability(ok=True, reason="", install_command="", host=_probed())
    except _NoBox as problem:
        return Availability(ok=False, reason=str(problem), install_command=problem.command)
    except SandboxUnavailable as problem:
        return Availability(ok=False, reason=problem.message, install_command="")


async def require() -> Host:
    """What a box is built with here.

    Raises:
        SandboxUnavailable: with the reason and the command that installs what is missing.
    """
    found = await asyncio.to_thread(availability) if not _probed.cache_info().currsize else None
    found = found or availability()
    if found.host is None:
        hint = f"; run: {found.install_command}" if found.install_command else ""
        raise SandboxUnavailable(f"no sandbox can be built here: {found.reason}{hint}")
    return found.host


class _NoBox(Exception):
    def __init__(self, reason: str, command: str = _INSTALL) -> None:
        super().__init__(reason)
        self.command = command


@lru_cache(maxsize=1)
def _probed() -> Host:
    if sys.platform != "linux":
        raise _NoBox("the sandbox needs Linux", "")
    if _kernel() < (5, 14):
        raise _NoBox("the kernel is older than Linux 5.14, which counts processes per box", "")
    bwrap = _program("bwrap", "bubblewrap")
    setpriv = _program("setpriv", "util-linux") if os.geteuid() == 0 else None
    problems = []
    for interpreter, prefix in _interpreters():
        problem = ""
        for memory in dict.fromkeys((find_controller(), None)):
            try:
                return _tried(Host(bwrap, setpriv, memory, interpreter, prefix))
            except (_NoBox, OSError) as error:
                problem = str(error)
        problems.append(f"{interpreter}: {problem}")
    if not problems:
        raise _NoBox("no Python interpreter was found", "apt-get install python3")
    raise _NoBox("; ".join(problems), _remedy())


def _tried(host: Host) -> Host:
    """Build one box; `host` with the version of its Python."""
    spec = SandboxSpec([str(host.interpreter), "-I", "-c", _PROBE])
    group = host.memory.create(spec.limits.memory) if host.memory else None
    try:
        launched = launch(host, spec, group)
        try:
            return replace(host, python=_answer(launched))
        finally:
            launched.close()
    finally:
        while group is not None and not group.try_remove():
            time.sleep(0.005)


def _answer(launched: Launched) -> str:
    try:
        stdout, stderr = launched.process.communicate(timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        launched.process.send_signal(signal.SIGKILL)
        launched.process.communicate()
        raise _NoBox(f"a trial run gave no answer in {_PROBE_SECONDS} s") from None
    word, _, version = stdout.decode(errors="replace").strip().partition(" ")
    if word == "box":
        return version
    reason = (stderr or stdout).decode(errors="replace").strip()[-500:]
    raise _NoBox(reason or "the trial run failed")


def _interpreters() -> list[tuple[Path, Path | None]]:
    """Interpreter and the folder to show in the box for it (None: it lives in `/usr`)."""
    candidates: list[tuple[Path, Path | None]] = [(Path("/usr/bin/python3"), None)]
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    prefix = Path(sys.base_prefix).resolve()
    candidates.append((base, None if prefix.is_relative_to("/usr") else prefix))
    return [(path, prefix) for path, prefix in candidates if path.exists()]


def _program(name: str, package: str) -> str:
    path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        raise _NoBox(f"{name} is not installed", f"apt-get install {package}")
    return path


def _kernel() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(char for char in minor if char.isdigit()) or 0)


def _remedy() -> str:
    """The command that lifts the usual bans on unprivileged user namespaces."""
    for name, banned in (
        ("kernel.apparmor_restrict_unprivileged_userns", "1"),
        ("kernel.unprivileged_userns_clone", "0"),
        ("user.max_user_namespaces", "0"),
    ):
        path = Path("/proc/sys", *name.split("."))
        if path.exists() and path.read_text().strip() == banned:
            allowed = {"1": "0", "0": "10000"}[banned]
            return f"sysctl -w {name}={1 if name.endswith('clone') else allowed}"
    return _INSTALL
