"""Slows down guessing: a few wrong passwords close an account's door for a while."""

import time
from collections import OrderedDict, deque

from api.errors import TooManyRequests

MAX_FAILURES = 10
WINDOW_SECONDS = 300.0
_REMEMBERED = 10_000


class LoginThrottle:
    """Failed logins of the last minutes by address and account, in this process."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, who: str) -> None:
        """Raises `TooManyRequests` while there were too many failures."""
        failures = self._recent(who)
        if len(failures) >= MAX_FAILURES:
            wait = int(failures[0] + WINDOW_SECONDS - time.monotonic()) + 1
            raise TooManyRequests(
                f"too many failed logins; try again in {wait} seconds",
                headers={"Retry-After": str(wait)},
            )

    def failed(self, who: str) -> None:
        """Count a failure."""
        failures = self._recent(who)
        failures.append(time.monotonic())
        self._failures[who] = failures
        self._failures.move_to_end(who)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, who: str) -> None:
        """Forget the failures."""
        self._failures.pop(who, None)

    def _recent(self, who: str) -> deque[float]:
        since = time.monotonic() - WINDOW_SECONDS
        return deque(at for at in self._failures.get(who, ()) if at > since)
