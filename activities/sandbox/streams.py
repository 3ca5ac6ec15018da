"""What comes out of a box: the kept beginning of a text stream, and the whole of its result."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_IN_MEMORY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Capture:
    """The kept beginning of a stream, and the number of bytes that were written in all."""

    data: bytes
    total: int

    @property
    def truncated(self) -> bool:
        """Whether more was written than kept."""
        return self.total > len(self.data)

    def text(self) -> str:
        """The kept part as text; bytes that are not UTF-8 become U+FFFD, NUL is dropped."""
        return self.data.decode(errors="replace").replace("\x00", "")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command wrote to its result descriptor, in memory or in a file."""

    size: int
    data: bytes = b""
    file: Path | None = None

    def open(self) -> BinaryIO:
        """The bytes from their beginning; the caller closes it."""
        return io.BytesIO(self.data) if self.file is None else self.file.open("rb")


class Stream:
    """Keeps the beginning of a pipe, counts the rest, and says when there is too much."""

    def __init__(self, keep: int, most: int, sink: Callable[[bytes], None] | None) -> None:
        self._kept = bytearray()
        self._total = 0
        self._keep = keep
        self._most = most
        self._sink = sink

    async def take(self, chunk: bytes) -> bool:
        """Whether the stream is still within its limit."""
        self._total += len(chunk)
        if len(self._kept) < self._keep:
            self._kept += chunk[: self._keep - len(self._kept)]
        if self._sink is not None:
            self._sink(chunk)
        return self._total <= self._most

    def capture(self) -> Capture:
        """What came so far."""
        return Capture(bytes(self._kept), self._total)


class Spool:
    """Keeps all of a pipe up to a limit; what is large goes to a file."""

    def __init__(self, most: int, name: Callable[[], Path] | None) -> None:
        """`name` gives the path of that file; None keeps everything in memory."""
        self._memory = bytearray()
        self._size = 0
        self._most = most
        self._name = name
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    async def take(self, chunk: bytes) -> bool:
        """Whether the whole is still within its limit; what is over it is not kept."""
        kept = chunk[: self._most - self._size]
        self._size += len(kept)
        if self._file is None and self._name is not None and self._size > _IN_MEMORY:
            self._path = self._name()
            self._file = self._path.open("wb")
            self._file.write(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += kept
        else:
            # A disk that is busy with writing back would hold up every other box.
            await asyncio.to_thread(self._file.write, kept)
        return len(kept) == len(chunk)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()

    def result(self) -> Result:
        """What came; once closed."""
        return Result(self._size, bytes(self._memory), self._path)
