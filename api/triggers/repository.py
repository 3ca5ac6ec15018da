"""Queries about triggers; every read of one goes through its owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.enums import FiringStatus, TriggerType
from models.execution import WorkflowExecution
from models.session import INCLUDE_DELETED
from models.trigger import Trigger, TriggerFiring
from models.workflow import Workflow

# Some time before the last times that Temporal knows it is told more.
TELL_AGAIN = timedelta(days=366)
DELETED = "the trigger was deleted"
_WORKFLOWS = Workflow.metadata.tables[Workflow.__tablename__]


class Fired(NamedTuple):
    """A firing, the run that it started, and where that stands."""

    firing: TriggerFiring
    execution_id: UUID | None
    execution_status: str | None


async def workflow_names(session: AsyncSession, triggers: Sequence[Trigger]) -> dict[UUID, str]:
    """Names of the triggers' workflows by id, even of those that were deleted since."""
    ids = [trigger.workflow_id for trigger in triggers]
    workflow = _WORKFLOWS.c
    found = await session.execute(select(workflow.id, workflow.name).where(workflow.id.in_(ids)))
    return dict(found.all())


def filtered(
    statement: Select[Trigger],
    *,
    workflow_id: UUID | None = None,
    trigger_type: TriggerType | None = None,
    text: str | None = None,
) -> Select[Trigger]:
    """Narrow a list of triggers; None leaves a condition out."""
    if workflow_id is not None:
        statement = statement.where(Trigger.workflow_id == workflow_id)
    if trigger_type is not None:
        statement = statement.where(Trigger.trigger_type == trigger_type)
    if text is not None:
        plain = text.replace("\x00", "")
        statement = statement.where(Trigger.name.icontains(plain, autoescape=True))
    return statement


async def firings(
    session: AsyncSession,
    trigger: Trigger,
    *,
    status: FiringStatus | None,
    before: UUID | None,
    limit: int,
) -> list[Fired]:
    """Firings of a trigger, newest first."""
    row, run = TriggerFiring, WorkflowExecution
    statement = (
        select(row, run.id, run.status)
        .outerjoin(run, run.id == row.id)
        .where(row.trigger_id == trigger.id, row.owner_id == trigger.owner_id)
        .order_by(row.id.desc())
        .limit(limit)
    )
    if status is not None:
        statement = statement.where(row.status == status)
    if before is not None:
        statement = statement.where(row.id < before)
    return [Fired(*found) for found in await session.execute(statement)]


async def insert_firings(
    session: AsyncSession, rows: Sequence[dict[str, Any]]
) -> list[TriggerFiring]:
    """Write firings; only those whose key the trigger did not have are written and given."""
    if not rows:
        return []
    statement = insert(TriggerFiring).values(rows).on_conflict_do_nothing()
    return list(await session.scalars(statement.returning(TriggerFiring)))


async def withdraw_unstarted(session: AsyncSession, trigger: Trigger) -> None:
    """What has not started yet never will."""
    row = TriggerFiring
    unstarted = (FiringStatus.WAITING, FiringStatus.PENDING)
    await session.execute(
        update(row)
        .where(row.trigger_id == trigger.id, row.status.in_(unstarted))
        .values(status=FiringStatus.WITHDRAWN, error=DELETED)
    )


async def differing(session: AsyncSession, limit: int) -> list[Trigger]:
    """Schedules whose rows Temporal does not agree with yet, locked."""
    row = Trigger
    statement = (
        select(row)
        .where(
            row.trigger_type == TriggerType.SCHEDULE,
            or_(
                row.deleted_at.is_(None) == row.temporal_schedule_id.is_(None),
                row.deleted_at.is_(None) & (row.told_until < func.now() + TELL_AGAIN),
            ),
        )
        .order_by(row.updated_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(**{INCLUDE_DELETED: True})
    )
    return list(await session.scalars(statement))


async def agrees(
    session: AsyncSession, trigger: Trigger, schedule: str | None, until: datetime | None = None
) -> None:
    """Note what Temporal has, and until when; that is no change of the trigger."""
    row = Trigger
    await session.execute(
        update(row)
        .where(row.id == trigger.id)
        .values(temporal_schedule_id=schedule, told_until=until, updated_at=row.updated_at)
        .execution_options(**{INCLUDE_DELETED: True, "synchronize_session": False})
    )


async def waiting(session: AsyncSession, limit: int) -> list[tuple[TriggerFiring, Trigger]]:
    """Firings that Temporal does not know of yet, locked, in the order of their times."""
    row = TriggerFiring
    statement = (
        select(row, Trigger)
        .join(Trigger, Trigger.id == row.trigger_id)
        .where(
            row.status == FiringStatus.WAITING,
            row.temporal_workflow_id.is_(None),
            Trigger.temporal_schedule_id.is_not(None),
        )
        .order_by(row.scheduled_at, row.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=row)
    )
    return [(firing, trigger) for firing, trigger in await session.execute(statement)]


async def pending(session: AsyncSession, limit: int) -> list[tuple[TriggerFiring, Trigger]]:
    """Firings that are to start their runs, oldest first; also of deleted triggers.

    Locked with their triggers, which `ran` changes: whoever deletes one has it and wants the other.
    """
    row = TriggerFiring
    statement = (
        select(row, Trigger)
        .join(Trigger, Trigger.id == row.trigger_id)
        .where(row.status == FiringStatus.PENDING)
        .order_by(row.created_at, row.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(**{INCLUDE_DELETED: True})
    )
    return [(firing, trigger) for firing, trigger in await session.execute(statement)]


async def ran(session: AsyncSession, trigger: Trigger) -> None:
    """Note that it started a run just now; that is no change of the trigger."""
    row = Trigger
    await session.execute(
        update(row)
        .where(row.id == trigger.id)
        .values(last_run_at=func.now(), updated_at=row.updated_at)
        .execution_options(synchronize_session=False)
    )


async def waiter(session: AsyncSession, firing_id: UUID) -> str | None:
    """The workflow that waits for the end of a firing's run, if one does."""
    row = TriggerFiring
    found: str | None = await session.scalar(
        select(row.temporal_workflow_id).where(
            row.id == firing_id, row.temporal_workflow_id.is_not(None)
        )
    )
    return found
