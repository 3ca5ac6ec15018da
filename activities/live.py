"""Log lines of a running attempt, on their way to whoever watches: they travel with its heartbeats."""

from collections import deque
from contextvars import ContextVar

from models.graph.values import encoded_size
from temporal_workflows.contracts import LiveLog, LogLine

MAX_LINES = 100
MAX_BYTES = 32 * 1024


class LiveLines:
    """The newest lines of one attempt; what falls out is in its envelope when it ends."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._lines: deque[tuple[LogLine, int]] = deque()
        self._bytes = 0
        self._count = 0

    def add(self, line: LogLine) -> None:
        """Note a line."""
        size = len(line.message.encode()) + encoded_size(line.data) + 100
        self._lines.append((line, size))
        self._bytes += size
        self._count += 1
        while len(self._lines) > MAX_LINES or (self._bytes > MAX_BYTES and len(self._lines) > 1):
            self._bytes -= self._lines.popleft()[1]

    def beat(self) -> list[LiveLog]:
        """Details of a heartbeat; none before the first line."""
        if not self._lines:
            return []
        first = self._count - len(self._lines)
        lines = [line for line, _ in self._lines]
        return [LiveLog(attempt=self._attempt, first=first, lines=lines)]


LIVE: ContextVar[LiveLines | None] = ContextVar("live_lines", default=None)
