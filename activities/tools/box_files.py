"""Runs inside the box: hands files over to the worker, behind one line of JSON that lists them.

As a program it does so for the shell tool: `box_files.py <folder> <output file>`.
"""

from __future__ import annotations

import json
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_FILES = 100
MAX_FILES_BYTES = 256 * 1024 * 1024
_TOO_MANY = f"there are more than {MAX_FILES} files; pack them into one"
_MAX_ENTRIES = 10_000
_MAX_NAMED = 20
_CHUNK = 1024 * 1024
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Refused(Exception):
    """The files cannot be handed over; the message says why.

    Attributes:
        kind: `files` when they are too much, `output` when one of them is unusable.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Parcel:
    """Files on their way out, in the order in which their bytes are sent.

    Attributes:
        listing: `[name or None, size in bytes]` of each.
    """

    def __init__(self) -> None:
        self.listing: list[list[Any]] = []
        self._sources: list[str | bytes] = []
        self._size = 0

    def add_file(self, path: str, name: str) -> int:
        """Its place in the listing.

        Raises:
            Refused: it is no regular file, it cannot be read, or it is too much.
        """
        facts = os.lstat(path)
        if not stat.S_ISREG(facts.st_mode) or not os.access(path, os.R_OK):
            raise Refused("output", f"`{path}` is not a file that can be read")
        return self._add(path, name, facts.st_size)

    def add_bytes(self, data: bytes) -> int:
        """Its place in the listing.

        Raises:
            Refused: it is too much.
        """
        return self._add(data, None, len(data))

    def _add(self, source: str | bytes, name: str | None, size: int) -> int:
        self._size += size
        if len(self._sources) == MAX_FILES:
            raise Refused("files", _TOO_MANY)
        if self._size > MAX_FILES_BYTES:
            raise Refused(
                "files",
                f"the files are larger than {MAX_FILES_BYTES >> 20} MB together; "
                "compress them or return less",
            )
        self._sources.append(source)
        self.listing.append([name, size])
        return len(self._sources) - 1

    def send(self, header: bytes, descriptor: int) -> None:
        """Write the header, a line end and all bytes; a file that is gone or shorter ends it early."""
        write_all(header + b"\n", descriptor)
        for source, (_, size) in zip(self._sources, self.listing):  # noqa: B905 - older Pythons
            if isinstance(source, bytes):
                write_all(source, descriptor)
            elif not _copy(source, size, descriptor):
                return


def write_all(data: bytes, descriptor: int) -> None:
    """Write all of `data`."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _copy(path: str, size: int, descriptor: int) -> bool:
    try:
        source = os.open(path, _OPEN)
    except OSError:
        return False
    try:
        while size:
            chunk = os.read(source, min(size, _CHUNK))
            if not chunk:
                return False
            write_all(chunk, descriptor)
            size -= len(chunk)
    finally:
        os.close(source)
    return True


def found_in(folder: str) -> Iterator[tuple[str, bool]]:
    """Path below `folder`, and whether it is a regular file, of all but the folders."""
    if os.path.islink(folder):
        yield "", False
        return
    for root, folders, names in os.walk(folder, onerror=_unreadable):
        folders.sort()
        for name in sorted(folders + names):
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            if not stat.S_ISDIR(mode):
                yield os.path.relpath(path, folder), stat.S_ISREG(mode)


def _unreadable(error: OSError) -> None:
    raise Refused("output", f"`{error.filename}` is not a folder that can be read")


def collected(folder: str, output: str) -> tuple[dict[str, Any], Parcel]:
    """The header, and the file `output`, if there is one, before those of `folder`.

    The header's `output` says whether that file comes first, `skipped` names what is no file.

    Raises:
        Refused: it is too much, or cannot be read.
    """
    parcel = Parcel()
    skipped: list[str] = []
    has_output = os.path.isfile(output)
    if has_output:
        parcel.add_file(os.path.realpath(output), "")
    for number, (name, regular) in enumerate(found_in(folder)):
        if number == _MAX_ENTRIES:
            raise Refused("files", _TOO_MANY)
        if regular:
            parcel.add_file(os.path.join(folder, name), name)
        elif len(skipped) < _MAX_NAMED:
            skipped.append(name)
    return {"output": has_output, "files": parcel.listing, "skipped": skipped}, parcel


def main() -> None:
    """Hand over what the shell tool's command left."""
    folder, output = sys.argv[1:]
    try:
        header, parcel = collected(folder, output)
    except Refused as problem:
        header, parcel = {"failure": problem.kind, "message": str(problem)}, Parcel()
    parcel.send(json.dumps(header).encode(), int(os.environ["SANDBOX_RESULT_FD"]))


if __name__ == "__main__":
    main()
