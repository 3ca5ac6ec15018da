"""Runs inside the box, once the user's code imports `logging`: records become marked lines."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

MARK = "\x1e"
"""Begins a marked line: mark, the call's token, level, a space, text."""


def send_records(logging: ModuleType, token: str) -> None:
    """Let the root logger write records of INFO and above to standard output, with their level."""

    def marked(level: int, text: str) -> str:
        names = ("debug", "info", "warning", "error")
        start = f"{MARK}{token}{names[min(max(level // 10 - 1, 0), 3)]} "
        return "\n".join(start + line for line in text.splitlines() or [""])

    class ToLog(logging.StreamHandler):  # type: ignore[name-defined, misc]  # loaded by the user
        def format(self, record: Any) -> str:
            return marked(record.levelno, super().format(record))

        def handleError(self, record: Any) -> None:  # noqa: N802 - the name is logging's
            problem = sys.exc_info()[1]
            text = f"a log record could not be written: {type(problem).__name__}: {problem}"
            try:
                self.stream.write(marked(logging.WARNING, text) + "\n")
            except (OSError, ValueError):
                return

    root = logging.getLogger()
    root.addHandler(ToLog(sys.__stdout__))
    root.setLevel(logging.INFO)
