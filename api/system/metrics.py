"""Figures for Prometheus."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One registry for one app, so that two apps in one process do not meet."""

    def __init__(self, swept_at: Callable[[], float | None]) -> None:
        """`swept_at` gives the monotonic time of the mirror's last sweep."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "pastetrader_http_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "pastetrader_http_request_seconds",
            "Time until the answer began.",
            ["route"],
            registry=self.registry,
        )
        age = Gauge(
            "pastetrader_mirror_sweep_age_seconds",
            "Time since the mirror last looked at everything.",
            registry=self.registry,
        )
        age.set_function(lambda: _age(swept_at()))


def _age(swept_at: float | None) -> float:
    return float("inf") if swept_at is None else time.monotonic() - swept_at
