"""Queries about notifications and notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.inbox import wake
from api.ownership import owned
from models.base import new_id
from models.enums import NoticeStatus, Occasion
from models.notification import Notice, Notification
from models.user import User
from models.workflow import Workflow

NOTICE_CHANNEL = "pastetrader_notices"
_WORKFLOWS = Workflow.metadata.tables[Workflow.__tablename__]
Shown = Select[Notification, str | None]


def shown(user: User) -> Shown:
    """The account's notifications, each with its workflow's name, deleted since or not."""
    name = select(_WORKFLOWS.c.name).where(_WORKFLOWS.c.id == Notification.workflow_id)
    return owned(select(Notification, name.scalar_subquery()), Notification, user)


async def notices(
    session: AsyncSession,
    user: User,
    notification_id: UUID,
    *,
    status: NoticeStatus | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Notice]:
    """What was told by a notification, newest first, from the one after `before` on."""
    order = (Notice.created_at, Notice.id)
    statement = owned(select(Notice), Notice, user).where(Notice.notification_id == notification_id)
    if status is not None:
        statement = statement.where(Notice.status == status)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    found = await session.scalars(statement.order_by(*(part.desc() for part in order)).limit(limit))
    return found.all()


async def count(session: AsyncSession, user: User) -> int:
    """How many notifications the account has."""
    statement = owned(select(func.count()).select_from(Notification), Notification, user)
    return await session.scalar(statement) or 0


async def interested(
    session: AsyncSession,
    owner_id: UUID,
    workflows: Iterable[UUID],
    occasion: Occasion,
) -> Sequence[Notification]:
    """The owner's active notifications of an occasion in one of the workflows, or in any."""
    found = await session.scalars(
        select(Notification).where(
            Notification.owner_id == owner_id,
            Notification.is_active,
            Notification.occasions.contains([occasion.value]),
            or_(
                Notification.workflow_id.is_(None),
                Notification.workflow_id.in_(list(workflows)),
            ),
        )
    )
    return found.all()


async def add_notices(
    session: AsyncSession,
    notifications: Sequence[Notification],
    *,
    key: str,
    occasion: Occasion,
    execution_id: UUID | None,
) -> None:
    """Put what is to be told into the outbox; one key is told once by each notification."""
    if not notifications:
        return
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "owner_id": each.owner_id,
            "notification_id": each.id,
            "execution_id": execution_id,
            "key": key,
            "occasion": occasion,
            "status": NoticeStatus.PENDING,
        }
        for each in notifications
    ]
    statement = insert(Notice).values(rows)
    await session.execute(
        statement.on_conflict_do_nothing(index_elements=["notification_id", "key"])
    )
    await wake(session, NOTICE_CHANNEL)


async def by_key(session: AsyncSession, notification: Notification, key: str) -> Notice:
    """The notice of a notification with this key."""
    found = await session.scalars(
        select(Notice).where(Notice.notification_id == notification.id, Notice.key == key)
    )
    return found.one()
