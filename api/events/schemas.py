"""What clients send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from api.schemas import Closed, StoredJson, Text
from models.event import Event
from models.graph.limits import MAX_INLINE_BYTES
from models.graph.values import Json, encoded_size

EventName = Annotated[Text, Field(min_length=1, max_length=200)]
EventKey = Annotated[Text, Field(min_length=1, max_length=255)]


class EventDetails(Closed):
    """What comes with an event's name.

    `key` tells whom it is for, such as an order's number. The same `id` again is the same event.
    """

    key: EventKey | None = None
    payload: StoredJson = None
    id: Annotated[Text, Field(min_length=1, max_length=255)] | None = None

    @field_validator("payload")
    @classmethod
    def _small(cls, payload: Json) -> Json:
        size = encoded_size(payload)
        if size > MAX_INLINE_BYTES:
            raise ValueError(
                f"the payload has {size} bytes and may have {MAX_INLINE_BYTES}; "
                "send where the rest is to be found"
            )
        return payload


class NewEvent(EventDetails):
    """Something that happened."""

    name: EventName


class PublishedEvent(BaseModel):
    """The event as it was taken; `triggers` is how many triggers it fired."""

    id: UUID
    event_id: str
    name: str
    key: str | None
    duplicate: bool = Field(description="Whether it was taken before; nothing happens again.")
    triggers: int


class EventOut(BaseModel):
    """An event that was taken; `deliveries` is how many waiting nodes it woke.

    With `execution_id` it was for that run only.
    """

    id: UUID
    event_id: str
    name: str
    key: str | None
    payload: Json
    execution_id: UUID | None
    received_at: datetime
    deliveries: int

    @classmethod
    def of(cls, row: Event, deliveries: int) -> "EventOut":
        """What is told of a row."""
        return cls(
            id=row.id,
            event_id=row.event_id,
            name=row.name,
            key=row.correlation_key or None,
            payload=row.payload,
            execution_id=row.execution_id,
            received_at=row.received_at,
            deliveries=deliveries,
        )


class EventList(BaseModel):
    """A page of events."""

    items: list[EventOut]
    next_cursor: str | None
