"""A run's events without a gap, over as many connections as that takes."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx

from cli.client import ApiClient
from cli.exits import Unreachable

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


def run_events(client: ApiClient, execution_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, data) up to and with `end`; resumes after the last id when the stream breaks.

    Raises `Unreachable` when the server stays away for a minute.
    """
    last_id: str | None = None
    heard = time.monotonic()
    while True:
        try:
            for event in client.events(f"/executions/{execution_id}/events", last_id):
                heard = time.monotonic()
                last_id = event.id or last_id
                yield event.event, json.loads(event.data)
                if event.event == "end":
                    return
        except httpx.TransportError as error:
            if time.monotonic() - heard > _PATIENCE_SECONDS:
                raise Unreachable(f"the run's events stopped coming ({error})") from error
        time.sleep(_PAUSE_SECONDS)
