"""Turns the output of a running tool into log lines as they happen, within the log's caps."""

from activities.context import Log
from models.enums import LogLevel
from models.graph.limits import MAX_LOG_BYTES, MAX_LOG_LINES

MAX_LINE_BYTES = 4_000
_LEVELS = {level.value.encode(): level for level in LogLevel}


class LogLines:
    """The log of one call: both streams share the caps, and what is over them is counted."""

    def __init__(self, log: Log, *, mark: bytes | None = None) -> None:
        """`mark` begins a record with a level of its own: mark, level, a space, text."""
        self._log = log
        self._mark = mark
        self._lines = 0
        self._bytes = 0
        self._dropped = 0
        self.stdout = LineStream(self, LogLevel.INFO)
        self.stderr = LineStream(self, LogLevel.WARNING)

    @property
    def full(self) -> bool:
        """Whether the caps are reached."""
        return self._lines >= MAX_LOG_LINES or self._bytes >= MAX_LOG_BYTES

    def drop(self, lines: int) -> None:
        """Count lines that are not kept."""
        self._dropped += lines

    def write(self, line: bytes, level: LogLevel) -> None:
        """Log one line and a record that may stand at its end."""
        if self._mark is None or self._mark not in line:
            self._write(line, level)
            return
        before, _, record = line.partition(self._mark)
        if before:
            self._write(before, level)
        name, _, text = record.partition(b" ")
        self._write(text, _LEVELS.get(name, level))

    def _write(self, line: bytes, level: LogLevel) -> None:
        if self.full:
            self.drop(1)
            return
        self._lines += 1
        self._bytes += len(line)
        text = line.decode(errors="replace").replace("\x00", "").rstrip("\r")
        self._log(text, level)

    def finish(self) -> None:
        """Log what has no line end yet, and how much was left out."""
        self.stdout.finish()
        self.stderr.finish()
        if self._dropped:
            self._log(f"{self._dropped} more lines of output were not kept", LogLevel.WARNING)


class LineStream:
    """Splits the chunks of one stream into lines; a long line is cut, its rest dropped."""

    def __init__(self, lines: LogLines, level: LogLevel) -> None:
        self._lines = lines
        self._level = level
        self._open = bytearray()

    def write(self, chunk: bytes) -> None:
        """Take the next chunk."""
        if self._lines.full:
            # Not split: a flood of short lines would keep the event loop busy.
            self._lines.drop(chunk.count(b"\n"))
            return
        first, *rest = chunk.split(b"\n")
        self._append(first)
        for part in rest:
            self._close()
            self._append(part)

    def finish(self) -> None:
        """Log a last line that was not ended."""
        if self._open:
            self._close()

    def _append(self, part: bytes) -> None:
        self._open += part[: MAX_LINE_BYTES - len(self._open)]

    def _close(self) -> None:
        self._lines.write(bytes(self._open), self._level)
        self._open.clear()
