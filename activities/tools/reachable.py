"""Folders as the account of a box can reach them."""

import atexit
import os
import shutil
import stat
import threading
from pathlib import Path

from activities.scratch import Scratch

_views: dict[Path, Path] = {}
_lock = threading.Lock()
_scratch = Scratch()
atexit.register(_scratch.remove)


def reachable(folder: Path) -> Path:
    """`folder`, or a copy of it where root's boxes, which are nobody's, cannot go.

    A copy is made once in a process and costs no space on the same disk; its files must not change.
    """
    if os.geteuid() != 0 or _open_to_all(folder):
        return folder
    with _lock:
        if folder not in _views:
            view = _scratch.folder() / str(len(_views))
            shutil.copytree(folder, view, copy_function=_link, symlinks=True)
            _views[folder] = view
        return _views[folder]


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)
