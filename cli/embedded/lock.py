"""One owner per folder: an advisory lock that ends with the last process holding it."""

import fcntl
import os
import time
from pathlib import Path

from cli.embedded.errors import FolderInUse

_POLL_SECONDS = 0.05


class FolderLock:
    """A `flock` beside what it guards.

    A server inherits `fd`, so the lock outlives a killed supervisor for exactly as long as its
    server does: whoever gets the lock knows that nobody else works on the folder.
    """

    def __init__(self, path: Path) -> None:
        """`path` is the lock file; it stays when the lock is released."""
        self._path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """Descriptor for a child process to inherit."""
        if self._fd is None:
            raise RuntimeError(f"{self._path} is not locked")
        return self._fd

    def acquire(self, wait_seconds: float = 0.0) -> None:
        """Take the lock and note our process id in it; raises `FolderInUse`."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not try_lock(fd):
            if time.monotonic() >= deadline:
                holder = os.pread(fd, 100, 0).decode(errors="replace").strip()
                os.close(fd)
                raise FolderInUse(self._path.parent, holder)
            time.sleep(_POLL_SECONDS)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"process {os.getpid()}".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Close our descriptor; a child that inherited it keeps the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def try_lock(fd: int) -> bool:
    """Take the lock of an open file now; False when another has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
