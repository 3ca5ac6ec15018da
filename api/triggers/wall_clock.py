"""Wall-clock times of a zone whose clocks are set, as times in UTC.

Temporal's own calendars of such a zone leave out times, and add wrong ones, around the hour that
comes twice. So it is told times in UTC, for some years on. The rule is: every instant whose
wall-clock time matches fires; a time that comes twice fires twice, one that is left out does not.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from api.triggers.cron import Calendar

_DAY = timedelta(days=1)


class Part(NamedTuple):
    """What of a local day with one offset falls on a day in UTC, `shift` days from it."""

    calendar: Calendar
    offset: timedelta
    shift: int


class Dated(NamedTuple):
    """Times in UTC: on these days of each of these months of a year."""

    year: int
    months: frozenset[int]
    days: frozenset[int]
    hours: frozenset[int]
    minutes: frozenset[int]


# Days on which the clocks are set are made of instants.
_Parts = frozenset[Part | datetime]


@lru_cache(maxsize=1_024)
def is_set(zone_name: str, first_year: int, last_year: int) -> bool:
    """Whether the zone's clocks are set in these years."""
    zone = ZoneInfo(zone_name)
    offsets = {
        datetime(year, month, day, tzinfo=zone).utcoffset()
        for year in range(first_year, last_year + 1)
        for month in range(1, 13)
        for day in (1, 15)
    }
    return len(offsets) > 1


def in_utc(
    calendars: Iterable[Calendar], zone: ZoneInfo, start: datetime, end: datetime
) -> list[Dated]:
    """The calendars' times in UTC on the days from `start` to `end`."""
    found: dict[date, set[Part | datetime]] = defaultdict(set)
    chosen = list(calendars)
    day, last = start.date() - _DAY, end.date() + _DAY
    while day <= last:
        offset, after = (_midnight(zone, day + _DAY * number) for number in (0, 1))
        for calendar in (each for each in chosen if _has(each, day)):
            if offset == after:
                for shift in _shifted(calendar, offset):
                    found[day + _DAY * shift].add(Part(calendar, offset, shift))
            else:
                for moment in _instants(calendar, zone, day):
                    found[moment.date()].add(moment)
        day += _DAY
    return _grouped({day: frozenset(parts) for day, parts in found.items()})


def _midnight(zone: ZoneInfo, day: date) -> timedelta:
    """By how much the zone's clocks are ahead of UTC when the day begins."""
    return datetime.combine(day, time(), zone).utcoffset() or timedelta()


def _has(calendar: Calendar, day: date) -> bool:
    return (
        day.day in calendar.days
        and day.month in calendar.months
        and day.isoweekday() % 7 in calendar.weekdays
    )


@lru_cache(maxsize=256)
def _shifted(calendar: Calendar, offset: timedelta) -> dict[int, dict[int, set[int]]]:
    """The calendar's times of a day in UTC: by day from the local one, hour, and minutes."""
    found: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    ahead = int(offset.total_seconds() // 60)
    for hour in calendar.hours:
        for minute in calendar.minutes:
            day, left = divmod(hour * 60 + minute - ahead, 24 * 60)
            found[day][left // 60].add(left % 60)
    return found


def _instants(calendar: Calendar, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """The calendar's times of a day on which the clocks are set."""
    for hour in calendar.hours:
        for minute in calendar.minutes:
            local = datetime.combine(day, time(hour, minute))
            for fold in (0, 1):
                moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                # A time that is left out would come back as another one.
                if moment.astimezone(zone).replace(tzinfo=None) == local:
                    yield moment


def _grouped(found: dict[date, _Parts]) -> list[Dated]:
    months: dict[tuple[int, int, _Parts], set[int]] = defaultdict(set)
    for day, parts in found.items():
        months[(day.year, day.month, parts)].add(day.day)
    same: dict[tuple[int, frozenset[int], _Parts], set[int]] = defaultdict(set)
    for (year, month, parts), days in months.items():
        whole = len(days) == monthrange(year, month)[1]
        same[(year, frozenset(range(1, 32) if whole else days), parts)].add(month)
    return [
        Dated(year, frozenset(of_year), days, frozenset(hours), minutes)
        for (year, days, parts), of_year in same.items()
        for minutes, hours in _by_minutes(parts).items()
    ]


def _by_minutes(parts: _Parts) -> dict[frozenset[int], set[int]]:
    """The hours of a day in UTC, by the minutes that they have in common."""
    day: dict[int, set[int]] = defaultdict(set)
    for part in parts:
        if isinstance(part, datetime):
            day[part.hour].add(part.minute)
        else:
            for hour, minutes in _shifted(part.calendar, part.offset)[part.shift].items():
                day[hour] |= minutes
    found: dict[frozenset[int], set[int]] = defaultdict(set)
    for hour, minutes in day.items():
        found[frozenset(minutes)].add(hour)
    return found
