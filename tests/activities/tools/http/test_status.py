"""Which statuses are errors, which are tried again, and how long a server may ask to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from activities.errors import HttpStatusError
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Server, call


async def outcome(attempt: Attempt, server: Server, status: int, **rules: Any) -> str:
    """`passed`, `final` or `retried`."""
    server.answers["/"] = (status, {}, b"")
    try:
        await call(attempt, server, url=f"{server.url}/", **rules)
    except HttpStatusError as error:
        return "retried" if error.retryable else "final"
    return "passed"


@pytest.mark.parametrize(
    ("status", "rules", "expected"),
    [
        (200, {}, "passed"),
        (204, {}, "passed"),
        (304, {}, "passed"),
        (404, {}, "final"),
        (408, {}, "retried"),
        (425, {}, "retried"),
        (429, {}, "retried"),
        (501, {}, "retried"),
        (404, {"fail_on": ["5xx"]}, "passed"),
        (404, {"fail_on": []}, "passed"),
        (404, {"fail_on": ["404"]}, "final"),
        (410, {"fail_on": ["404"]}, "passed"),
        (503, {"fail_on": ["404"]}, "retried"),
        (503, {"retry_on": []}, "final"),
        (503, {"retry_on": [], "fail_on": []}, "passed"),
        (409, {"retry_on": ["409"]}, "retried"),
        (202, {"retry_on": ["202"]}, "retried"),
        (204, {"fail_on": ["2xx"]}, "final"),
        (302, {"fail_on": ["3xx"]}, "final"),
        (599, {"retry_on": ["5xx"]}, "retried"),
        (503, {"fail_on_status": False}, "passed"),
        (404, {"fail_on_status": False, "retry_on": ["404"]}, "passed"),
    ],
)
async def test_rules(
    server: Server, attempt: Attempt, status: int, rules: dict[str, Any], expected: str
) -> None:
    assert await outcome(attempt, server, status, **rules) == expected


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_a_redirect_that_is_not_followed_is_no_failure(
    server: Server, attempt: Attempt, status: int
) -> None:
    server.answers["/"] = (status, {"Location": "/on"}, b"")
    found = await call(attempt, server, url=f"{server.url}/", follow_redirects=False)
    assert (found["status"], found["headers"]["location"]) == (status, "/on")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("0", 0, 0),
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("9" * 40, 1, 10**9),
        ("{past}", 0, 0),
        ("{soon}", 20, 30),
        ("-5", None, None),
        ("soon", None, None),
        ("1.5", None, None),
        ("", None, None),
    ],
)
async def test_retry_after(
    server: Server, attempt: Attempt, value: str, least: float | None, most: float | None
) -> None:
    now = datetime.now(UTC)
    dates = {
        "past": format_datetime(now - timedelta(hours=1), usegmt=True),
        "soon": format_datetime(now + timedelta(seconds=30), usegmt=True),
    }
    server.answers["/"] = (429, {"Retry-After": value.format(**dates)}, b"")
    with pytest.raises(HttpStatusError) as caught:
        await call(attempt, server, url=f"{server.url}/")
    found = caught.value.retry_after
    if least is None or most is None:
        assert found is None
    else:
        assert found is not None
        assert least <= found <= most


async def test_of_a_long_refusal_the_beginning_is_kept(server: Server, attempt: Attempt) -> None:
    server.answers["/"] = (400, {}, b"why\x00" + b"x" * 500_000)
    with pytest.raises(HttpStatusError) as caught:
        await call(attempt, server, url=f"{server.url}/?key=hidden", max_bytes=10)
    assert isinstance(caught.value.details, dict)
    body = caught.value.details["body"]
    assert isinstance(body, str)
    assert (len(body), body[:5]) == (2_000, "why\ufffdx")
    assert "hidden" not in str(caught.value)
