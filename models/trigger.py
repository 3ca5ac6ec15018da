"""What starts workflows by itself, each firing of it, and each call to a webhook."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleteMixin, TimestampMixin, UUIDMixin, enum_check
from models.enums import DeliveryStatus, FiringCause, FiringStatus, TriggerType


class Trigger(UUIDMixin, TimestampMixin, SoftDeleteMixin, Base):
    """Starts one workflow's published version; `config` is a `models.trigger_config.TriggerConfig`.

    `note` says why it is paused. The times are what was last known: Temporal's schedule rules.
    Without `temporal_schedule_id` that is not yet what the row says; of a deleted one it is what is
    still there. Of some schedules Temporal knows the times up to `told_until` only.
    """

    __tablename__ = "triggers"
    __table_args__ = (
        enum_check("trigger_type", TriggerType),
        Index("ix_triggers_event", "owner_id", text("(config ->> 'event')")),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflows.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    trigger_type: Mapped[str] = mapped_column(String(50))
    config: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    note: Mapped[str | None] = mapped_column(Text)
    temporal_schedule_id: Mapped[str | None] = mapped_column(String(255))
    told_until: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    last_run_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class TriggerFiring(UUIDMixin, TimestampMixin, Base):
    """One firing: written once by whatever fires (`key` tells the same one again), then taken up.

    Its `id` is the id of the execution that it starts. `temporal_workflow_id` is the workflow that
    waits for that execution's end, if one does; of a firing that is `waiting`, the schedule that
    has been asked to let it run.
    """

    __tablename__ = "trigger_firings"
    __table_args__ = (
        enum_check("cause", FiringCause),
        enum_check("status", FiringStatus),
        UniqueConstraint("trigger_id", "key"),
        Index(None, "trigger_id", "scheduled_at"),
        Index(
            "ix_trigger_firings_pending",
            "created_at",
            postgresql_where=text("status IN ('waiting', 'pending')"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    trigger_id: Mapped[UUID] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(300))
    cause: Mapped[str] = mapped_column(String(50))
    scheduled_at: Mapped[datetime]
    event: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    status: Mapped[str] = mapped_column(String(50), default=FiringStatus.PENDING)
    error: Mapped[str | None] = mapped_column(Text)
    temporal_workflow_id: Mapped[str | None] = mapped_column(String(255))
    temporal_run_id: Mapped[str | None] = mapped_column(String(64))


class WebhookDelivery(UUIDMixin, TimestampMixin, Base):
    """One call to a webhook; a `delivery_id` is accepted once and answered the same again.

    `detail` is why it was skipped or refused, `preview` the beginning of its body.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        enum_check("status", DeliveryStatus),
        UniqueConstraint("trigger_id", "delivery_id"),
        Index(None, "trigger_id", "received_at"),
        Index(
            "ix_webhook_deliveries_refused",
            "trigger_id",
            "received_at",
            postgresql_where=text("status = 'refused'"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    trigger_id: Mapped[UUID] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"))
    delivery_id: Mapped[str] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(50))
    detail: Mapped[str | None] = mapped_column(Text)
    preview: Mapped[str | None] = mapped_column(Text)
    content_type: Mapped[str | None] = mapped_column(String(255))
    execution_id: Mapped[UUID | None] = mapped_column(index=True)


class HookClock(Base):
    """How many calls a webhook took since `since`; the rate limit counts here, on every replica."""

    __tablename__ = "hook_clocks"

    trigger_id: Mapped[UUID] = mapped_column(
        ForeignKey("triggers.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime]
    calls: Mapped[int]
