"""JSON values: the one type that flows through a graph, and what it may hold."""

import json
import math
import re
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import JsonValue

from models.graph.limits import MAX_JSON_DEPTH

Json: TypeAlias = JsonValue
ARTIFACT_KEY = "$artifact"
MIN_INT, MAX_INT = -(2**63), 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ValueProblem(ValueError):
    """A value that JSON, PostgreSQL or the expression engine cannot hold; `path` says where."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def check_json(value: object, path: str = "") -> Json:
    """Return `value` if it is plain JSON within the limits.

    Raises:
        ValueProblem: for nesting beyond `MAX_JSON_DEPTH`, integers beyond 64 bit, NaN, infinities,
            NUL characters, lone surrogates, keys that are not text, or any other Python type.
    """
    _check(value, path, 0)
    return value  # type: ignore[return-value]


def _check(value: object, path: str, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise ValueProblem(f"nested deeper than {MAX_JSON_DEPTH} levels", path)
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int | float):
        _check_number(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueProblem("object keys must be text", path)
            _check_text(key, path)
            _check(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    elif value is not None:
        raise ValueProblem(f"{type(value).__name__} is not a JSON value", path)


def _check_number(value: float, path: str) -> None:
    if isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise ValueProblem("integer does not fit into 64 bits", path)
    elif not math.isfinite(value):
        raise ValueProblem("number is not finite", path)


def _check_text(value: str, path: str) -> None:
    found = _UNSTORABLE.search(value)
    if found is not None:
        what = "a NUL character" if found.group() == "\x00" else "a lone surrogate"
        raise ValueProblem(f"text contains {what}", path)


def encoded_size(value: Json) -> int:
    """Size in bytes of the compact UTF-8 JSON of `value`."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def is_artifact(value: object) -> bool:
    """Whether `value` is a reference to an artifact: `{"$artifact": {id, size, …}}`."""
    return isinstance(value, Mapping) and ARTIFACT_KEY in value
