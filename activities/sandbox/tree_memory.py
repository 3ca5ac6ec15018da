"""How much memory a process and all its descendants hold, for hosts without a memory group."""

from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def tree_memory(process: int) -> int:
    """Bytes held by `process` and its descendants; a page shared by n processes counts 1/n each."""
    total, waiting = 0, [process]
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
