"""Queries about events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.events.schemas import EventOut
from api.ownership import owned
from models.enums import TriggerType
from models.event import Event, EventDelivery
from models.trigger import Trigger, TriggerFiring
from models.user import User


async def insert_once(session: AsyncSession, values: dict[str, Any]) -> Event | None:
    """The new row; None when its owner has an event of this `event_id`."""
    statement = insert(Event).values({**values, "received_at": func.now()})
    found: Event | None = await session.scalar(statement.on_conflict_do_nothing().returning(Event))
    return found


async def known(session: AsyncSession, owner_id: UUID, event_id: str) -> Event:
    """The event of that id, which exists."""
    statement = select(Event).where(Event.owner_id == owner_id, Event.event_id == event_id)
    return (await session.scalars(statement)).one()


async def page(
    session: AsyncSession,
    user: User,
    *,
    name: str | None,
    key: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[EventOut]:
    """The account's events, newest first, from the one after `before` on."""
    deliveries = (
        select(func.count())
        .select_from(EventDelivery)
        .where(EventDelivery.event_id == Event.id)
        .scalar_subquery()
    )
    order = (Event.received_at, Event.id)
    statement = owned(select(Event, deliveries), Event, user)
    if name is not None:
        statement = statement.where(Event.name == name)
    if key is not None:
        statement = statement.where(Event.correlation_key == key)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    statement = statement.order_by(*(part.desc() for part in order)).limit(limit)
    return [EventOut.of(*found) for found in await session.execute(statement)]


async def triggers_for(session: AsyncSession, event: Event) -> Sequence[Trigger]:
    """The owner's triggers that an event fires."""
    key = Trigger.config["key"].astext
    statement = select(Trigger).where(
        Trigger.owner_id == event.owner_id,
        Trigger.trigger_type == TriggerType.EVENT,
        Trigger.is_active,
        Trigger.config["event"].astext == event.name,
        or_(key.is_(None), key == event.correlation_key),
    )
    return (await session.scalars(statement)).all()


async def insert_firings(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Write firings; one that is there already stays as it is."""
    if rows:
        await session.execute(insert(TriggerFiring).values(rows).on_conflict_do_nothing())


async def count_firings(session: AsyncSession, event: Event) -> int:
    """How many triggers an event fired."""
    statement = select(func.count()).where(
        TriggerFiring.owner_id == event.owner_id, TriggerFiring.key == str(event.id)
    )
    return await session.scalar(statement) or 0
