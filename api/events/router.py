"""Routes about events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.deps import EditorDep, SessionDep, UserDep
from api.events import repository
from api.events.schemas import EventDetails, EventList, EventName, NewEvent, PublishedEvent
from api.events.service import EventService
from api.executions.deps import ExecutionDep
from api.pagination import cut, decode_cursor, encode_cursor
from api.schemas import Text

router = APIRouter(tags=["events"])


def get_service(session: SessionDep, editor: EditorDep) -> EventService:
    """Use cases in the request's transaction."""
    return EventService(session, editor)


ServiceDep = Annotated[EventService, Depends(get_service)]


@router.post("/events", status_code=202)
async def publish_event(body: NewEvent, service: ServiceDep) -> PublishedEvent:
    """Say that something happened: starts what its triggers start, and wakes what waits for it."""
    return await service.publish(body.name, body)


@router.get("/events")
async def list_events(
    session: SessionDep,
    user: UserDep,
    name: Annotated[Text | None, Query(max_length=200)] = None,
    key: Annotated[Text | None, Query(max_length=255)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> EventList:
    """What was published, newest first."""
    before = None
    if cursor:
        moment, last = decode_cursor(cursor, datetime, UUID)
        before = (moment, last)
    rows = await repository.page(session, user, name=name, key=key, before=before, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row.received_at, row.id))
    return EventList(items=page, next_cursor=following)


@router.post("/executions/{execution_id}/events/{name}", status_code=202)
async def publish_event_to_execution(
    execution: ExecutionDep,
    name: Annotated[EventName, Path()],
    service: ServiceDep,
    details: EventDetails | None = None,
) -> PublishedEvent:
    """Say it to one run only: starts nothing, and wakes no other run."""
    return await service.publish(name, details or EventDetails(), execution.id)
