"""Decisions that runs wait for: a projection of Temporal history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, TimestampMixin, UUIDMixin, enum_check
from models.enums import ApprovalStatus


class Approval(UUIDMixin, TimestampMixin, Base):
    """Something that a person approves or rejects before a run goes on.

    `request` is what is asked, such as {tool, arguments}; nobody decides after `expires_at`.
    `assignees` are e-mail addresses and `role:NAME`; none means its owner. It takes `required` of
    them to approve, one to reject. `decisions` are [{by, approve, comment, form, at}].
    `announced_at` is the newest of `created_at` and `reminded_at` that whoever wants to know was
    told of.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        enum_check("status", ApprovalStatus),
        Index(None, "owner_id", "status", "created_at"),
        Index(None, "status", "created_at"),
        Index(
            "ix_approvals_unannounced",
            "created_at",
            postgresql_where=text("announced_at IS NULL OR announced_at < reminded_at"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    execution_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="CASCADE"), index=True
    )
    node_key: Mapped[str] = mapped_column(String(63))
    path: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(200))
    request: Mapped[Any] = mapped_column(JSONB, nullable=False)
    form_schema: Mapped[dict[str, Any] | None]
    assignees: Mapped[list[str]] = mapped_column(default=list)
    required: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    decisions: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    reminded_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(50), default=ApprovalStatus.PENDING)
    comment: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ApprovalLink(UUIDMixin, TimestampMixin, Base):
    """A link by which one account decides once, without signing in; only its hash is kept."""

    __tablename__ = "approval_links"

    approval_id: Mapped[UUID] = mapped_column(
        ForeignKey("approvals.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
