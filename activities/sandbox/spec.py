"""What runs in a box, how much it may use, and what came out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from activities.sandbox.streams import Capture, Result

MIB = 1024 * 1024
RESULT_FD_VARIABLE = "SANDBOX_RESULT_FD"


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one call; sizes in bytes.

    Attributes:
        memory: For the whole process tree and the files in `/box`, `/tmp` and `/dev/shm`. With a
            memory cgroup the kernel holds it; without one it bounds each process's address space,
            and all together is measured every 0.2 s and stopped when it is over.
        processes: Processes and threads alive at once; at most 16 where there is no memory cgroup.
        disk: Size of each of the three writable folders `/box`, `/tmp` and `/dev/shm`, and of the
            largest file.
        cpu_seconds: Of each process.
        capture: How much of stdout and of stderr is kept; the rest is counted.
        flood: How much a stream may write before the box is stopped.
        result: Size of what the command writes to its result descriptor.
    """

    memory: int = 512 * MIB
    processes: int = 64
    open_files: int = 256
    disk: int = 64 * MIB
    cpu_seconds: int = 3_600
    capture: int = MIB
    flood: int = 32 * MIB
    result: int = 64 * MIB


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """One command for one fresh box.

    Attributes:
        command: Program and arguments; run in `/box` with no network and an empty environment.
        stdin: What the command reads; a read-only file that is already complete.
        files: Absolute path in the box → content; read-only.
        binds: Absolute path in the box → file or folder of the host that is shown there, read-only;
            the account of the box must be able to reach it.
        folders: Absolute paths below the writable folders that exist, empty, from the start.
        environment: Added to `PATH`, `HOME`, `TMPDIR`, `LANG` and `SANDBOX_RESULT_FD`, the number
            of the descriptor that takes the result.
        on_stdout: Called with each chunk as it arrives.
        on_stderr: The same for stderr.
        spool: Names the file that takes the result once it is over 1 MiB; without it, memory does.
    """

    command: Sequence[str]
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    binds: Mapping[str, Path] = field(default_factory=dict)
    folders: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    on_stdout: Callable[[bytes], None] | None = None
    on_stderr: Callable[[bytes], None] | None = None
    spool: Callable[[], Path] | None = None


class Stop(StrEnum):
    """Why a box was ended before its command was done."""

    MEMORY = "memory"
    OUTPUT = "output"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How a command ended: `exit_code` is 128 + n after signal n."""

    exit_code: int
    stdout: Capture
    stderr: Capture
    result: Result
    stopped: Stop | None
