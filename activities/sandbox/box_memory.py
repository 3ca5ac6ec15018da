"""How much memory a box holds, for hosts without a memory group."""

import os
from contextlib import suppress
from pathlib import Path

from activities.sandbox.profile import WRITABLE_FOLDERS

_PROC = Path("/proc")
# What the kernel keeps for a file besides its contents.
_FILE_BYTES = 1024


def box_memory(first: int) -> int:
    """Bytes held by the box whose first process is `first`: its processes and its files.

    A page shared by n processes counts 1/n for each of them.
    """
    total, waiting = _files(first), [first]
    while waiting:
        current = waiting.pop()
        # A process may end between two reads.
        with suppress(OSError):
            total += _held(current)
            for thread in (_PROC / str(current) / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
    return total


def _held(process: int) -> int:
    for line in (_PROC / str(process) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _files(first: int) -> int:
    root = Path(_PROC, str(first), "root")
    with suppress(OSError):
        # While the box is being built the host's folders are still there.
        if root.stat().st_dev != Path("/").stat().st_dev:
            return sum(_stored(f"{root}{folder}") for folder in WRITABLE_FOLDERS)
    return 0


def _stored(folder: str) -> int:
    facts = os.statvfs(folder)
    contents = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    return contents + (facts.f_files - facts.f_ffree) * _FILE_BYTES
