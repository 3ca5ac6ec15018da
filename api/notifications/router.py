"""Routes about notifications."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request

from api.audit import note
from api.deps import EditorDep, SessionDep, SettingsDep, UserDep
from api.notifications import repository
from api.notifications.schemas import (
    NewNotification,
    NoticeList,
    NoticeOut,
    NotificationChange,
    NotificationList,
    NotificationOut,
)
from api.notifications.service import NotificationService
from api.pagination import cut, decode_cursor, encode_cursor
from models.enums import NoticeStatus
from models.notification import Notification

router = APIRouter(prefix="/notifications", tags=["notifications"])
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
IdempotencyKey = Annotated[
    str | None, Header(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")
]


def get_service(session: SessionDep, user: UserDep, settings: SettingsDep) -> NotificationService:
    """Use cases in the request's transaction."""
    return NotificationService(session, user, settings)


ServiceDep = Annotated[NotificationService, Depends(get_service)]


@router.get("")
async def list_notifications(
    session: SessionDep, user: UserDep, limit: Limit = 20, cursor: Cursor = None
) -> NotificationList:
    """Whom you have told of what, newest first."""
    statement = repository.shown(user)
    if cursor:
        statement = statement.where(Notification.id < decode_cursor(cursor, UUID)[0])
    statement = statement.order_by(Notification.id.desc()).limit(limit + 1)
    rows = [NotificationOut.of(*found) for found in await session.execute(statement)]
    page, following = cut(rows, limit, lambda row: encode_cursor(row.id))
    return NotificationList(items=page, next_cursor=following)


@router.post("", status_code=201)
async def create_notification(
    body: NewNotification,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> NotificationOut:
    """Have somebody told from now on."""
    made = await service.create(body)
    note(session, request, "notification.create", actor_id=editor.id, resource=str(made.id))
    return made


@router.get("/{notification_id}")
async def get_notification(notification_id: UUID, service: ServiceDep) -> NotificationOut:
    """One notification."""
    return await service.get(notification_id)


@router.patch("/{notification_id}")
async def change_notification(
    notification_id: UUID,
    body: NotificationChange,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> NotificationOut:
    """Change whom it tells, or of what."""
    changed = await service.change(notification_id, body)
    resource = str(notification_id)
    note(session, request, "notification.change", actor_id=editor.id, resource=resource)
    return changed


@router.delete("/{notification_id}", status_code=204)
async def delete_notification(
    notification_id: UUID,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> None:
    """Tell nobody any more; what it told is forgotten."""
    await service.delete(notification_id)
    resource = str(notification_id)
    note(session, request, "notification.delete", actor_id=editor.id, resource=resource)


@router.post("/{notification_id}/test", status_code=202)
async def test_notification(
    notification_id: UUID,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> NoticeOut:
    """Have a sample told; its notice says whether it arrived."""
    made = await service.test(notification_id, idempotency_key)
    resource = str(notification_id)
    note(session, request, "notification.test", actor_id=editor.id, resource=resource)
    return NoticeOut.of(made)


@router.get("/{notification_id}/notices")
async def list_notices(
    notification_id: UUID,
    service: ServiceDep,
    session: SessionDep,
    user: UserDep,
    status: NoticeStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> NoticeList:
    """What it told, newest first."""
    await service.get(notification_id)
    before = None
    if cursor:
        moment, last = decode_cursor(cursor, datetime, UUID)
        before = (moment, last)
    rows = await repository.notices(
        session, user, notification_id, status=status, before=before, limit=limit + 1
    )
    page, following = cut(rows, limit, lambda row: encode_cursor(row.created_at, row.id))
    return NoticeList(items=[NoticeOut.of(row) for row in page], next_cursor=following)
