"""Queries about webhooks and their deliveries; those of owners go through the trigger's owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import new_id
from models.enums import DeliveryStatus, ExecutionStatus, Role, TriggerType
from models.execution import WorkflowExecution
from models.graph.values import Json
from models.keys import Sealed
from models.secret import Secret
from models.trigger import Trigger, WebhookDelivery
from models.trigger_config import CallLimit, WebhookConfig
from models.user import User
from models.workflow import Workflow

KEPT_REFUSALS = 20
USE_NOTED_EVERY = timedelta(minutes=1)
# One statement decides for every replica; what is over the limit changes nothing.
_COUNT = text("""
    INSERT INTO hook_clocks AS c (trigger_id, since, calls)
    VALUES (:trigger_id, clock_timestamp(), 1)
    ON CONFLICT (trigger_id) DO UPDATE SET
        since = CASE WHEN c.since + make_interval(secs => :seconds) <= clock_timestamp()
                     THEN clock_timestamp() ELSE c.since END,
        calls = CASE WHEN c.since + make_interval(secs => :seconds) <= clock_timestamp()
                     THEN 1 ELSE c.calls + 1 END
    WHERE c.calls < :calls
        OR c.since + make_interval(secs => :seconds) <= clock_timestamp()
    RETURNING calls
""")
_WAIT = text("""
    SELECT extract(epoch FROM since + make_interval(secs => :seconds) - clock_timestamp())
    FROM hook_clocks
    WHERE trigger_id = :trigger_id AND calls >= :calls
        AND since + make_interval(secs => :seconds) > clock_timestamp()
""")
# Whoever does not get the lock has nothing to note: somebody notes a refusal just now.
_MAY_NOTE = text("""
    SELECT pg_try_advisory_xact_lock(hashtextextended('refused ' || :trigger_id, 0))
    AND NOT EXISTS (
        SELECT FROM webhook_deliveries WHERE trigger_id = CAST(:trigger_id AS uuid)
        AND status = 'refused' AND received_at > clock_timestamp() - interval '1 second'
    )
""")
_FORGET = text("""
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE trigger_id = :trigger_id AND status = 'refused'
        ORDER BY received_at DESC, id DESC OFFSET :kept
    )
""")


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it is called: its trigger, and the sealed value of the secret that it names."""

    id: UUID
    owner_id: UUID
    workflow_id: UUID
    name: str
    is_active: bool
    config: WebhookConfig
    sealed: Sealed | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that was taken: it was skipped, or the run that it started stands at `run`."""

    execution_id: UUID | None
    run: ExecutionStatus | None


async def hook(session: AsyncSession, trigger_id: UUID) -> Hook | None:
    """The webhook of this id, whose workflow is there and whose owner may start it."""
    owner = and_(User.id == Trigger.owner_id, User.is_active, User.role != Role.VIEWER)
    named = and_(
        Secret.owner_id == Trigger.owner_id, Secret.name == Trigger.config["secret"].astext
    )
    statement = (
        select(Trigger, Secret)
        .join(Workflow, Workflow.id == Trigger.workflow_id)
        .join(User, owner)
        .outerjoin(Secret, named)
        .where(Trigger.id == trigger_id, Trigger.trigger_type == TriggerType.WEBHOOK)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    trigger: Trigger = found[0]
    secret: Secret | None = found[1]
    return Hook(
        id=trigger.id,
        owner_id=trigger.owner_id,
        workflow_id=trigger.workflow_id,
        name=trigger.name,
        is_active=trigger.is_active,
        config=WebhookConfig.model_validate(trigger.config),
        sealed=None
        if secret is None
        else Sealed(secret.ciphertext, secret.wrapped_key, secret.key_id),
    )


async def taken(session: AsyncSession, hook: Hook, delivery_id: str) -> Taken | None:
    """The delivery of this id, if it was taken before."""
    row = WebhookDelivery
    statement = (
        select(row.execution_id, WorkflowExecution.status)
        .outerjoin(WorkflowExecution, WorkflowExecution.id == row.execution_id)
        .where(row.trigger_id == hook.id, row.owner_id == hook.owner_id)
        .where(row.delivery_id == delivery_id)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    return Taken(found.execution_id, found.status and ExecutionStatus(found.status))


async def take(session: AsyncSession, hook: Hook, values: dict[str, Any]) -> bool:
    """Insert a delivery; False when its id was taken, after whoever takes it is done."""
    statement = (
        insert(WebhookDelivery)
        .values(id=new_id(), trigger_id=hook.id, owner_id=hook.owner_id, **values)
        .on_conflict_do_nothing(index_elements=["trigger_id", "delivery_id"])
        .returning(WebhookDelivery.id)
    )
    return await session.scalar(statement) is not None


async def note_refusal(session: AsyncSession, hook: Hook, values: dict[str, Any]) -> None:
    """Keep why a call was refused: one a second at most, and the newest ones only.

    Its delivery id stays free, for the same delivery may be taken later.
    """
    if not await session.scalar(_MAY_NOTE, {"trigger_id": str(hook.id)}):
        return
    # With a space in it, no caller's id is equal.
    refused = values | {"status": DeliveryStatus.REFUSED, "delivery_id": f"refused {new_id()}"}
    await take(session, hook, refused)
    await session.execute(_FORGET, {"trigger_id": hook.id, "kept": KEPT_REFUSALS})


async def count(session: AsyncSession, hook: Hook) -> bool:
    """Count a call; False when the webhook took as many as it may.

    To be called last before the commit: other calls of the same webhook wait for it.
    """
    return await session.scalar(_COUNT, _limit(hook)) is not None


async def seconds_to_wait(session: AsyncSession, hook: Hook) -> float | None:
    """How long the webhook takes no more calls, None when it does."""
    found = await session.scalar(_WAIT, _limit(hook))
    return None if found is None else max(float(found), 0)


def _limit(hook: Hook) -> dict[str, Any]:
    limit: CallLimit = hook.config.rate_limit
    return {"trigger_id": hook.id, "calls": limit.calls, "seconds": limit.seconds}


async def note_use(session: AsyncSession, hook: Hook, *, ran: bool) -> None:
    """When the secret was last of use, once a minute will do, and when the trigger last started.

    Neither is a change that an editor would have to know of.
    """
    seldom = or_(Secret.last_used_at.is_(None), Secret.last_used_at < func.now() - USE_NOTED_EVERY)
    await session.execute(
        update(Secret)
        .where(Secret.owner_id == hook.owner_id, Secret.name == hook.config.secret, seldom)
        .values(last_used_at=func.now(), updated_at=Secret.updated_at),
        execution_options={"synchronize_session": False},
    )
    if ran:
        await session.execute(
            update(Trigger)
            .where(Trigger.id == hook.id, Trigger.owner_id == hook.owner_id)
            .values(last_run_at=func.now(), updated_at=Trigger.updated_at),
            execution_options={"synchronize_session": False},
        )


async def outcome(
    session: AsyncSession, hook: Hook, execution_id: UUID
) -> tuple[ExecutionStatus, Json, dict[str, Any] | None] | None:
    """Status, output and error of a run that the webhook started; None when it was removed."""
    row = WorkflowExecution
    found = await session.execute(
        select(row.status, row.output, row.error).where(
            row.id == execution_id, row.owner_id == hook.owner_id
        )
    )
    first = found.one_or_none()
    return first and (ExecutionStatus(first.status), first.output, first.error)


def _deliveries(trigger_id: UUID, owner_id: UUID) -> Select[WebhookDelivery, str | None]:
    """The trigger's deliveries, newest first, with where their runs stand."""
    row = WebhookDelivery
    return (
        select(row, WorkflowExecution.status)
        .outerjoin(WorkflowExecution, WorkflowExecution.id == row.execution_id)
        .where(row.trigger_id == trigger_id, row.owner_id == owner_id)
        .order_by(row.received_at.desc(), row.id.desc())
    )


async def page(
    session: AsyncSession,
    trigger: Trigger,
    *,
    status: DeliveryStatus | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[WebhookDelivery, str | None]]:
    """Deliveries from the one after `before` on, with where their runs stand."""
    statement = _deliveries(trigger.id, trigger.owner_id).limit(limit)
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    if before is not None:
        place = tuple_(WebhookDelivery.received_at, WebhookDelivery.id)
        statement = statement.where(place < tuple_(*before))
    return [(row, run) for row, run in await session.execute(statement)]


async def newest(
    session: AsyncSession, hook: Hook, delivery_id: str, since: datetime
) -> tuple[WebhookDelivery, str | None] | None:
    """The delivery of this id, or what was refused since then."""
    row = WebhookDelivery
    refused = and_(row.status == DeliveryStatus.REFUSED, row.received_at >= since)
    statement = _deliveries(hook.id, hook.owner_id).where(
        or_(row.delivery_id == delivery_id, refused)
    )
    found = (await session.execute(statement.limit(1))).one_or_none()
    return None if found is None else (found[0], found[1])
