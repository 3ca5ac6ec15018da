"""Which statuses are errors, and which of these are worth another attempt."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from activities.errors import HttpStatusError
from activities.http_body import beginning
from activities.tools.http.answer import plain
from activities.tools.http.url import shown
from models.graph.http import HttpConfig

_EXCERPT = 2_000


async def judge(config: HttpConfig, response: httpx.Response) -> None:
    """Let a good answer pass.

    Raises:
        HttpStatusError: the rules name its status; retryable when `retry_on` does.
    """
    status = response.status_code
    retryable = _named(status, config.retry_on)
    if not config.fail_on_status or not (retryable or _named(status, config.fail_on)):
        return
    excerpt = await beginning(response, _EXCERPT)
    raise HttpStatusError(
        f"{shown(response.url)} answered {status} {response.reason_phrase}".rstrip(),
        retryable=retryable,
        details={"status": status, "body": plain(excerpt.decode(errors="replace"))},
        retry_after=retry_after(response),
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, from a number or an HTTP date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)


def _named(status: int, patterns: Sequence[str]) -> bool:
    return any(pattern in {str(status), f"{status // 100}xx"} for pattern in patterns)
