"""Files of one attempt: a folder of its own, made when it is needed and gone with the attempt."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = f"pastetrader-{os.getuid()}-"


class Scratch:
    """One attempt's folder on the worker's disk.

    Others on the machine can neither list it nor guess its name, but a box that is shown a file
    in it can read that file.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None

    def folder(self) -> Path:
        """The folder, empty at the first call."""
        if self._folder is None:
            made = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
            self._folder = Path(made)
            self._folder.chmod(0o711)
        return self._folder

    def remove(self) -> None:
        """Remove the folder and all in it, if it was made."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep() -> None:
    """Remove the folders of workers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
