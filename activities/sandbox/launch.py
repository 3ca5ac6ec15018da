"""Starts the process of one box, with everything it needs already in its descriptors."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activities.sandbox import profile, seccomp
from activities.sandbox.memory import MemoryController, MemoryGroup
from activities.sandbox.spec import SandboxSpec

_NOBODY = "65534"
_JOIN_GROUP = 'echo $$ > "$0" && exec "$@"'
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


@dataclass(frozen=True, slots=True)
class Host:
    """What boxes are built with on this machine.

    Attributes:
        setpriv: The program that gives up root, None when we are not root: a box of the real root
            would not be held to its process limit.
        memory: None where no control group can be made; then each process is limited alone.
        interpreter: Path of Python, the same inside and outside.
        prefix: The folder to show for it, None when it lives in `/usr`.
        python: Its version, such as `3.11`; empty until a box has told it.
    """

    bwrap: str
    setpriv: str | None
    memory: MemoryController | None
    interpreter: Path
    prefix: Path | None
    python: str = ""


@dataclass(frozen=True, slots=True)
class Launched:
    """A starting box.

    Attributes:
        process: bubblewrap's outer process, our child; stdout and stderr are pipes.
        result: Descriptor to read what the command writes to its result descriptor.
        status: Descriptor to read bubblewrap's JSON lines about the box.
    """

    process: subprocess.Popen[bytes]
    result: int
    status: int

    def close(self) -> None:
        """Close our ends of the pipes."""
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        os.close(self.result)
        os.close(self.status)


def launch(host: Host, spec: SandboxSpec, group: MemoryGroup | None) -> Launched:
    """Start the box of `spec`, in `group` if there is one.

    Raises:
        OSError: no process, descriptor or memory is left.
    """
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        result, result_end = _pipe(ours, theirs)
        status, status_end = _pipe(ours, theirs)
        inherited = [result_end, status_end]

        def attach(data: bytes) -> str:
            inherited.append(_file_in_memory(data, theirs))
            return str(inherited[-1])

        arguments = _arguments(host, spec, result_end, attach)
        arguments += ["--seccomp", attach(seccomp.program())]
        arguments += ["--json-status-fd", str(status_end)]
        command = [host.bwrap, "--args", attach(b"".join(_terminated(arguments))), "--"]
        command += profile.resource_limits(spec.limits, whole_tree_limited=group is not None)
        process = subprocess.Popen(  # noqa: S603 - the box exists to run commands
            [*_entry(host, group), *command, *spec.command],
            stdin=_file_in_memory(spec.stdin, theirs),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},  # nothing of ours may be found in /proc of the box
            cwd="/",
            pass_fds=inherited,
            bufsize=0,
        )
        ours.pop_all()
    return Launched(process, result, status)


def _entry(host: Host, group: MemoryGroup | None) -> list[str]:
    """Join the group and become an ordinary user, both before bubblewrap starts."""
    entry: list[str] = []
    if group is not None:
        entry += ["/bin/sh", "-c", _JOIN_GROUP, str(group.processes_file)]
    if host.setpriv is not None:
        entry += [host.setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]
    return entry


def _arguments(
    host: Host, spec: SandboxSpec, result_end: int, attach: Callable[[bytes], str]
) -> list[str]:
    # Through a descriptor: a command line can be read by every user of the host.
    arguments = profile.namespaces() + profile.filesystem(spec, host.prefix)
    for path, content in (profile.FILES | dict(spec.files)).items():
        arguments += ["--ro-bind-data", attach(content), path]
    arguments += profile.environment(dict(spec.environment), result_end)
    return arguments + profile.sealed()


def _terminated(arguments: list[str]) -> list[bytes]:
    return [argument.encode() + b"\x00" for argument in arguments]


def _pipe(ours: contextlib.ExitStack, theirs: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    ours.callback(os.close, read_end)
    theirs.callback(os.close, write_end)
    return read_end, write_end


def _file_in_memory(data: bytes, owner: contextlib.ExitStack) -> int:
    """A sealed file at its beginning: whoever inherits it can only read."""
    descriptor = os.memfd_create("box", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    owner.callback(os.close, descriptor)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
