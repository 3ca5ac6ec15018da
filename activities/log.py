"""The execution log of one attempt, within its caps."""

from collections.abc import Callable
from datetime import UTC, datetime

from activities.scrubbing import Scrubber
from models.enums import LogLevel
from models.graph.limits import MAX_LOG_BYTES, MAX_LOG_LINES
from models.graph.values import Json, encoded_size
from temporal_workflows.contracts import LogLine

MAX_LINE_CHARACTERS = 4_000
Stream = Callable[[LogLine], None]


class AttemptLog:
    """Collects lines for the envelope and hands each to `stream` as it comes."""

    def __init__(self, stream: Stream | None = None) -> None:
        self._lines: list[LogLine] = []
        self._stream = stream
        self._bytes = 0
        self._dropped = 0
        self.scrubber = Scrubber({})  # another one once the attempt knows secrets

    def __call__(self, message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
        """Write a line; beyond the caps it is only counted."""
        text = (
            self.scrubber.text(message)
            .replace("\x00", "\ufffd")
            .encode("utf-8", "replace")
            .decode()
        )
        if len(text) > MAX_LINE_CHARACTERS:
            text = f"{text[:MAX_LINE_CHARACTERS]}… ({len(message)} characters)"
        data = self.scrubber.value(data)
        size = len(text.encode()) + (encoded_size(data) if data is not None else 0)
        if len(self._lines) >= MAX_LOG_LINES or self._bytes + size > MAX_LOG_BYTES:
            self._dropped += 1
            return
        self._bytes += size
        line = LogLine(timestamp=datetime.now(UTC), level=level, message=text, data=data)
        self._lines.append(line)
        if self._stream is not None:
            self._stream(line)

    @property
    def lines(self) -> list[LogLine]:
        """What was kept, and as the last line how much was not."""
        if not self._dropped:
            return self._lines
        message = f"{self._dropped} more lines were written; the log keeps {MAX_LOG_LINES} lines"
        last = LogLine(timestamp=datetime.now(UTC), level=LogLevel.WARNING, message=message)
        return [*self._lines, last]
