"""How long a provider asks to be left alone."""

import math
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SECONDS_SINCE_1970, _MILLISECONDS_SINCE_1970 = 1e9, 1e12
# `x-ratelimit-reset-tokens` and `anthropic-ratelimit-tokens-reset`, with what is left of each.
_RESET = re.compile(r"(x-ratelimit-)reset(-.+)?|(anthropic-ratelimit-.+-)reset")


def asked_delay(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms`, `retry-after`, or when the limits that are used up reset.

    `headers` have lower-case names. None when they do not say.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after", "")
    seconds = _number(asked)
    if seconds is None:
        seconds = _until(asked)
    return seconds if seconds is not None else max(_resets(headers), default=None)


def _resets(headers: Mapping[str, str]) -> Iterable[float]:
    for name, value in headers.items():
        found = _RESET.fullmatch(name)
        if found is not None and _used_up(headers, found):
            seconds = _left(value.strip())
            if seconds is not None:
                yield seconds


def _used_up(headers: Mapping[str, str], reset: re.Match[str]) -> bool:
    before, after, whole = reset.groups()
    remaining = f"{whole}remaining" if whole else f"{before}remaining{after or ''}"
    return headers.get(remaining, "0").strip() == "0"


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return max(found, 0.0) if math.isfinite(found) else None


def _left(text: str) -> float | None:
    """Seconds that `6m0s` or `20ms` says, a plain number of them, or until a moment."""
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    number = _number(text)
    if number is None:
        return _until(text)
    # Some count from 1970, in seconds or milliseconds.
    since = number / 1000 if number > _MILLISECONDS_SINCE_1970 else number
    return max(since - time.time(), 0.0) if since > _SECONDS_SINCE_1970 else number


def _until(text: str) -> float | None:
    """Seconds until a moment, written as HTTP or RFC 3339 do."""
    moment = _moment(text.strip())
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _moment(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        except (ValueError, OverflowError):
            continue
    return None
