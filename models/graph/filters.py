"""Filters and functions of expressions: plain JSON in, plain JSON out, paid before it is made."""

import html
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from models.graph.frozen import MISSING, Budget, ValueRefused, dump, step_into, to_text, visible
from models.graph.limits import MAX_ITEMS
from models.graph.operators import (
    TESTS,
    Function,
    checked_number,
    is_number,
    kind_of,
)
from models.graph.values import is_artifact

MAX_WIDTH = 100
_MAX_DIGITS = 40
_FORMAT = re.compile(r"%(?:%|[-+ 0]{0,3}\d{0,2}(?:\.\d{1,2})?[dfeEgGsx])")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueRefused(f"it needs text, not {kind_of(value)}")
    return value


def _number(value: Any) -> int | float:
    if not is_number(value):
        raise ValueRefused(f"it needs a number, not {kind_of(value)}")
    return value  # type: ignore[no-any-return]


def _between(value: Any, low: int, high: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueRefused(f"{what} must be an integer from {low} to {high}")
    return value


def _object(budget: Budget, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueRefused(f"it needs an object, not {kind_of(value)}")
    budget.step(len(value))
    return visible(value) if is_artifact(value) else value


def _items(budget: Budget, value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(_object(budget, value))
    if not isinstance(value, list):
        raise ValueRefused(f"it needs a list, not {kind_of(value)}")
    budget.step(len(value))
    return value


def _reach(item: Any, path: Any) -> Any:
    """What `path`, such as `price.close` or `0`, leads to, or `MISSING`."""
    keys = path.split(".") if isinstance(path, str) else [path]
    for key in keys:
        number = isinstance(key, str) and key.isdecimal() and not isinstance(item, dict)
        item = step_into(item, int(key) if number else key)
    return item


def _attribute(item: Any, path: Any, default: Any = MISSING) -> Any:
    found = _reach(item, path)
    found = default if found is MISSING else found
    if found is MISSING:
        raise ValueRefused(f"an item has no `{path}`")
    return found


# Texts -------------------------------------------------------------------------------------------


def _same_size(function: Function) -> Function:
    def call(budget: Budget, value: Any) -> str:
        found: str = function(budget.read(_text(value)))
        return found

    return call


def _trim(budget: Budget, value: Any, chars: Any = None) -> str:
    return budget.read(_text(value)).strip(chars if chars is None else _text(chars))


def _replace(budget: Budget, value: Any, old: Any, new: Any, count: Any = None) -> str:
    text, before, after = _text(value), _text(old), _text(new)
    found = text.count(before)
    if count is not None:
        found = min(found, _between(count, 0, MAX_ITEMS, "`count`"))
    budget.produce(len(text) + found * len(after))
    return text.replace(before, after, found)


def _split(budget: Budget, value: Any, separator: Any = None, maximum: Any = None) -> list[str]:
    text = budget.read(_text(value))
    if separator == "":
        raise ValueRefused("the separator is empty")
    limit = budget.steps if maximum is None else _between(maximum, 0, MAX_ITEMS, "the maximum")
    found = text.split(separator if separator is None else _text(separator), limit)
    budget.step(len(found))
    return found


def _join(budget: Budget, value: Any, separator: Any = "", attribute: Any = None) -> str:
    found = _items(budget, value)
    if attribute is not None:
        found = [_attribute(item, attribute) for item in found]
    parts = [to_text(item, budget) for item in found]
    budget.produce(sum(map(len, parts)) + len(parts) * len(_text(separator)))
    return str(separator).join(parts)


def _indent(budget: Budget, value: Any, width: Any = 4, first: Any = False) -> str:
    space = " " * _between(width, 0, MAX_WIDTH, "the width")
    lines = budget.read(_text(value)).split("\n")
    budget.produce(len(lines) * (1 + len(space)) + len(value))
    indented = [space + line if line else line for line in lines]
    return "\n".join(indented if first is True else [lines[0], *indented[1:]])


def _truncate(budget: Budget, value: Any, length: Any = 255, end: Any = "...") -> str:
    text, tail = budget.read(_text(value)), _text(end)
    limit = _between(length, 0, 1_000_000, "the length")
    return text if len(text) <= limit else text[: max(limit - len(tail), 0)] + tail[:limit]


def _format(budget: Budget, value: Any, *args: Any) -> str:
    text = _text(value)
    rest = _FORMAT.sub("", text)
    if "%" in rest:
        raise ValueRefused("the format may hold `%d`, `%.2f`, `%s` and the like, to width 99")
    produced = [to_text(item, budget) if not is_number(item) else item for item in args]
    budget.produce(len(text) * 100 + sum(len(item) for item in produced if isinstance(item, str)))
    try:
        return text % tuple(produced)
    except (TypeError, ValueError, OverflowError) as problem:
        raise ValueRefused(f"the format does not fit: {problem}") from None


def _urlencode(budget: Budget, value: Any) -> str:
    if isinstance(value, dict):
        pairs = {key: to_text(item, budget) for key, item in _object(budget, value).items()}
        budget.produce(3 * sum(len(key) + len(item) for key, item in pairs.items()))
        return urlencode(pairs, quote_via=quote)
    text = to_text(value, budget)
    budget.produce(3 * len(text))
    return quote(text, safe="")


def _escape(budget: Budget, value: Any) -> str:
    text = to_text(value, budget)
    budget.produce(6 * len(text))
    return html.escape(text)


def _to_json(budget: Budget, value: Any, indent: Any = None) -> str:
    width = None if indent is None else _between(indent, 0, 8, "`indent`")
    return dump(value, budget, width)


# Numbers -----------------------------------------------------------------------------------------


def _round(_budget: Budget, value: Any, digits: Any = 0) -> int | float:
    places = _between(digits, -18, 18, "the precision")
    found = round(_number(value), places)
    return checked_number(int(found) if places <= 0 else found)


def _to_number(value: Any, default: Any, kind: type[int] | type[float]) -> Any:
    found = _parsed(value, kind)
    if found is not None:
        return found
    if default is MISSING:
        raise ValueRefused(f"{kind_of(value)} {str(value)[:40]!r} is no number")
    return default


def _parsed(value: Any, kind: type[int] | type[float]) -> int | float | None:
    too_long = isinstance(value, str) and len(value) > _MAX_DIGITS
    if too_long or value is None or isinstance(value, list | dict):
        return None
    # "3.7" is 3 as an integer, as it is for every other reader of numbers.
    whole = kind is int and isinstance(value, str) and not _is_integer(value)
    try:
        return checked_number(kind(float(value) if whole else value))
    except (ValueError, OverflowError):
        return None


def _is_integer(text: str) -> bool:
    return text.strip().lstrip("+-").isdecimal()


def _extreme(choose: Function) -> Function:
    def call(budget: Budget, value: Any, attribute: Any = None) -> Any:
        found = _items(budget, value)
        keys = _sortable(found, attribute)
        return found[choose(range(len(found)), key=keys.__getitem__)] if found else MISSING

    return call


def _sum(budget: Budget, value: Any, attribute: Any = None, start: Any = 0) -> int | float:
    found = _items(budget, value)
    if attribute is not None:
        found = [_attribute(item, attribute) for item in found]
    return checked_number(sum(map(_number, found), _number(start)))


# Lists and objects -------------------------------------------------------------------------------


def _length(_budget: Budget, value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise ValueRefused(f"{kind_of(value)} has no length")
    return len(visible(value)) if isinstance(value, dict) and is_artifact(value) else len(value)


def _end(at: int) -> Function:
    def call(_budget: Budget, value: Any) -> Any:
        if not isinstance(value, str | list):
            raise ValueRefused(f"it needs a list or a text, not {kind_of(value)}")
        return value[at] if value else MISSING

    return call


def _sortable(items: list[Any], attribute: Any = None) -> list[Any]:
    keys = items if attribute is None else [_attribute(item, attribute) for item in items]
    if all(map(is_number, keys)) or all(isinstance(key, str) for key in keys):
        return keys
    raise ValueRefused("only numbers, or only texts, have an order; `attribute` names a key")


def _sort(
    budget: Budget,
    value: Any,
    reverse: Any = False,
    case_sensitive: Any = False,
    attribute: Any = None,
) -> list[Any]:
    found = _items(budget, value)
    keys = _sortable(found, attribute)
    if keys and isinstance(keys[0], str) and not case_sensitive:
        keys = [key.casefold() for key in keys]
    order = sorted(range(len(found)), key=keys.__getitem__, reverse=bool(reverse))
    return [found[index] for index in order]


def _reverse(budget: Budget, value: Any) -> Any:
    return budget.read(value)[::-1] if isinstance(value, str) else _items(budget, value)[::-1]


def _identity(budget: Budget, value: Any) -> Any:
    """Something to hash that is equal for equal JSON."""
    if isinstance(value, list | dict):
        budget.weigh(value)
        return json.dumps(value, sort_keys=True)
    return (isinstance(value, bool), isinstance(value, str), value)


def _unique(budget: Budget, value: Any, attribute: Any = None) -> list[Any]:
    seen: dict[Any, Any] = {}
    for item in _items(budget, value):
        key = item if attribute is None else _attribute(item, attribute)
        seen.setdefault(_identity(budget, key), item)
    return list(seen.values())


def _group_by(budget: Budget, value: Any, attribute: Any) -> list[list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for item in _items(budget, value):
        key = _attribute(item, attribute)
        groups.setdefault(_identity(budget, key), [key, []])[1].append(item)
    return list(groups.values())


def _batch(budget: Budget, value: Any, size: Any) -> list[list[Any]]:
    found, count = _items(budget, value), _between(size, 1, MAX_ITEMS, "the size")
    return [found[at : at + count] for at in range(0, len(found), count)]


def _zip(budget: Budget, *lists: Any) -> list[list[Any]]:
    return [list(row) for row in zip(*(_items(budget, each) for each in lists), strict=False)]


def _pairs(budget: Budget, value: Any) -> list[list[Any]]:
    return [[key, item] for key, item in _object(budget, value).items()]


def _map(
    budget: Budget,
    value: Any,
    name: Any = None,
    *args: Any,
    attribute: Any = None,
    default: Any = MISSING,
) -> list[Any]:
    found = _items(budget, value)
    if attribute is not None:
        return [_attribute(item, attribute, default) for item in found]
    function = _named(FILTERS, name, "filter")
    return [function(budget, item, *args) for item in found]


def _named(table: dict[str, Function], name: Any, kind: str) -> Function:
    function = table.get(name) if isinstance(name, str) else None
    if function is None:
        raise ValueRefused(f"there is no {kind} {name!r}")
    return function


def _holds(budget: Budget, value: Any, test: Any, args: tuple[Any, ...]) -> bool:
    budget.step()
    if test is None:
        return bool(value)
    return bool(_named(TESTS, test, "test")(budget, value, *args))


def _chosen(wanted: bool) -> Function:
    def call(budget: Budget, value: Any, test: Any = None, *args: Any) -> list[Any]:
        found = _items(budget, value)
        return [item for item in found if _holds(budget, item, test, args) is wanted]

    return call


def _chosen_by(wanted: bool) -> Function:
    def call(budget: Budget, value: Any, attribute: Any, test: Any = None, *args: Any) -> list[Any]:
        # A missing key is what `selectattr("x", "defined")` looks for.
        key = _reach if test in {"defined", "undefined"} else _attribute
        return [
            item
            for item in _items(budget, value)
            if _holds(budget, key(item, attribute), test, args) is wanted
        ]

    return call


def _default(_budget: Budget, value: Any, default: Any = "", boolean: Any = False) -> Any:
    absent = value is MISSING or (boolean and not value)
    return default if absent else value


def _range(budget: Budget, start: Any, stop: Any = None, step: Any = 1) -> list[int]:
    bounds = [_between(each, -(2**53), 2**53, "a bound") for each in (start, stop or 0, step)]
    if bounds[2] == 0:
        raise ValueRefused("the step of a range is not 0")
    numbers = range(bounds[0]) if stop is None else range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise ValueRefused(f"the range has more than {MAX_ITEMS} numbers")
    budget.step(len(numbers))
    return list(numbers)


def _to_list(budget: Budget, value: Any) -> list[Any]:
    return list(_items(budget, value))


def _bool(_budget: Budget, value: Any) -> bool:
    return bool(value)


FILTERS: dict[str, Function] = {
    "abs": lambda _, value: checked_number(abs(_number(value))),
    "batch": _batch,
    "bool": _bool,
    "capitalize": _same_size(str.capitalize),
    "count": _length,
    "d": _default,
    "default": _default,
    "dictsort": lambda budget, value: sorted(_pairs(budget, value)),
    "e": _escape,
    "escape": _escape,
    "first": _end(0),
    "float": lambda _, value, default=MISSING: _to_number(value, default, float),
    "format": _format,
    "groupby": _group_by,
    "indent": _indent,
    "int": lambda _, value, default=MISSING: _to_number(value, default, int),
    "items": _pairs,
    "join": _join,
    "keys": lambda budget, value: list(_object(budget, value)),
    "last": _end(-1),
    "length": _length,
    "list": _to_list,
    "lower": _same_size(str.lower),
    "map": _map,
    "max": _extreme(max),
    "min": _extreme(min),
    "reject": _chosen(wanted=False),
    "rejectattr": _chosen_by(wanted=False),
    "replace": _replace,
    "reverse": _reverse,
    "round": _round,
    "select": _chosen(wanted=True),
    "selectattr": _chosen_by(wanted=True),
    "sort": _sort,
    "split": _split,
    "string": lambda budget, value: to_text(value, budget),
    "sum": _sum,
    "title": _same_size(str.title),
    "tojson": _to_json,
    "trim": _trim,
    "truncate": _truncate,
    "unique": _unique,
    "upper": _same_size(str.upper),
    "urlencode": _urlencode,
    "values": lambda budget, value: list(_object(budget, value).values()),
    "zip": _zip,
}
FUNCTIONS: dict[str, Function] = {"range": _range}
# Their value may be missing: `| default(…)` and `is defined` are for that.
SOFT = frozenset({("|", "d"), ("|", "default"), ("is", "defined"), ("is", "undefined")})
MAY_MISS = frozenset({"first", "last", "max", "min"})
