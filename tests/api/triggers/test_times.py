"""The times that a schedule foresees are the times at which Temporal fires."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.triggers.cron import Calendar, parse
from tests.api.fixtures import Api
from tests.api.triggers.desk import HOURLY, LATER, every

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


async def foreseen(
    client: Api, config: dict[str, Any], after: str, count: int = 10
) -> list[datetime]:
    """What the preview says."""
    body = {"config": config, "after": after, "count": count}
    answer = await client.post("/triggers/preview", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["time_zone"] == config.get("time_zone", "UTC")
    return [datetime.fromisoformat(time) for time in answer.json()["times"]]


def utc(*times: str) -> list[datetime]:
    """Times such as `2027-03-12 07:30`."""
    return [datetime.fromisoformat(time).replace(tzinfo=UTC) for time in times]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "wanted"),
    [
        # 2027-03-14, 2:00 EST becomes 3:00 EDT: 2:30 is left out.
        (
            NEW_YORK,
            "30 2 * * *",
            "2027-03-13T00:00:00Z",
            utc("2027-03-13 07:30", "2027-03-15 06:30", "2027-03-16 06:30"),
        ),
        (
            NEW_YORK,
            "30 1-3 * * *",
            "2027-03-14T05:00:00Z",
            utc("2027-03-14 06:30", "2027-03-14 07:30", "2027-03-15 05:30"),
        ),
        # 2027-11-07, 2:00 EDT becomes 1:00 EST: 1:30 comes twice.
        (
            NEW_YORK,
            "30 1 * * *",
            "2027-11-06T00:00:00Z",
            utc("2027-11-06 05:30", "2027-11-07 05:30", "2027-11-07 06:30", "2027-11-08 06:30"),
        ),
        (
            NEW_YORK,
            "*/30 0-2 * * sun",
            "2027-11-07T03:00:00Z",
            utc(
                *("2027-11-07 04:00", "2027-11-07 04:30", "2027-11-07 05:00", "2027-11-07 05:30"),
                *("2027-11-07 06:00", "2027-11-07 06:30", "2027-11-07 07:00", "2027-11-07 07:30"),
                "2027-11-14 05:00",
            ),
        ),
        # 2027-03-28, 2:00 CET becomes 3:00 CEST.
        (
            BERLIN,
            "30 2 * * *",
            "2027-03-27T00:00:00Z",
            utc("2027-03-27 01:30", "2027-03-29 00:30", "2027-03-30 00:30"),
        ),
        # 2027-10-31, 3:00 CEST becomes 2:00 CET.
        (
            BERLIN,
            "30 2 * * *",
            "2027-10-30T00:00:00Z",
            utc("2027-10-30 00:30", "2027-10-31 00:30", "2027-10-31 01:30", "2027-11-01 01:30"),
        ),
        (
            BERLIN,
            "*/30 1-3 * * *",
            "2027-10-30T22:00:00Z",
            utc(
                *("2027-10-30 23:00", "2027-10-30 23:30", "2027-10-31 00:00", "2027-10-31 00:30"),
                *("2027-10-31 01:00", "2027-10-31 01:30", "2027-10-31 02:00", "2027-10-31 02:30"),
                "2027-11-01 00:00",
            ),
        ),
        (
            BERLIN,
            "0 * * * *",
            "2027-10-30T23:30:00Z",
            utc("2027-10-31 00:00", "2027-10-31 01:00", "2027-10-31 02:00", "2027-10-31 03:00"),
        ),
    ],
)
async def test_when_the_clocks_change(
    editor: Api, zone: str, cron: str, after: str, wanted: list[datetime]
) -> None:
    config = HOURLY | {"cron": cron, "time_zone": zone}
    assert await foreseen(editor, config, after, len(wanted)) == wanted


ZONES = (
    NEW_YORK,
    BERLIN,
    "Europe/London",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


@pytest.mark.parametrize("zone", ZONES)
async def test_every_instant_whose_wall_clock_matches_fires(editor: Api, zone: str) -> None:
    chosen = random.Random(zone)  # noqa: S311 - the same crons each time
    for moment in changes(ZoneInfo(zone), 2028) or utc("2028-05-05 00:00"):
        for _ in range(4):
            minute = chosen.choice(["*/7", "0", "59", "*/30", "1,31", "15"])
            hour = chosen.choice(["*", "0-4", "1,2", "2", "*/2", "23,0,1,3"])
            cron = f"{minute} {hour} * {chosen.choice(['*', '1-11'])} {chosen.choice('*0')}"
            after = moment - timedelta(hours=5)
            wanted = by_hand(parse(cron), ZoneInfo(zone), after, moment + timedelta(hours=7))
            config = HOURLY | {"cron": cron, "time_zone": zone}
            found = await foreseen(editor, config, after.isoformat(), 100)
            assert [time for time in found if time <= moment + timedelta(hours=7)] == wanted, cron


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours in which the zone's clocks are set."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


def by_hand(
    calendars: list[Calendar], zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """Minute by minute: those whose wall clock matches."""
    found = []
    moment = after
    while (moment := moment + timedelta(minutes=1)) <= until:
        local = moment.astimezone(zone)
        if any(matches(calendar, local) for calendar in calendars):
            found.append(moment)
    return found


def matches(calendar: Calendar, local: datetime) -> bool:
    """Whether a wall clock shows one of the calendar's times."""
    return (
        local.minute in calendar.minutes
        and local.hour in calendar.hours
        and local.day in calendar.days
        and local.month in calendar.months
        and local.isoweekday() % 7 in calendar.weekdays
    )


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (HOURLY | {"cron": "0 0 * * 7"}, utc("2027-01-03", "2027-01-10")),
        (HOURLY | {"cron": "0 0 * JAN-MAR Fri-7"}, utc("2027-01-02", "2027-01-03", "2027-01-08")),
        # Either day matches when both are given.
        (HOURLY | {"cron": "0 0 13 * FRI"}, utc("2027-01-08", "2027-01-13", "2027-01-15")),
        (HOURLY | {"cron": "0 0 29 2 *"}, utc("2028-02-29", "2032-02-29")),
        (HOURLY | {"cron": "5/20 6 * * *"}, utc("2027-01-01 06:05", "2027-01-01 06:25")),
        (every(90, offset_seconds=10), utc("2027-01-01 00:01:40", "2027-01-01 00:03:10")),
        (LATER | {"at": "2027-03-04T05:06:07+05:00"}, utc("2027-03-04 00:06:07")),
        (LATER | {"at": "2026-12-31T00:00:00Z"}, []),
        (
            HOURLY | {"start_at": "2027-01-02T00:30:00Z", "end_at": "2027-01-02T02:00:00Z"},
            utc("2027-01-02 01:00", "2027-01-02 02:00"),
        ),
        (HOURLY | {"jitter_seconds": 1800}, utc("2027-01-01 01:00", "2027-01-01 02:00")),
    ],
)
async def test_what_is_foreseen(
    editor: Api, config: dict[str, Any], wanted: list[datetime]
) -> None:
    found = await foreseen(editor, config, "2027-01-01T00:00:30Z")
    assert found[: len(wanted)] == wanted
    assert wanted or not found


async def test_a_preview_leaves_nothing_behind_and_names_what_is_wrong(
    editor: Api, anonymous: Api
) -> None:
    assert len(await foreseen(editor, HOURLY, "2027-01-01T00:00:00Z", 100)) == 100
    wrong = {"config": HOURLY | {"cron": "0 0 0"}}
    answer = await editor.post("/triggers/preview", json=wrong)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.config.cron")
    assert (await editor.post("/triggers/preview", json=wrong | {"count": 101})).status_code == 422
    assert (await anonymous.post("/triggers/preview", json=wrong)).status_code == 401


@pytest.mark.parametrize(
    ("config", "after"),
    [
        (HOURLY | {"cron": "30 2 * * *", "time_zone": BERLIN}, "2099-12-31T23:59:59Z"),
        (HOURLY | {"cron": "30 2 * * *", "time_zone": BERLIN}, "2000-01-01T00:00:00Z"),
        (HOURLY | {"cron": "0 0 29 2 mon", "time_zone": NEW_YORK}, "2027-01-01T00:00:00Z"),
        (HOURLY | {"cron": "0 0 30 2 *", "time_zone": NEW_YORK}, "2027-01-01T00:00:00Z"),
        (HOURLY | {"time_zone": "localtime"}, "2027-01-01T00:00:00Z"),
        (HOURLY | {"time_zone": "Factory"}, "2027-01-01T00:00:00Z"),
        (every(366 * 86_400), "2027-01-01T00:00:00Z"),
        (LATER | {"at": "2099-12-31T23:59:59.999999+00:00"}, "2099-01-01T00:00:00Z"),
    ],
)
async def test_the_edges_of_what_is_known(editor: Api, config: dict[str, Any], after: str) -> None:
    body = {"config": config, "after": after, "count": 100}
    answer = await editor.post("/triggers/preview", json=body)
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["code"] == "INVALID_SCHEDULE"
