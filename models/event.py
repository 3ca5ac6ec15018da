"""Named events: what starts workflows and wakes nodes that wait."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, TimestampMixin, UUIDMixin


class Event(UUIDMixin, TimestampMixin, Base):
    """Something that happened, told once: the same `event_id` again is the same event.

    `correlation_key` is empty when whoever told it gave none. With `execution_id` it is for that
    run only, and starts nothing.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("owner_id", "event_id"),
        Index(None, "owner_id", "name", "correlation_key", "received_at"),
        Index(None, "received_at"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    event_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    correlation_key: Mapped[str] = mapped_column(String(255), default="", server_default="")
    payload: Mapped[Any] = mapped_column(JSONB, nullable=True)
    execution_id: Mapped[UUID | None]
    received_at: Mapped[datetime]


class EventDelivery(UUIDMixin, TimestampMixin, Base):
    """An event on its way to a node that waits for it.

    A node takes one, at one place, once; and of one run one place takes it.
    """

    __tablename__ = "event_deliveries"
    __table_args__ = (
        UniqueConstraint("execution_id", "node_key", "path"),
        UniqueConstraint("event_id", "execution_id"),
        Index(
            "ix_event_deliveries_unsent",
            "created_at",
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    execution_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="CASCADE")
    )
    node_key: Mapped[str] = mapped_column(String(63))
    path: Mapped[str] = mapped_column(String(200), default="", server_default="")
    sent_at: Mapped[datetime | None]
