"""Runs inside the box, once the user's code has failed: tells the user's part of it, not ours."""

from __future__ import annotations

import linecache
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DISK_FULL = (27, 28)  # EFBIG, ENOSPC


def described(error: BaseException, code: str, file_name: str, ours: str) -> dict[str, Any]:
    """The failure as the answer of a call.

    `file_name` is the user's file, whose text is `code`; files below the folder `ours` are left
    out, with all frames above the user's first.
    """
    linecache.cache[file_name] = (len(code), None, code.splitlines(keepends=True), file_name)
    report = traceback.TracebackException.from_exception(error)
    lines = [frame.lineno for frame in report.stack if frame.filename == file_name]
    for part in _all(report):
        _trim(part, file_name, ours, from_first=part is report)
    line = lines[-1] if lines else None
    kind = "raised"
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        kind = "disk"
    if isinstance(error, SyntaxError) and not lines:
        kind, line = "syntax", error.lineno
    return {
        "failure": kind,
        "message": _summary(error, report)[:2_000],
        "type": type(error).__name__,
        "line": line,
        "traceback": "".join(report.format())[-16_000:],
    }


def _summary(error: BaseException, report: Any) -> str:
    """The line with type and message: after the place of a syntax error, before notes."""
    lines = list(report.format_exception_only())
    notes = len(getattr(error, "__notes__", ()))
    return str(lines[len(lines) - 1 - notes if isinstance(error, SyntaxError) else 0]).strip()


def _all(report: Any) -> list[Any]:
    """The report with those of its causes and of what it groups."""
    waiting, found, seen = [report], [], set()
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        found.append(current)
        waiting += [current.__cause__, current.__context__]
        waiting += getattr(current, "exceptions", None) or []
    return found


def _trim(report: Any, file_name: str, ours: str, *, from_first: bool) -> None:
    frames = list(report.stack)
    if from_first:
        # What called the user's code, such as an event loop.
        names = [frame.filename for frame in frames]
        frames = frames[names.index(file_name) :] if file_name in names else []
    report.stack[:] = [frame for frame in frames if not frame.filename.startswith(f"{ours}/")]
