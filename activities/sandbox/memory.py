"""A memory limit for a whole process tree, by control group, where the host lets us make one."""

import asyncio
import contextlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_PREFIX = "pastetrader-box-"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class MemoryController:
    """A folder of the memory controller in which we may create groups; `version` is 1 or 2."""

    folder: Path
    version: int

    def create(self, limit: int) -> "MemoryGroup":
        """A new empty group that holds at most `limit` bytes, swap included.

        Raises:
            OSError: the host does not let us.
        """
        folder = self.folder / f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        folder.mkdir()
        group = MemoryGroup(folder, self.version)
        try:
            group.limit(limit)
        except OSError:
            folder.rmdir()
            raise
        return group

    def sweep(self) -> None:
        """Remove the empty groups of workers that were killed."""
        for folder in self.folder.glob(f"{_PREFIX}*"):
            owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
            if not Path("/proc", owner).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """One box's group."""

    folder: Path
    version: int

    @property
    def processes_file(self) -> Path:
        """Whoever writes its process id here belongs to the group, with all its descendants."""
        return self.folder / "cgroup.procs"

    def limit(self, size: int) -> None:
        """Set the limit in bytes."""
        if self.version == 2:
            (self.folder / "memory.max").write_text(str(size))
            self._write_if_present("memory.swap.max", "0")
            self._write_if_present("memory.oom.group", "1")
            return
        (self.folder / "memory.limit_in_bytes").write_text(str(size))
        self._write_if_present("memory.memsw.limit_in_bytes", str(size))

    def was_exceeded(self) -> bool:
        """Whether the kernel killed a process of the group for want of memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        lines = (self.folder / name).read_text().splitlines()
        return any(
            int(count) > 0
            for key, _, count in (line.partition(" ") for line in lines)
            if key == "oom_kill"
        )

    async def remove(self) -> None:
        """Remove the group; the kernel needs a moment after the last process is gone."""
        for delay in (0.002, 0.01, 0.05, 0.25, 0.0):
            if self.try_remove():
                return
            await asyncio.sleep(delay)

    def try_remove(self) -> bool:
        """Whether the group is gone now."""
        try:
            self.folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def _write_if_present(self, name: str, value: str) -> None:
        path = self.folder / name
        if path.exists():
            path.write_text(value)


def find_controller() -> MemoryController | None:
    """The controller that accepts a group from us, tried by making one; None if there is none."""
    for controller in _candidates():
        try:
            controller.create(64 * 1024 * 1024).folder.rmdir()
        except OSError:
            continue
        controller.sweep()
        return controller
    return None


def _candidates() -> list[MemoryController]:
    own = dict(_own_groups())
    found = []
    if "memory" in own:
        mount = _CGROUPS / "memory"
        found += [MemoryController(path, 1) for path in (mount / own["memory"], mount)]
    if "" in own and (_CGROUPS / "cgroup.controllers").exists():
        parent = _CGROUPS / Path(own[""]).parent
        found += [MemoryController(path, 2) for path in (_CGROUPS / own[""], parent, _CGROUPS)]
    return [controller for controller in found if os.access(controller.folder, os.W_OK)]


def _own_groups() -> list[tuple[str, str]]:
    """Controller name (empty for version 2) → path of our group below the mount."""
    pairs = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        pairs += [(name, path.lstrip("/")) for name in names.split(",")]
    return pairs
