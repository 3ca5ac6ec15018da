"""Runs inside the box, when a call has artifacts among its inputs: opens them for the user."""

from __future__ import annotations

import json
import pathlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ARTIFACT = "$artifact"
JSON_TYPE = "application/json"


class Unreadable(Exception):
    """An artifact does not hold what its type says."""


def opened(value: Any, references: dict[str, Any]) -> Any:
    """`value` with its artifacts opened: JSON as the value that it is, all else as a path.

    `references` is filled: path → reference, for files that are returned as they came.

    Raises:
        Unreadable: JSON that is none.
    """
    if isinstance(value, list):
        return [opened(item, references) for item in value]
    if not isinstance(value, dict):
        return value
    if ARTIFACT not in value:
        return {name: opened(item, references) for name, item in value.items()}
    path = pathlib.Path(value["path"])
    references[str(path)] = {ARTIFACT: value[ARTIFACT]}
    if value[ARTIFACT].get("content_type") != JSON_TYPE:
        return path
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} does not hold JSON: {error}") from error
