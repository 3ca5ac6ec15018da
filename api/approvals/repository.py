"""Queries about approvals, and the one place that says who sees them and who decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals.schemas import ApprovalOut, Surroundings
from models.approval import Approval
from models.enums import ApprovalStatus, Role
from models.execution import WorkflowExecution
from models.graph.assignees import ROLE_PREFIX
from models.user import User

_USERS = User.metadata.tables[User.__tablename__]
_FRESH = {"populate_existing": True}
_ASIDE = text("SELECT current_setting('role'), set_config('role', 'none', true)")
_BACK = text("SELECT set_config('role', :role, true)")


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody, in terms of SQL."""

    id: ColumnElement[Any]
    email: ColumnElement[Any]
    role: ColumnElement[Any]

    @classmethod
    def of(cls, user: User) -> "_Person":
        return cls(literal(user.id), literal(user.email), literal(str(user.role)))

    @property
    def assigned(self) -> ColumnElement[bool]:
        """The approval names them, or their role."""
        names = cast(array([self.email, literal(ROLE_PREFIX) + self.role]), ARRAY(Text))
        return Approval.assignees.bool_op("?|")(names)

    @property
    def may_decide(self) -> ColumnElement[bool]:
        """They are assigned, or own the run of an approval that names nobody."""
        unnamed = func.jsonb_array_length(Approval.assignees) == 0
        owns = and_(Approval.owner_id == self.id, unnamed, self.role != Role.VIEWER.value)
        return or_(owns, self.assigned)

    @property
    def is_asked(self) -> ColumnElement[bool]:
        """They may decide and have not done so."""
        mine = func.jsonb_build_array(func.jsonb_build_object("by", cast(self.id, Text)))
        return and_(self.may_decide, ~Approval.decisions.bool_op("@>")(mine))

    @property
    def can_decide(self) -> ColumnElement[bool]:
        """They are asked, and the run still waits."""
        return and_(Approval.status == ApprovalStatus.PENDING, self.is_asked)


_OWNER = _Person(_USERS.c.id, _USERS.c.email, _USERS.c.role)


def _visible(user: User) -> Select[Approval, bool]:
    """Approvals of the account's own runs, and those of others' that it is assigned to."""
    person = _Person.of(user)
    return select(Approval, person.can_decide).where(
        or_(Approval.owner_id == user.id, person.assigned)
    )


async def page(
    session: AsyncSession,
    user: User,
    *,
    mine: bool,
    status: ApprovalStatus | None,
    execution_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ApprovalOut]:
    """What the account may see, newest first, from the one after `before` on.

    `mine` narrows it to what the account may decide, or might have decided.
    """
    order = (Approval.created_at, Approval.id)
    statement = _visible(user)
    if mine:
        person = _Person.of(user)
        ended = and_(Approval.status != ApprovalStatus.PENDING, person.may_decide)
        statement = statement.where(or_(person.can_decide, ended))
    if status is not None:
        statement = statement.where(Approval.status == status)
    if execution_id is not None:
        statement = statement.where(Approval.execution_id == execution_id)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    statement = statement.order_by(*(part.desc() for part in order)).limit(limit)
    return await _told(session, (await session.execute(statement)).all(), user.id)


async def by_id(session: AsyncSession, user: User, approval_id: UUID) -> ApprovalOut | None:
    """One approval that the account may see, as it is committed now."""
    statement = _visible(user).where(Approval.id == approval_id)
    found = await session.execute(statement, execution_options=_FRESH)
    told = await _told(session, found.all(), user.id)
    return told[0] if told else None


async def changed_since(
    session: AsyncSession, ids: Iterable[UUID], moment: datetime
) -> list[tuple[datetime, ApprovalOut]]:
    """Those of the approvals that changed at `moment` or later, as the owner of their run sees them.

    Each comes with the time of its change.
    """
    chosen = (
        select(Approval, _OWNER.can_decide)
        .join(_USERS, _USERS.c.id == Approval.owner_id)
        .where(Approval.id.in_(list(ids)), Approval.updated_at >= moment)
    )
    rows = (await session.execute(chosen)).all()
    told = await _told(session, rows)
    return [(row.updated_at, out) for (row, _), out in zip(rows, told, strict=True)]


async def _told(
    session: AsyncSession, found: Sequence[tuple[Approval, bool]], reader: UUID | None = None
) -> list[ApprovalOut]:
    """As `reader` sees them; None is the owner of each."""
    if not found:
        return []
    rows = [row for row, _ in found]
    runs, emails = await _runs(session, rows), await _emails(session, rows)
    return [
        ApprovalOut.of(
            row,
            Surroundings(
                *runs[row.execution_id], emails, can_decide, reader in (None, row.owner_id)
            ),
        )
        for row, can_decide in found
    ]


async def _runs(
    session: AsyncSession, rows: Sequence[Approval]
) -> dict[UUID, tuple[UUID | None, UUID | None, str | None]]:
    """(Parent, workflow, its name) of the runs that ask.

    Whoever is assigned sees the approval and not the run, whose row is hidden from the role that
    the session acts as. That is set aside for this one query, which tells nothing else of it; a
    query that fails ends the transaction, and with it what was set.
    """
    run = WorkflowExecution
    statement = select(run.id, run.parent_execution_id, run.workflow_id, run.workflow_name)
    statement = statement.where(run.id.in_({row.execution_id for row in rows}))
    role = (await session.execute(_ASIDE)).scalar_one()
    found = (await session.execute(statement)).all()
    await session.execute(_BACK, {"role": role})
    return {key: (parent, workflow, name) for key, parent, workflow, name in found}


async def _emails(session: AsyncSession, rows: Sequence[Approval]) -> dict[str, str]:
    """E-mail addresses of those who decided by id, deleted since or not."""
    people = {each["by"] for row in rows for each in row.decisions}
    people |= {str(row.decided_by) for row in rows if row.decided_by}
    if not people:
        return {}
    # Histories may name somebody in another way than by an account's id.
    key = cast(_USERS.c.id, Text)
    found = await session.execute(select(key, _USERS.c.email).where(key.in_(people)))
    return dict(found.all())
