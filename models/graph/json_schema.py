"""JSON Schema (draft 2020-12) with bounds: whoever writes one, checking by it ends soon.

Patterns match in linear time, so look-around and back-references are no patterns. References lead
nowhere outside the schema, and may not expand into more than `MAX_PARTS` parts.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from jsonschema_rs import (
    Draft202012Validator,
    ReferencingError,
    RegexOptions,
    ValidationError,
)

from models.graph.values import Json

MAX_PARTS = 10_000
# All problems are collected at once, so only where there cannot be too many: bytes × parts.
MAX_COLLECTED = 200_000
MAX_CHECKS = 10_000_000
ANY = "*"
# Keywords whose schemas are for what lies within a value, wherever there.
_INTO = frozenset(
    {
        *("items", "prefixItems", "contains", "unevaluatedItems"),
        *("additionalProperties", "patternProperties", "unevaluatedProperties"),
    }
)
_LONGEST = 300


class SchemaInvalid(ValueError):
    """A JSON Schema that is none, or that costs too much; the message says where."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What is wrong with a value; `path` is like `rows[0].price`, empty for the value itself."""

    path: str
    message: str


def check_json_schema(schema: dict[str, Any]) -> None:
    """Raises `SchemaInvalid`."""
    _validator(_key(schema))


def schema_problems(value: Json, schema: dict[str, Any]) -> list[SchemaProblem]:
    """How `value` fails `schema`: by place; or just the first where there might be too many.

    Raises `SchemaInvalid`.
    """
    validator, extent = _validator(_key(schema))
    if extent.loops and extent.parts * extent.checks(_depth(value)) > MAX_CHECKS:
        raise SchemaInvalid("it branches where it refers to itself; the value is nested too deep")
    if validator.is_valid(value):
        return []
    if extent.loops or extent.parts * len(_key(value)) > MAX_COLLECTED:
        try:
            validator.validate(value)
        except ValidationError as first:
            return [_problem(first)]
    return sorted(map(_problem, validator.iter_errors(value)), key=lambda found: found.path)


def _key(document: Any) -> bytes:
    return orjson.dumps(document)


@lru_cache(maxsize=256)
def _validator(key: bytes) -> tuple[Draft202012Validator, "_Extent"]:
    schema = orjson.loads(key)
    extent = _extent(schema)
    try:
        validator = Draft202012Validator(
            schema, pattern_options=RegexOptions(), offline=True, validate_formats=False
        )
    except ValidationError as problem:
        found = _problem(problem)
        text = f"{found.path}: {found.message}" if found.path else found.message
        raise SchemaInvalid(text) from None
    except (ReferencingError, ValueError) as problem:
        raise SchemaInvalid(_cut(str(problem))) from problem
    return validator, extent


class _Expansion:
    """Writes the references of a schema out, all but those that lead back to where they stand."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._known: dict[str, _Extent] = {}
        self.extent = self._of(schema, frozenset({"#"}))

    def _of(self, part: Any, within: frozenset[str]) -> "_Extent":
        found = _Extent(1, Counter())
        if isinstance(part, list):
            for each in part:
                found.add(self._of(each, within))
        elif isinstance(part, dict):
            for target in (part.get("$ref"), part.get("$dynamicRef")):
                if isinstance(target, str):
                    found.add(self._referred(target, within))
            for keyword, each in part.items():
                self._keyword(found, keyword, each, within)
        return found

    def _keyword(self, found: "_Extent", keyword: str, part: Any, within: frozenset[str]) -> None:
        if keyword == "properties" and isinstance(part, dict):
            for name, each in part.items():
                found.add(self._of(each, within), name)
        else:
            found.add(self._of(part, within), ANY if keyword in _INTO else None)

    def _referred(self, target: str, within: frozenset[str]) -> "_Extent":
        if target in within:
            return _Extent(0, Counter({(): 1}))
        if target not in self._known:
            part = _resolved(self._schema, target)
            self._known[target] = self._of(part, within | {target})
        return self._known[target]


@dataclass(slots=True)
class _Extent:
    """How many parts there are, and how often each place in a value is checked by the whole again."""

    parts: int
    loops: Counter[tuple[str, ...]]

    def add(self, other: "_Extent", step: str | None = None) -> None:
        """Take another's in, found at `step` of the value."""
        self.parts += other.parts
        for place, times in other.loops.items():
            self.loops[place if step is None else (step, *place)] += times
        if self.parts > MAX_PARTS or len(self.loops) > MAX_PARTS:
            raise SchemaInvalid(f"its references expand into more than {MAX_PARTS} parts")

    def checks(self, depth: int) -> int:
        """At most so many of the whole schema are made of a value nested so deep."""
        inward = {place: times for place, times in self.loops.items() if place}
        if not inward:
            return 1
        anywhere = sum(times for place, times in inward.items() if ANY in place)
        named = max((times for place, times in inward.items() if ANY not in place), default=0)
        return int((anywhere + named) ** (depth // min(map(len, inward))))


def _extent(schema: dict[str, Any]) -> _Extent:
    try:
        return _Expansion(schema).extent
    except RecursionError:
        raise SchemaInvalid("its references follow each other too far") from None


def _depth(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _resolved(schema: Any, target: str) -> Any:
    """The part that a JSON pointer (RFC 6901) means; of any other reference, the whole: no less."""
    if not target.startswith("#"):
        return schema
    found = schema
    for token in target.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
    return found


def _problem(error: ValidationError) -> SchemaProblem:
    return SchemaProblem(_path(error.instance_path), _cut(error.message))


def _path(parts: list[Any]) -> str:
    named = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(named).removeprefix(".")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
