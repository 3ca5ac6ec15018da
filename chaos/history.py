"""What a history says, read on its own: neither the mirror nor the projector has a hand in it."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finish:
    """One node that ended, at Unix time `at`."""

    node: str
    path: str
    event_id: int
    at: float


def event_time(event: Event) -> float:
    """Unix time of an event in seconds."""
    return datetime.fromisoformat(event["eventTime"]).timestamp()


def finished_tools(events: list[Event]) -> list[Finish]:
    """Every remote node that completed, with the id of the event that scheduled it."""
    scheduled = {
        event["eventId"]: event["activityTaskScheduledEventAttributes"]
        for event in events
        if "activityTaskScheduledEventAttributes" in event
    }
    found = []
    for event in events:
        if done := event.get("activityTaskCompletedEventAttributes"):
            number = done["scheduledEventId"]
            node, path = _place(scheduled[number]["activityId"])
            found.append(Finish(node, path, int(number), event_time(event)))
    return found


def finished_locally(events: list[Event]) -> list[Finish]:
    """Every pure node, as its marker tells."""
    found = []
    for event in events:
        marker = event.get("markerRecordedEventAttributes", {})
        if marker.get("markerName") == "core_local_activity":
            node, path = _place(_marker_data(marker)["activity_id"])
            if "#" not in node:
                found.append(Finish(node, path, int(event["eventId"]), event_time(event)))
    return found


def longest_silence(events: list[Event]) -> float:
    """Seconds between the two neighbouring events that lie farthest apart."""
    return max(event_time(after) - event_time(before) for before, after in pairwise(events))


def _marker_data(marker: dict[str, Any]) -> dict[str, Any]:
    payload = next(_payloads(marker["details"]["data"]))
    decoded: dict[str, Any] = json.loads(base64.b64decode(payload["data"]))
    return decoded


def _payloads(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from value.get("payloads", [])


def _place(activity_id: str) -> tuple[str, str]:
    """`call@3` as (`call`, `3`); a helper activity keeps its `#purpose` in the node."""
    node, _, path = activity_id.partition("@")
    path, _, purpose = path.partition("#")
    return (f"{node}#{purpose}" if purpose else node), path
