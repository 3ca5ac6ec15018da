"""Wall-clock times of a zone whose clocks are set, as times in UTC.

Temporal's own calendars of such a zone leave out times, and add wrong ones, around the hour that
comes twice. So it is told times in UTC, for some years on. The rule is: every instant whose
wall-clock time matches fires; a time that comes twice fires twice, one that is left out does not.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.triggers.cron import Calendar

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
# The minutes of each hour of a day that fire.
_Hours = dict[int, set[int]]
# (year, minutes, hours, days): the months of that year which have them.
Dated = dict[tuple[int, frozenset[int], frozenset[int], frozenset[int]], set[int]]


def is_set(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Whether the zone's clocks are set between two times."""
    days = (start + _DAY * number for number in range((end - start).days + 2))
    return len({_offset(zone, day) for day in days}) > 1


def in_utc(calendars: Iterable[Calendar], zone: ZoneInfo, start: datetime, end: datetime) -> Dated:
    """The calendars' times in UTC on the days from `start` to `end`."""
    found: dict[date, _Hours] = defaultdict(lambda: defaultdict(set))
    chosen = list(calendars)
    day, last = start.date() - _DAY, end.date() + _DAY
    while day <= last:
        for calendar in chosen:
            if _has(calendar, day):
                for moment, minutes in _of_day(calendar, zone, day):
                    found[moment.date()][moment.hour] |= minutes
        day += _DAY
    return _grouped(found)


def _has(calendar: Calendar, day: date) -> bool:
    return (
        day.day in calendar.days
        and day.month in calendar.months
        and day.isoweekday() % 7 in calendar.weekdays
    )


def _of_day(
    calendar: Calendar, zone: ZoneInfo, day: date
) -> Iterable[tuple[datetime, frozenset[int]]]:
    """(hour in UTC, its minutes) of one local day."""
    midnight = datetime.combine(day, time())
    starts = [(midnight + _DAY * number).replace(tzinfo=zone) for number in (0, 1)]
    offset, after = (start.utcoffset() or timedelta() for start in starts)
    if offset == after:
        return [
            (midnight + timedelta(hours=hour - offset // _HOUR), minutes)
            for hour, minutes in _shifted(calendar, offset)
        ]
    locals_ = (
        midnight + timedelta(hours=hour, minutes=minute)
        for hour in calendar.hours
        for minute in calendar.minutes
    )
    return [
        (moment, frozenset((moment.minute,)))
        for local in locals_
        for moment in _instants(local, zone)
    ]


@lru_cache(maxsize=64)
def _shifted(calendar: Calendar, offset: timedelta) -> list[tuple[int, frozenset[int]]]:
    """(hour, minutes in UTC): of zones that are off by minutes, an hour's fall into two."""
    found = []
    for hour in calendar.hours:
        minutes: dict[int, set[int]] = defaultdict(set)
        for minute in calendar.minutes:
            carried, left = divmod(minute - int(offset.total_seconds() // 60) % 60, 60)
            minutes[carried].add(left)
        found += [(hour + carried, frozenset(left)) for carried, left in minutes.items()]
    return found


def _instants(local: datetime, zone: ZoneInfo) -> set[datetime]:
    """When a wall clock shows this: once, twice, or never."""
    both = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return {moment for moment in both if moment.astimezone(zone).replace(tzinfo=None) == local}


def _grouped(found: dict[date, _Hours]) -> Dated:
    days: dict[tuple[int, int, frozenset[int], frozenset[int]], set[int]] = defaultdict(set)
    for day, hours in found.items():
        for minutes, together in _by_minutes(hours).items():
            days[(day.year, day.month, minutes, frozenset(together))].add(day.day)
    months: Dated = defaultdict(set)
    for (year, month, minutes, hours_of), of_month in days.items():
        whole = len(of_month) == _length(year, month)
        numbers = frozenset(range(1, 32)) if whole else frozenset(of_month)
        months[(year, minutes, hours_of, numbers)].add(month)
    return months


def _by_minutes(hours: _Hours) -> dict[frozenset[int], set[int]]:
    found: dict[frozenset[int], set[int]] = defaultdict(set)
    for hour, minutes in hours.items():
        found[frozenset(minutes)].add(hour)
    return found


def _length(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
