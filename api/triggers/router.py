"""Routes about triggers."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.audit import note
from api.deps import EditorDep, SessionDep, UserDep
from api.executions.deps import EngineDep
from api.pagination import cut, decode_cursor, encode_cursor
from api.triggers import repository
from api.triggers.schedules import Schedules
from api.triggers.schemas import (
    Backfill,
    Fire,
    FiringList,
    FiringOut,
    NewTrigger,
    NoteIn,
    Preview,
    PreviewOut,
    Times,
    TriggerChange,
    TriggerList,
    TriggerOut,
)
from api.triggers.service import TriggerService
from models.enums import ExecutionStatus, FiringCause, FiringStatus, TriggerType
from models.trigger import Trigger

router = APIRouter(prefix="/triggers", tags=["triggers"])
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=1_000)]


def get_schedules(engine: EngineDep) -> Schedules:
    """The schedules on Temporal."""
    return Schedules(engine)


SchedulesDep = Annotated[Schedules, Depends(get_schedules)]


def get_service(session: SessionDep, user: UserDep, schedules: SchedulesDep) -> TriggerService:
    """Use cases in the request's transaction."""
    return TriggerService(session, user, schedules)


ServiceDep = Annotated[TriggerService, Depends(get_service)]


async def get_trigger(trigger_id: UUID, service: ServiceDep) -> Trigger:
    """The trigger in the path, to be looked at; raises `NotFound`."""
    return await service.get(trigger_id)


async def get_own_trigger(trigger_id: UUID, service: ServiceDep, _editor: EditorDep) -> Trigger:
    """The trigger in the path, locked, for who may change it; raises `NotFound`, `Forbidden`."""
    return await service.get(trigger_id, locked=True)


TriggerDep = Annotated[Trigger, Depends(get_trigger)]
OwnTriggerDep = Annotated[Trigger, Depends(get_own_trigger)]


@router.get("")
async def list_triggers(
    service: ServiceDep,
    workflow_id: UUID | None = None,
    trigger_type: TriggerType | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> TriggerList:
    """Your triggers, newest first."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    statement = repository.filtered(
        service.visible(), workflow_id=workflow_id, trigger_type=trigger_type, text=text
    )
    rows = await service.page(statement, before=before, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row.id))
    return TriggerList(items=await service.shown(page), next_cursor=following)


@router.post("", status_code=201)
async def create_trigger(
    body: NewTrigger, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> TriggerOut:
    """Let a workflow start by itself."""
    made = await service.create(body)
    note(session, request, "trigger.create", actor_id=editor.id, resource=str(made.id))
    return await service.out(made)


@router.post("/preview")
async def preview_schedule(body: Preview, service: ServiceDep) -> PreviewOut:
    """The next times of a schedule, before it is saved."""
    after = body.after or datetime.now(UTC)
    times = await service.preview(body.config, after, body.count)
    return PreviewOut(times=times, time_zone=body.config.time_zone)


@router.get("/{trigger_id}")
async def get_trigger_of_id(trigger: TriggerDep, service: ServiceDep) -> TriggerOut:
    """One trigger."""
    return await service.out(trigger)


@router.patch("/{trigger_id}")
async def change_trigger(
    trigger: OwnTriggerDep,
    body: TriggerChange,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> TriggerOut:
    """Change a trigger's name or settings."""
    await service.change(trigger, body)
    note(session, request, "trigger.change", actor_id=editor.id, resource=str(trigger.id))
    return await service.out(trigger)


@router.delete("/{trigger_id}", status_code=204)
async def delete_trigger(
    trigger: OwnTriggerDep,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> None:
    """Delete a trigger; runs that it started go on."""
    await service.delete(trigger)
    note(session, request, "trigger.delete", actor_id=editor.id, resource=str(trigger.id))


@router.post("/{trigger_id}/pause")
async def pause_trigger(
    trigger: OwnTriggerDep,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    body: NoteIn | None = None,
) -> TriggerOut:
    """Let it start nothing until it is resumed; what comes meanwhile is not made up for."""
    await service.switch(trigger, active=False, note=body.note if body else None)
    note(session, request, "trigger.pause", actor_id=editor.id, resource=str(trigger.id))
    return await service.out(trigger)


@router.post("/{trigger_id}/resume")
async def resume_trigger(
    trigger: OwnTriggerDep,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    body: NoteIn | None = None,
) -> TriggerOut:
    """Let it go on."""
    await service.switch(trigger, active=True, note=body.note if body else None)
    note(session, request, "trigger.resume", actor_id=editor.id, resource=str(trigger.id))
    return await service.out(trigger)


@router.post("/{trigger_id}/fire", status_code=202)
async def fire_trigger(
    trigger: OwnTriggerDep,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    body: Fire | None = None,
) -> FiringOut:
    """Fire now, paused or not; a schedule's waits for its turn as its overlap policy says."""
    firing = await service.fire(trigger, body.event if body else None)
    note(session, request, "trigger.fire", actor_id=editor.id, resource=str(trigger.id))
    return _firing(repository.Fired(firing, None, None))


@router.post("/{trigger_id}/backfill", status_code=202)
async def backfill_trigger(
    trigger: OwnTriggerDep,
    body: Backfill,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> Times:
    """Fire for the times of a window that did not fire; those are the answer."""
    times = await service.backfill(trigger, body)
    detail = {"times": len(times)}
    note(
        session,
        request,
        "trigger.backfill",
        actor_id=editor.id,
        resource=str(trigger.id),
        detail=detail,
    )
    return Times(times=times)


@router.get("/{trigger_id}/history")
async def list_firings(
    trigger: TriggerDep,
    session: SessionDep,
    status: FiringStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> FiringList:
    """What became of each firing, newest first."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    rows = await repository.firings(session, trigger, status=status, before=before, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row.firing.id))
    return FiringList(items=[_firing(row) for row in page], next_cursor=following)


def _firing(fired: repository.Fired) -> FiringOut:
    row, status = fired.firing, fired.execution_status
    return FiringOut(
        id=row.id,
        cause=FiringCause(row.cause),
        scheduled_at=row.scheduled_at,
        fired_at=row.created_at,
        status=FiringStatus(row.status),
        error=row.error,
        execution_id=fired.execution_id,
        execution_status=ExecutionStatus(status) if status else None,
    )
