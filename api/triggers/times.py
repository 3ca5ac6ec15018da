"""A schedule's times as Temporal's specification of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from temporalio.client import (
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleRange,
    ScheduleSpec,
)

from api.triggers.cron import Calendar, CronInvalid, parse, ranges
from api.triggers.errors import InvalidSchedule
from api.triggers.schemas import FIRST_MOMENT, LAST_MOMENT
from api.triggers.wall_clock import in_utc, is_set
from models.enums import ScheduleType
from models.graph.problems import nearest
from models.trigger_config import ScheduleConfig

_EVERY_HOUR = frozenset(range(24))
# For so long Temporal is told the times of zones whose clocks are set.
TOLD = timedelta(days=3 * 366)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Told:
    """Times for Temporal; after `until` there may be more, none: these are all."""

    spec: ScheduleSpec
    until: datetime | None = None


def specification(config: ScheduleConfig, start: datetime, told: timedelta = TOLD) -> Told:
    """The times of `config` from `start` on, without jitter.

    Raises:
        InvalidSchedule: a field cannot be used; it is named.
    """
    _check_moments(config)
    zone = _zone(config.time_zone)
    spec = ScheduleSpec(start_at=config.start_at, end_at=config.end_at, time_zone_name="UTC")
    if config.schedule_type is ScheduleType.INTERVAL:
        spec.intervals = [_interval(config)]
    elif config.schedule_type is ScheduleType.DATE:
        spec.calendars = [_once_at(config)]
    else:
        return _cron(spec, _parsed(config.cron or ""), zone, start, told)
    return Told(spec)


def _check_moments(config: ScheduleConfig) -> None:
    for name in ("at", "start_at", "end_at"):
        moment = getattr(config, name)
        if moment is not None and not FIRST_MOMENT <= moment < LAST_MOMENT:
            raise InvalidSchedule(f"config.{name}", "must be from the year 2000 to 2099")
    if config.jitter_seconds % 1:
        raise InvalidSchedule("config.jitter_seconds", "must be whole seconds")


def _zone(name: str) -> ZoneInfo:
    if name not in _zones():
        hint = nearest(name, sorted(_zones()))
        raise InvalidSchedule(
            "config.time_zone",
            f"there is no time zone {name!r}; give an IANA name such as `Europe/Berlin`"
            + (f"; {hint}" if hint else ""),
        )
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _parsed(cron: str) -> list[Calendar]:
    try:
        return parse(cron)
    except CronInvalid as error:
        raise InvalidSchedule("config.cron", str(error)) from None


def _interval(config: ScheduleConfig) -> ScheduleIntervalSpec:
    every, offset = config.every_seconds or 0, config.offset_seconds
    if every % 1:
        raise InvalidSchedule("config.every_seconds", "must be whole seconds")
    if offset % 1 or offset >= every:
        raise InvalidSchedule(
            "config.offset_seconds", "must be whole seconds, fewer than `every_seconds`"
        )
    return ScheduleIntervalSpec(every=timedelta(seconds=every), offset=timedelta(seconds=offset))


def _once_at(config: ScheduleConfig) -> ScheduleCalendarSpec:
    at = (config.at or FIRST_MOMENT).astimezone(UTC)
    return ScheduleCalendarSpec(
        year=[ScheduleRange(at.year)],
        month=[ScheduleRange(at.month)],
        day_of_month=[ScheduleRange(at.day)],
        hour=[ScheduleRange(at.hour)],
        minute=[ScheduleRange(at.minute)],
        second=[ScheduleRange(at.second)],
    )


def _cron(
    spec: ScheduleSpec, calendars: list[Calendar], zone: ZoneInfo, start: datetime, told: timedelta
) -> Told:
    until = min(start + told, LAST_MOMENT - _DAY)
    if not is_set(zone.key, start.year, LAST_MOMENT.year - 1):
        spec.time_zone_name = zone.key
        spec.calendars = [_calendar(each) for each in calendars]
        return Told(spec)
    if all(map(_hourly, calendars)) and _by_hours(zone, start):
        # It is the same minute everywhere, so setting the clocks changes nothing.
        spec.calendars = [_calendar(each) for each in calendars]
        return Told(spec)
    spec.calendars = [
        ScheduleCalendarSpec(
            year=[ScheduleRange(each.year)],
            month=_ranges(each.months),
            day_of_month=_ranges(each.days),
            hour=_ranges(each.hours),
            minute=_ranges(each.minutes),
        )
        for each in in_utc(calendars, zone, start, until)
    ]
    return Told(spec, until if until < LAST_MOMENT - _DAY else None)


def _hourly(calendar: Calendar) -> bool:
    return (
        calendar.hours == _EVERY_HOUR
        and len(calendar.days) == 31
        and len(calendar.months) == 12
        and len(calendar.weekdays) == 7
    )


def _by_hours(zone: ZoneInfo, start: datetime) -> bool:
    """Whether the zone is ahead or behind by whole hours, the whole year."""
    moments = (start + _DAY * number for number in range(366))
    return all(
        (moment.astimezone(zone).utcoffset() or _NOTHING) % _HOUR == _NOTHING for moment in moments
    )


def _calendar(calendar: Calendar) -> ScheduleCalendarSpec:
    return ScheduleCalendarSpec(
        minute=_ranges(calendar.minutes),
        hour=_ranges(calendar.hours),
        day_of_month=_ranges(calendar.days),
        month=_ranges(calendar.months),
        day_of_week=_ranges(calendar.weekdays),
    )


def _ranges(numbers: frozenset[int]) -> list[ScheduleRange]:
    return [ScheduleRange(first, last) for first, last in ranges(numbers)]
