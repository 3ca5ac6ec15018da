"""What a box looks like from the inside: the arguments of bubblewrap."""

import os
from pathlib import Path

from activities.sandbox.spec import RESULT_FD_VARIABLE, Limits, SandboxSpec

_USER_ID = "1000"
_FEW_PROCESSES = 16
_PASSWD = b"sandbox:x:1000:1000::/box:/bin/sh\n"
_GROUP = b"sandbox:x:1000:\n"
_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

FILES = {"/etc/passwd": _PASSWD, "/etc/group": _GROUP, "/etc/hosts": b"127.0.0.1 localhost\n"}
"""Files that every box has, path → content."""

WRITABLE_FOLDERS = ("/box", "/tmp", "/dev/shm")  # noqa: S108 - folders of the box, not of the host
"""All that a box can write to; each is in memory, of limited size, and gone with the box."""


def namespaces() -> list[str]:
    """Nothing is shared with the host, no privilege is kept, none can be won.

    The command itself is process 1: bubblewrap's own would be one in the box without the filter,
    and would be left behind as a zombie where the host's process 1 does not collect orphans.
    """
    return [
        "--as-pid-1",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--uid", _USER_ID,
        "--gid", _USER_ID,
        "--hostname", "sandbox",
        "--cap-drop", "ALL",
        "--die-with-parent",
        "--new-session",
    ]  # fmt: skip


def filesystem(spec: SandboxSpec, interpreter_prefix: Path | None) -> list[str]:
    """Programs, libraries and inputs read-only, the writable folders, nothing else."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM_FOLDERS:
        arguments += _system_folder(Path("/", name))
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        arguments += ["--ro-bind-try", path, path]
    if interpreter_prefix is not None:
        arguments += ["--ro-bind", str(interpreter_prefix), str(interpreter_prefix)]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for path in WRITABLE_FOLDERS:
        arguments += ["--size", str(spec.limits.disk), "--tmpfs", path]
    for path in spec.folders:
        arguments += ["--dir", path]
    for path, source in spec.binds.items():
        arguments += ["--ro-bind", str(source), path]
    return arguments


def sealed() -> list[str]:
    """Close what bubblewrap leaves writable and without a size: the root and `/dev`."""
    return ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/box"]


def environment(variables: dict[str, str], result_fd: int) -> list[str]:
    """An environment of our making only."""
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/box",
        "TMPDIR": "/tmp",  # noqa: S108 - a folder of the box, not of the host
        "LANG": "C.UTF-8",
        RESULT_FD_VARIABLE: str(result_fd),
    } | variables
    arguments = ["--clearenv"]
    for name, value in variables.items():
        arguments += ["--setenv", name, value]
    return arguments


def resource_limits(limits: Limits, *, whole_tree_limited: bool) -> list[str]:
    """The launcher that sets the limits from inside, where only the box's processes count."""
    # With a group around the tree the address space is a second line: it may not be hit first
    # by programs that reserve more than they use.
    # Without one, each process has all of it and the tree is measured from outside now and then.
    address_space = limits.memory * 2 + 2**30 if whole_tree_limited else limits.memory
    processes = limits.processes if whole_tree_limited else min(limits.processes, _FEW_PROCESSES)
    return [
        "prlimit",
        f"--as={address_space}",
        f"--nproc={processes}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.disk}",
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}",
        "--core=0",
        "--memlock=65536",
        "--msgqueue=0",
        "--sigpending=1024",
        "--",
    ]


def _system_folder(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", os.readlink(path), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []
