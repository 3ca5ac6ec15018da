"""How long a provider asks to be left alone."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from activities.llm.delays import asked_delay


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "12"}, 0.25),
        ({"x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3_723.5),
        ({"x-ratelimit-reset": "9"}, 9.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        # Only what is used up makes us wait.
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            1.0,
        ),
        ({"retry-after": "2", "x-ratelimit-reset-requests": "6m0s"}, 2.0),
    ],
)
def test_the_delay_is_what_the_headers_say(headers: dict[str, str], seconds: float) -> None:
    assert asked_delay(headers) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {"retry-after": format_datetime(later(60), usegmt=True)},
        lambda: {"anthropic-ratelimit-requests-reset": later(60).isoformat()},
        lambda: {"anthropic-ratelimit-tokens-reset": later(60).strftime("%Y-%m-%dT%H:%M:%SZ")},
        lambda: {"x-ratelimit-reset": str(int(time.time()) + 60)},
        lambda: {"x-ratelimit-reset": str(int(time.time() * 1000) + 60_000)},
    ],
)
def test_a_moment_is_waited_for(headers: Callable[[], dict[str, str]]) -> None:
    found = asked_delay(headers())
    assert found is not None
    assert 55 < found <= 61


def test_a_moment_that_has_passed_is_now() -> None:
    assert asked_delay({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": "soon"},
        {"retry-after": "nan"},
        {"retry-after": "inf"},
        {"retry-after": ""},
        {"retry-after": "Wed, 99 Foo 2015 07:28:00 GMT"},
        {"x-ratelimit-reset-tokens": "1x"},
        {"x-ratelimit-reset-tokens": "5m?"},
        {"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "5m"},
        {
            "anthropic-ratelimit-tokens-remaining": "7000",
            "anthropic-ratelimit-tokens-reset": "2099-01-01T00:00:00Z",
        },
        {"content-type": "application/json"},
    ],
)
def test_what_says_nothing_is_no_delay(headers: dict[str, str]) -> None:
    assert asked_delay(headers) is None
