"""Taking an event: its row, the firings of its triggers, and word to whoever matches it with runs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.events import repository
from api.inbox import wake
from api.mirror.statements import EVENT_CHANNEL
from models.base import new_id
from models.enums import FiringCause, FiringStatus
from models.event import Event
from models.graph.values import Json
from models.trigger import Trigger
from temporal_workflows.contracts import FIRINGS_CHANNEL

# A workflow may start itself through events; so many runs in a row, and no more.
MAX_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to publish.

    `event_id` None makes one; with `execution_id` it is for that run only, and starts nothing.
    `depth` is how many runs events started one after the other before this happened.
    """

    owner_id: UUID
    name: str
    key: str | None = None
    payload: Json = None
    event_id: str | None = None
    execution_id: UUID | None = None
    depth: int = 0


async def publish(session: AsyncSession, happening: Happening) -> tuple[Event, bool]:
    """Take an event in the session's transaction; the event, and whether it was taken before."""
    key = new_id()
    event = await repository.insert_once(
        session,
        {
            "id": key,
            "owner_id": happening.owner_id,
            "event_id": happening.event_id or str(key),
            "name": happening.name,
            "correlation_key": happening.key or "",
            "payload": happening.payload,
            "execution_id": happening.execution_id,
        },
    )
    if event is None:
        known = await repository.known(session, happening.owner_id, happening.event_id or str(key))
        return known, True
    if event.execution_id is None:
        await _fire(session, event, happening.depth + 1)
    await wake(session, EVENT_CHANNEL)
    return event, False


async def _fire(session: AsyncSession, event: Event, depth: int) -> None:
    triggers = await repository.triggers_for(session, event)
    await repository.insert_firings(session, [_firing(each, event, depth) for each in triggers])
    if triggers:
        await wake(session, FIRINGS_CHANNEL)


def _firing(trigger: Trigger, event: Event, depth: int) -> dict[str, Any]:
    refused = depth > MAX_CHAIN
    return {
        "id": new_id(),
        "owner_id": event.owner_id,
        "trigger_id": trigger.id,
        "key": str(event.id),
        "cause": FiringCause.EVENT,
        "scheduled_at": event.received_at,
        "event": {
            "name": event.name,
            "key": event.correlation_key or None,
            "id": event.event_id,
            "payload": event.payload,
            "received_at": event.received_at.isoformat(),
            "depth": depth,
        },
        "status": FiringStatus.REFUSED if refused else FiringStatus.PENDING,
        "error": f"events started {MAX_CHAIN} runs one after the other; this would be one more"
        if refused
        else None,
    }
