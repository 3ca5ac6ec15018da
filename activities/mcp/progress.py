"""What a tool says about its progress, as lines of the execution log: not too many."""

import time

from activities.context import Log
from activities.mcp.wording import one_line

MAX_LINES = 100
MAX_CHARACTERS = 500
PAUSE_SECONDS = 1.0


class ProgressLines:
    """The progress of one call; at most a line a second."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lines = 0
        self._at = 0.0

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """Log a notification, or let it pass."""
        now = time.monotonic()
        if self._lines >= MAX_LINES or now - self._at < PAUSE_SECONDS:
            return
        self._lines += 1
        self._at = now
        of = "" if total is None else f" of {total:g}"
        text = "" if not message else f": {one_line(message, MAX_CHARACTERS)}"
        self._log(f"progress {progress:g}{of}{text}")
