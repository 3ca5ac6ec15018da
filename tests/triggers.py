"""Rows of triggers, for tests without an API."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from models.enums import ExecutionStatus
from models.execution import WorkflowExecution
from models.trigger import Trigger, TriggerFiring
from models.user import User
from models.workflow import Workflow
from temporal_workflows.contracts import workflow_id

Sessions = async_sessionmaker[AsyncSession]


async def new_trigger(sessions: Sessions) -> Trigger:
    """A schedule of its own account."""
    owner = User(email=f"{uuid4().hex}@example.org", hashed_password="-", display_name="T")
    async with sessions.begin() as session:
        session.add(owner)
        await session.flush()
        workflow = Workflow(owner_id=owner.id, name="scheduled")
        session.add(workflow)
        await session.flush()
        trigger = Trigger(
            owner_id=owner.id,
            workflow_id=workflow.id,
            name="often",
            trigger_type="schedule",
            config={},
        )
        session.add(trigger)
    return trigger


async def firings_of(sessions: Sessions, trigger: Trigger) -> list[TriggerFiring]:
    """Its firings, oldest first."""
    statement = select(TriggerFiring).where(TriggerFiring.trigger_id == trigger.id)
    async with sessions() as session:
        return list(await session.scalars(statement.order_by(TriggerFiring.id)))


async def asked_for(sessions: Sessions, trigger: Trigger, at: datetime) -> UUID:
    """A firing by hand that waits for its turn."""
    async with sessions.begin() as session:
        row = TriggerFiring(
            owner_id=trigger.owner_id,
            trigger_id=trigger.id,
            key=f"manual-{uuid4()}",
            cause="manual",
            scheduled_at=at,
            status="waiting",
        )
        session.add(row)
    return row.id


async def run_of(sessions: Sessions, trigger: Trigger, firing_id: UUID) -> None:
    """The run that a firing started, as the API writes it."""
    async with sessions.begin() as session:
        firing = await session.get_one(TriggerFiring, firing_id)
        firing.status = "started"
        session.add(
            WorkflowExecution(
                id=firing_id,
                owner_id=trigger.owner_id,
                workflow_id=trigger.workflow_id,
                workflow_version=1,
                graph_hash="",
                status=ExecutionStatus.RUNNING,
                temporal_workflow_id=workflow_id(str(firing_id)),
            )
        )
