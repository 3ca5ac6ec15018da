"""Who is told what about runs, and whether they were."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, TimestampMixin, UUIDMixin, enum_check
from models.enums import NoticeStatus, NotificationChannel, Occasion


class Notification(UUIDMixin, TimestampMixin, Base):
    """Tells `channel` of each of `occasions`; of one workflow's runs, or of all of its owner's.

    `config` names addresses, and secrets by reference.
    """

    __tablename__ = "notifications"
    __table_args__ = (enum_check("channel", NotificationChannel),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(50))
    occasions: Mapped[list[str]]
    config: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Notice(UUIDMixin, TimestampMixin, Base):
    """One thing that is told once: `key` is the run's or the approval's id with the occasion.

    A test is of no run. `look_at` is when to look next at how far it is, while it is pending.
    """

    __tablename__ = "notices"
    __table_args__ = (
        enum_check("occasion", Occasion),
        enum_check("status", NoticeStatus),
        UniqueConstraint("notification_id", "key"),
        Index(None, "notification_id", "created_at"),
        Index("ix_notices_unsent", "look_at", postgresql_where=text("status = 'pending'")),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    notification_id: Mapped[UUID] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE")
    )
    execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(String(255))
    occasion: Mapped[str] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(50), default=NoticeStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    look_at: Mapped[datetime] = mapped_column(server_default=func.now())
