"""Queries about approvals."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals.schemas import ApprovalOut
from api.ownership import owned
from models.approval import Approval
from models.enums import ApprovalStatus
from models.execution import WorkflowExecution
from models.user import User

_USERS = User.metadata.tables[User.__tablename__]
_FRESH = {"populate_existing": True}
Shown = Select[Approval, UUID | None, str | None]


def _shown() -> Shown:
    """Approvals with the run above theirs, and the e-mail of who decided, deleted since or not."""
    email = select(_USERS.c.email).where(_USERS.c.id == Approval.decided_by).scalar_subquery()
    return select(Approval, WorkflowExecution.parent_execution_id, email).join(
        WorkflowExecution, WorkflowExecution.id == Approval.execution_id
    )


async def page(
    session: AsyncSession,
    user: User,
    *,
    status: ApprovalStatus | None,
    execution_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ApprovalOut]:
    """The account's approvals, newest first, from the one after `before` on."""
    order = (Approval.created_at, Approval.id)
    statement = owned(_shown(), Approval, user)
    if status is not None:
        statement = statement.where(Approval.status == status)
    if execution_id is not None:
        statement = statement.where(Approval.execution_id == execution_id)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    statement = statement.order_by(*(part.desc() for part in order)).limit(limit)
    return [ApprovalOut.of(*found) for found in await session.execute(statement)]


async def by_id(session: AsyncSession, user: User, approval_id: UUID) -> ApprovalOut | None:
    """One of the account's approvals as it is committed now."""
    statement = owned(_shown(), Approval, user).where(Approval.id == approval_id)
    found = (await session.execute(statement, execution_options=_FRESH)).one_or_none()
    return None if found is None else ApprovalOut.of(*found)


async def changed_since(
    session: AsyncSession, ids: Iterable[UUID], moment: datetime
) -> list[tuple[datetime, ApprovalOut]]:
    """Those of the approvals that changed at `moment` or later, with the time of their change."""
    chosen = _shown().where(Approval.id.in_(list(ids)), Approval.updated_at >= moment)
    rows = await session.execute(chosen)
    return [(found[0].updated_at, ApprovalOut.of(*found)) for found in rows]


async def temporal_id(session: AsyncSession, approval: ApprovalOut) -> str:
    """The Temporal workflow id of the run that waits."""
    execution = await session.get_one(WorkflowExecution, approval.execution_id)
    return execution.temporal_workflow_id
