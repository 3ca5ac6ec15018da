"""Cron expressions of five fields, as sets of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from models.graph.problems import nearest

FIELDS = "minute hour day-of-month month day-of-week"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class CronInvalid(ValueError):
    """The expression is not one of five fields; the message says what is right."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its numbers, and the names that stand for some of them; `*` ends at `top`."""

    name: str
    first: int
    last: int
    top: int
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Wall-clock times: every field must match. Sunday is day 0 of the week."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]


MINUTE = Field("minute", 0, 59, 59, {})
HOUR = Field("hour", 0, 23, 23, {})
DAY = Field("day-of-month", 1, 31, 31, {})
MONTH = Field("month", 1, 12, 12, {name: number for number, name in enumerate(_MONTHS, 1)})
# 7 is Sunday as well, so that `5-7` can be written.
WEEKDAY = Field("day-of-week", 0, 7, 6, {name: number for number, name in enumerate(_DAYS)})
_EVERY_DAY = frozenset(range(1, 32))
_EVERY_WEEKDAY = frozenset(range(7))


def parse(expression: str) -> list[Calendar]:
    """The calendars whose times together are the expression's.

    They are two when day-of-month and day-of-week are both restricted: as in every cron, a day
    matches by either of them.

    Raises:
        CronInvalid: it is malformed.
    """
    fields = _split(expression)
    known = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
    minutes, hours, days, months, weekdays = map(_numbers, known, fields)
    weekdays = frozenset(number % 7 for number in weekdays)
    if fields[2].startswith("*") or fields[4].startswith("*"):
        return [Calendar(minutes, hours, days, months, weekdays)]
    return [
        Calendar(minutes, hours, days, months, _EVERY_WEEKDAY),
        Calendar(minutes, hours, _EVERY_DAY, months, weekdays),
    ]


def ranges(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """The numbers as (first, last) of each unbroken row, in order."""
    found = []
    for _, group in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
        row = [number for _, number in group]
        found.append((row[0], row[-1]))
    return found


def _split(expression: str) -> list[str]:
    fields = expression.split()
    if expression.strip().startswith("@"):
        raise CronInvalid(f"write the five fields `{FIELDS}` instead, such as `0 0 * * *`")
    if expression.upper().lstrip().startswith(("CRON_TZ", "TZ=")):
        raise CronInvalid("write the time zone into `time_zone`, and here the five fields only")
    if len(fields) != 5:
        raise CronInvalid(f"needs the five fields `{FIELDS}`, not {len(fields)}")
    return fields


def _numbers(field: Field, text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.lower().split(","):
        found |= _part(field, part)
    return frozenset(found)


def _part(field: Field, part: str) -> set[int]:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = field.first, field.top
    else:
        start = _number(field, first)
        end = _number(field, last) if dash else (field.top if slash else start)
    every = 1
    if slash:
        if not (step.isascii() and step.isdigit() and int(step) > 0):
            raise CronInvalid(f"{field.name}: the step in `{part}` must be a number above 0")
        every = int(step)
    if end < start:
        raise CronInvalid(f"{field.name}: `{span}` ends before it starts")
    return set(range(start, end + 1, every))


def _number(field: Field, text: str) -> int:
    if text in field.names:
        return field.names[text]
    plain = text.isascii() and text.isdigit() and len(text) <= 2
    if plain and field.first <= int(text) <= field.last:
        return int(text)
    names = f" or a name such as `{next(iter(field.names))}`" if field.names else ""
    hint = nearest(text, list(field.names))
    raise CronInvalid(
        f"{field.name}: `{text}` is not a number from {field.first} to {field.last}{names}"
        + (f"; {hint}" if hint else "")
    )
