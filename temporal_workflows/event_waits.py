"""Waiting for events: each wait is recorded, has a timer, and takes one event."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from temporalio import workflow

from models.graph.values import Json, encoded_size
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    EVENT_PURPOSE,
    Activity,
    Envelope,
    EvaluateTask,
    EventArrival,
    ReceivedEvent,
    activity_id,
)
from temporal_workflows.scheduler import Place


class EventWaits:
    """The places of one run that wait for an event.

    Args:
        commands: Of the run.
        waiting: The places that already waited when the run continued as new, until when.
        arrived: What came for them while it did.
    """

    def __init__(
        self,
        commands: Commands,
        waiting: Mapping[Place, datetime],
        arrived: list[EventArrival],
    ) -> None:
        self._commands = commands
        self._waiting = {activity_id(place.key, place.path): at for place, at in waiting.items()}
        self._arrived = {arrival.place: arrival.event for arrival in arrived}
        self._leaving = False

    @property
    def holding(self) -> bool:
        """Whether an event arrived that its place has not taken yet."""
        return bool(self._arrived)

    def arrive(self, arrival: EventArrival) -> None:
        """Keep an event for its place; one that is late, or comes after another, changes nothing."""
        until = self._waiting.get(arrival.place)
        if until is not None and workflow.now() < until:
            self._arrived.setdefault(arrival.place, arrival.event)

    def leave(self) -> None:
        """Let nobody take an event any more: the run's state was taken down as it is now."""
        self._leaving = True

    def arrivals(self) -> list[EventArrival]:
        """What arrived and was not taken."""
        return [EventArrival(place=place, event=event) for place, event in self._arrived.items()]

    async def wait(
        self, place: Place, title: str, awaited: dict[str, Json], until: datetime
    ) -> ReceivedEvent | None:
        """Record what is awaited ({event, key}), for the mirror, and wait; None when time is up."""
        name = activity_id(place.key, place.path)
        self._waiting[name] = until
        try:
            await self._tell(place, title, {**awaited, "until": until.isoformat()})
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: name in self._arrived and not self._leaving,
                    timeout=max((until - workflow.now()).total_seconds(), 0.001),
                    timeout_summary=activity_id(place.key, place.path, EVENT_PURPOSE),
                )
            return self._arrived.get(name)
        finally:
            self._waiting.pop(name, None)
            self._arrived.pop(name, None)

    async def _tell(self, place: Place, title: str, awaited: dict[str, Json]) -> None:
        told: dict[str, Json] = {**awaited, "asked_at": workflow.now().isoformat()}
        task = EvaluateTask(
            context=self._commands.context(place),
            field=EVENT_PURPOSE,
            template="{{ item }}",
            scope={"item": told},
        )
        await self._commands.local(
            Activity.EVALUATE,
            task,
            place,
            title=title,
            purpose=EVENT_PURPOSE,
            size=encoded_size(told),
            result=Envelope,
        )
