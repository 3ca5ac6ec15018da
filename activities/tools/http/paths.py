"""Where something is in a JSON value: `data.rows.0`, or the JSON pointer `/data/rows/0` (RFC 6901)."""

from collections.abc import Sequence

from models.graph.values import Json


class Absent:
    """There is nothing at a path."""


ABSENT = Absent()


def look_up(value: Json, path: str | None) -> Json | Absent:
    """What is at `path`; no path is the value itself."""
    found: Json | Absent = value
    for step in _steps(path):
        found = _child(found, step)
    return found


def _steps(path: str | None) -> Sequence[str]:
    if path is None:
        return ()
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return path.split(".")


def _child(value: Json | Absent, step: str) -> Json | Absent:
    if isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 10:
        return value[int(step)] if int(step) < len(value) else ABSENT
    return ABSENT
