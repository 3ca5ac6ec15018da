"""Loopback ports: the usual one when it is free, else any free one."""

import asyncio
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cli.embedded.lock import try_lock

LOOPBACK = "127.0.0.1"
_BACKLOG = 2_048
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.02


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


@asynccontextmanager
async def one_at_a_time(server: str) -> AsyncIterator[None]:
    """Between choosing a port and listening on it, no other of these servers chooses one.

    Two that chose the same would both be answered by the first. The lock is the account's, and ends
    with its process; whoever waits in vain goes on after a while.
    """
    path = Path(tempfile.gettempdir(), f"pastetrader-{os.getuid()}-{server}.ports")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not try_lock(fd) and time.monotonic() < deadline:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(fd)


def listen(port: int) -> socket.socket:
    """A socket that listens on this loopback port, so that nobody else can; raises `OSError`.

    Whoever inherits it serves what came in the meantime.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def choose_port(usual: int | None = None) -> int:
    """The usual port when it is free, else one the kernel gives."""
    if usual is not None and is_free(usual):
        return usual
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
