"""What happened becomes notices, in the transaction that notes that it was told."""

from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.inbox import Inbox
from api.mirror.statements import EXECUTION_CHANNEL
from api.notifications.repository import add_notices, interested
from models.approval import Approval
from models.enums import ApprovalStatus, Occasion
from models.execution import WorkflowExecution

MANY = 100


async def tell_of_end(session: AsyncSession, execution: WorkflowExecution) -> None:
    """A listener of `Ends`: of workflows' own runs, not of what they call, nor of conversations."""
    if execution.parent_execution_id is not None or execution.workflow_id is None:
        return
    occasion = Occasion(execution.status)
    wanted = await interested(session, execution.owner_id, [execution.workflow_id], occasion)
    key = f"{execution.id}:{occasion}"
    await add_notices(session, wanted, key=key, occasion=occasion, execution_id=execution.id)


class Asked(Inbox):
    """Makes notices of questions that wait for people, and of the reminders of them."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], database_url: str) -> None:
        super().__init__(sessions, database_url, EXECUTION_CHANNEL, self._tell)

    async def _tell(self, session: AsyncSession) -> int:
        # Whoever changes an approval has its run's row first; so have we.
        found = await session.execute(
            select(Approval, WorkflowExecution)
            .join(WorkflowExecution, WorkflowExecution.id == Approval.execution_id)
            .where(
                or_(Approval.announced_at.is_(None), Approval.announced_at < Approval.reminded_at)
            )
            .order_by(Approval.created_at)
            .limit(MANY)
            .with_for_update(skip_locked=True, of=WorkflowExecution)
        )
        rows = found.all()
        for approval, run in rows:
            if approval.status == ApprovalStatus.PENDING:
                await _tell_of_question(session, approval, run)
        await session.execute(
            update(Approval)
            .where(Approval.id.in_([approval.id for approval, _ in rows]))
            .values(
                announced_at=func.coalesce(Approval.reminded_at, Approval.created_at),
                updated_at=Approval.updated_at,  # nothing that anybody sees has changed
            )
            .execution_options(synchronize_session=False)
        )
        return len(rows)


async def _tell_of_question(
    session: AsyncSession, approval: Approval, run: WorkflowExecution
) -> None:
    occasion, key = Occasion.APPROVAL, f"{approval.id}:{Occasion.APPROVAL}"
    if approval.announced_at is not None and approval.reminded_at is not None:
        moment = approval.reminded_at.isoformat()
        occasion, key = Occasion.REMINDER, f"{approval.id}:{Occasion.REMINDER}:{moment}"
    workflows = await _workflows_above(session, run)
    wanted = await interested(session, approval.owner_id, workflows, occasion)
    await add_notices(session, wanted, key=key, occasion=occasion, execution_id=run.id)


async def _workflows_above(session: AsyncSession, run: WorkflowExecution) -> list[UUID]:
    """The workflow of the run that asks, and those of the runs it is below."""
    found: list[UUID] = []
    above: WorkflowExecution | None = run
    while above is not None:
        if above.workflow_id is not None:
            found.append(above.workflow_id)
        parent = above.parent_execution_id
        above = None if parent is None else await session.get(WorkflowExecution, parent)
    return found
