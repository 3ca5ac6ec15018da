"""Operators and tests of expressions, strict about kinds and bounded in size."""

import math
from collections.abc import Callable
from typing import Any

from models.graph.frozen import MISSING, Budget, ValueRefused, step_into, to_text
from models.graph.values import MAX_INT, MIN_INT

Function = Callable[..., Any]
_MAX_EXPONENT = 64


def kind_of(value: object) -> str:
    """What people call a value, with its article."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true or false"
    for types, name in ((str, "text"), (int | float, "a number"), (dict, "an object")):
        if isinstance(value, types):
            return name
    return "a list" if isinstance(value, list | tuple) else "missing"


def is_number(value: object) -> bool:
    """Whether `value` is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def checked_number(value: Any) -> int | float:
    """`value` if JSON can hold it."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueRefused("the result is not a finite number")
    if isinstance(value, int) and not MIN_INT <= value <= MAX_INT:
        raise ValueRefused("the result does not fit into 64 bits")
    return value  # type: ignore[no-any-return]


def _power(left: int | float, right: int | float) -> Any:
    if isinstance(left, int) and abs(left) > 1 and abs(right) > _MAX_EXPONENT:
        raise ValueRefused("the result does not fit into 64 bits")
    return left**right


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": _power,
}


def arithmetic(budget: Budget, operators: str, *operands: Any) -> Any:
    """Operators of one rank, left to right; `operators` has them joined by spaces.

    Numbers only, except that `+` also joins two texts or two lists. In Python rather than in the
    engine, where `*` repeats texts and lists without limit.
    """
    left = operands[0]
    for operator, right in zip(operators.split(), operands[1:], strict=True):
        left = _apply(budget, operator, left, right)
    return left


def _apply(budget: Budget, operator: str, left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        try:
            return checked_number(_ARITHMETIC[operator](left, right))
        except ZeroDivisionError:
            raise ValueRefused("division by zero") from None
        except OverflowError:
            raise ValueRefused("the result is too large") from None
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        budget.produce(len(left) + len(right))
        return left + right
    if operator == "+" and isinstance(left, list) and isinstance(right, list):
        budget.step(len(left) + len(right))
        return left + right
    hint = "; `~` joins texts" if operator == "+" else ""
    raise ValueRefused(f"`{operator}` does not fit {kind_of(left)} and {kind_of(right)}{hint}")


def negate(_budget: Budget, operand: Any) -> int | float:
    """`-operand`."""
    if not is_number(operand):
        raise ValueRefused(f"`-` needs a number, not {kind_of(operand)}")
    return checked_number(-operand)


def concatenate(budget: Budget, *operands: Any) -> str:
    """`a ~ b`: their texts, joined."""
    parts = [to_text(operand, budget) for operand in operands]
    budget.produce(sum(map(len, parts)))
    return "".join(parts)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def compare(_budget: Budget, operator: str, left: Any, right: Any) -> bool:
    """Order two numbers or two texts; the engine would order anything, and `"25" < 30` be false."""
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return _ORDER[operator](left, right)
    raise ValueRefused(
        f"`{operator}` compares two numbers or two texts, not {kind_of(left)} and {kind_of(right)}"
    )


def need(_budget: Budget, value: Any) -> Any:
    """`value`, which must be there: that is checked for every argument of every function."""
    return value


def look_up(_budget: Budget, value: Any, *keys: str | int) -> Any:
    """What is at the end of `keys`, or `MISSING` if any of them is."""
    for key in keys:
        value = step_into(value, key)
    return value


# Tests -------------------------------------------------------------------------------------------


def equal(budget: Budget, left: Any, right: Any) -> bool:
    """JSON equality."""
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        budget.weigh(left)
    return bool(left == right)


def unequal(budget: Budget, left: Any, right: Any) -> bool:
    """The contrary of `equal`."""
    return not equal(budget, left, right)


def contains(budget: Budget, needle: Any, haystack: Any) -> bool:
    """`needle in haystack`: a part of a text, an item of a list, a key of an object."""
    if isinstance(haystack, str):
        if not isinstance(needle, str):
            raise ValueRefused(f"text contains text, not {kind_of(needle)}")
        return needle in haystack
    if isinstance(haystack, dict):
        return isinstance(needle, str) and step_into(haystack, needle) is not MISSING
    if isinstance(haystack, list):
        budget.step(len(haystack))
        return any(equal(budget, item, needle) for item in haystack)
    raise ValueRefused(f"`in` looks into a list, a text or an object, not {kind_of(haystack)}")


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueRefused(f"it needs an integer, not {kind_of(value)}")
    return value


def _divisible(value: Any, by: Any) -> bool:
    if by == 0:
        raise ValueRefused("division by zero")
    return _whole(value) % _whole(by) == 0


def _ordered(operator: str) -> Function:
    return lambda budget, value, other: compare(budget, operator, value, other)


def _both_text(value: Any, part: Any) -> bool:
    return isinstance(value, str) and isinstance(part, str)


# Each takes the budget, the value and the test's own arguments.
TESTS: dict[str, Function] = {
    "boolean": lambda _, value: isinstance(value, bool),
    "defined": lambda _, value: value is not MISSING,
    "divisibleby": lambda _, value, by: _divisible(value, by),
    "endingwith": lambda _, value, part: _both_text(value, part) and value.endswith(part),
    "even": lambda _, value: _divisible(value, 2),
    "eq": equal,
    "equalto": equal,
    "false": lambda _, value: value is False,
    "float": lambda _, value: isinstance(value, float),
    "ge": _ordered(">="),
    "gt": _ordered(">"),
    "in": contains,
    "integer": lambda _, value: is_number(value) and value == int(value),
    "iterable": lambda _, value: isinstance(value, str | list | dict),
    "le": _ordered("<="),
    "lt": _ordered("<"),
    "mapping": lambda _, value: isinstance(value, dict),
    "ne": unequal,
    "none": lambda _, value: value is None,
    "number": lambda _, value: is_number(value),
    "odd": lambda _, value: not _divisible(value, 2),
    "sequence": lambda _, value: isinstance(value, list),
    "startingwith": lambda _, value, part: _both_text(value, part) and value.startswith(part),
    "string": lambda _, value: isinstance(value, str),
    "true": lambda _, value: value is True,
    "undefined": lambda _, value: value is MISSING,
}
