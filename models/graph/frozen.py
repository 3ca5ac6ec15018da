"""How expressions see values: read only, each step counted, artifacts closed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.graph.values import ARTIFACT_KEY, Json, is_artifact

ARTIFACT_FIELDS = ("size", "content_type", "preview")
MAX_STEPS = 100_000
MAX_TEXT = 8 * 1024 * 1024
# Characters that cost as much as one step of the engine.
_STEP_TEXT = 256


class Missing:
    """Stands for what is not there where the engine would pass none instead."""

    __slots__ = ()


MISSING = Missing()


class ValueRefused(ValueError):
    """A filter, an operator or a limit refuses a value."""


class Budget:
    """What one rendering may still spend: steps over data, and characters of text."""

    __slots__ = ("steps", "text")

    def __init__(self, steps: int = MAX_STEPS, text: int = MAX_TEXT) -> None:
        self.steps = steps
        self.text = text

    def step(self, count: int = 1) -> None:
        """Pay for `count` steps.

        Raises:
            ValueRefused: nothing is left.
        """
        self.steps -= count
        if self.steps < 0:
            raise ValueRefused("it takes too many steps; move the work into a tool")

    def read(self, text: str) -> str:
        """Pay for a copy of `text` and return it."""
        self.produce(len(text))
        return text

    def produce(self, length: int) -> None:
        """Pay for `length` characters before they are made."""
        self.text -= length
        if self.text < 0:
            raise ValueRefused("it makes too much text; move the work into a tool")
        self.step(1 + length // _STEP_TEXT)

    def weigh(self, value: Any) -> None:
        """Pay for walking through all of plain `value` once."""
        if isinstance(value, str):
            self.step(1 + len(value) // _STEP_TEXT)
        elif isinstance(value, dict | list | tuple):
            self.step(1 + len(value))
            for item in value.values() if isinstance(value, dict) else value:
                self.weigh(item)
        else:
            self.step()


# Neither class has public attributes: the engine falls back to them for keys that are missing.


class FrozenMap:
    """A read-only object."""

    __slots__ = ("_budget", "_data")

    def __init__(self, data: Mapping[str, Any], budget: Budget) -> None:
        self._data = data
        self._budget = budget

    def __getitem__(self, key: object) -> Any:
        if not isinstance(key, str):
            raise KeyError(key)
        return freeze(self._data[key], self._budget)

    def __iter__(self) -> Iterator[str]:
        for key in self._data:
            yield self._budget.read(key)

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __str__(self) -> str:
        return to_text(self, self._budget)


class FrozenList:
    """A read-only list."""

    __slots__ = ("_budget", "_data")

    def __init__(self, data: Sequence[Any], budget: Budget) -> None:
        self._data = data
        self._budget = budget

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, bool) or not isinstance(index, int):
            raise KeyError(index)
        return freeze(self._data[index], self._budget)

    def __iter__(self) -> Iterator[Any]:
        for item in self._data:
            yield freeze(item, self._budget)

    def __len__(self) -> int:
        return len(self._data)

    def __str__(self) -> str:
        return to_text(self, self._budget)


class FrozenArtifact(FrozenMap):
    """A reference to an artifact: three facts are visible, and it passes whole."""

    __slots__ = ("_reference",)

    def __init__(self, reference: Mapping[str, Any], budget: Budget) -> None:
        super().__init__(visible(reference), budget)
        self._reference = reference


Mapping.register(FrozenMap)
Sequence.register(FrozenList)


def freeze(value: Any, budget: Budget) -> Any:
    """`value` as an expression may see it, for one step."""
    kind = type(value)
    if kind is str:
        return budget.read(value)
    budget.step()
    if kind is dict:
        return (FrozenArtifact if ARTIFACT_KEY in value else FrozenMap)(value, budget)
    if kind is list or kind is tuple:
        return FrozenList(value, budget)
    return value


def thaw(value: Any) -> Any:
    """The JSON behind what an expression gave; raises `ValueRefused` for what is not JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, FrozenArtifact):
        return value._reference  # noqa: SLF001
    if isinstance(value, FrozenMap | FrozenList):
        return value._data  # noqa: SLF001
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): thaw(item) for key, item in value.items()}
    if value is MISSING:
        raise ValueRefused("a value in it is missing")
    raise ValueRefused("the result is not JSON")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueRefused(f"the key {key!r} is not text")
    return key


def visible(reference: Mapping[str, Any]) -> dict[str, Json]:
    """What an expression may read of an artifact."""
    inside = reference.get(ARTIFACT_KEY)
    facts = inside if isinstance(inside, Mapping) else {}
    return {name: facts[name] for name in ARTIFACT_FIELDS if name in facts}


def step_into(value: Any, key: str | int) -> Any:
    """`value[key]` of plain JSON as an expression sees it, or `MISSING`."""
    if isinstance(value, dict):
        inside = visible(value) if is_artifact(value) else value
        return inside.get(key, MISSING) if isinstance(key, str) else MISSING
    if isinstance(value, list | tuple | str) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else MISSING
    return MISSING


def to_text(value: Any, budget: Budget) -> str:
    """A value inside a text: text as it is, everything else as compact JSON."""
    if isinstance(value, str):
        return budget.read(value)
    return dump(thaw(value), budget)


def dump(value: Json, budget: Budget, indent: int | None = None) -> str:
    """JSON of plain data as an expression sees it, paid before it is made; compact by default."""
    separators = (",", ":") if indent is None else (",", ": ")
    shown = _shown(value, budget)
    return json.dumps(shown, ensure_ascii=False, separators=separators, indent=indent)


def _shown(value: Any, budget: Budget) -> Json:
    if isinstance(value, str):
        # Escapes can double it; control characters, six times over, are rare enough.
        budget.produce(2 * len(value))
        return value
    if isinstance(value, dict):
        inside = visible(value) if is_artifact(value) else value
        return {budget.read(key): _shown(item, budget) for key, item in inside.items()}
    if isinstance(value, list | tuple):
        return [_shown(item, budget) for item in value]
    budget.step()
    return value  # type: ignore[no-any-return]
