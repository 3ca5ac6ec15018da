"""Execution tracking: a projection of Temporal history that can be rebuilt at any time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column

from models.agent import Agent
from models.base import Base, TimestampMixin, UUIDMixin, enum_check
from models.enums import ExecutionStatus, LogLevel, NodeType, TriggerType
from models.workflow import Workflow

_WORKFLOWS = Workflow.metadata.tables[Workflow.__tablename__]
_AGENTS = Agent.metadata.tables[Agent.__tablename__]


class WorkflowExecution(UUIDMixin, TimestampMixin, Base):
    """One run. Its row is written by the start, then by the mirror only.

    A run without a workflow (a chat with an agent, a draft) has version 0 and no graph.
    `start_input` is the whole `GraphInput` until Temporal has accepted the start, then null.
    `mirror_cursor` is {run_id, event_id}: the last event that the rows below contain.
    `mirror_lease_*` share live runs among API replicas. `announced_at` is when whoever waits for
    its end (notifications, events, schedules) was told.
    """

    __tablename__ = "workflow_executions"
    __table_args__ = (
        enum_check("status", ExecutionStatus),
        enum_check("trigger_type", TriggerType),
        UniqueConstraint("workflow_id", "idempotency_key"),
        Index(
            "ix_workflow_executions_live",
            "status",
            postgresql_where=text("status IN ('pending', 'running', 'waiting', 'paused')"),
        ),
        Index(
            "ix_workflow_executions_unannounced",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL AND announced_at IS NULL"),
        ),
        Index("ix_workflow_executions_owner_id_created_at", "owner_id", "created_at"),
        Index("ix_workflow_executions_tags", "tags", postgresql_using="gin"),
    )

    owner_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"))
    workflow_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("workflows.id"), index=True)
    workflow_version: Mapped[int]
    agent_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("agents.id"), index=True)
    graph_hash: Mapped[str] = mapped_column(String(64))
    trigger_type: Mapped[str] = mapped_column(String(50), default=TriggerType.MANUAL)
    trigger_metadata: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(50), default=ExecutionStatus.PENDING)
    input: Mapped[Any] = mapped_column(JSONB, nullable=True)
    output: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    error: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[str | None] = mapped_column(String(64))
    temporal_workflow_id: Mapped[str] = mapped_column(String(255), unique=True)
    temporal_run_id: Mapped[str | None] = mapped_column(String(64))
    parent_execution_id: Mapped[UUID | None] = mapped_column(index=True)
    parent_node_key: Mapped[str | None] = mapped_column(String(200))
    retry_of: Mapped[UUID | None] = mapped_column(index=True)
    tags: Mapped[list[str]] = mapped_column(default=list)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    start_input: Mapped[dict[str, Any] | None]
    mirror_cursor: Mapped[dict[str, Any] | None]
    mirror_lease_holder: Mapped[UUID | None]
    mirror_lease_until: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
    # As they are called now, even when they were deleted since.
    workflow_name: Mapped[str | None] = column_property(
        select(_WORKFLOWS.c.name)
        .where(_WORKFLOWS.c.id == workflow_id.column)  # type: ignore[attr-defined]
        .correlate_except(_WORKFLOWS)
        .scalar_subquery()
    )
    agent_name: Mapped[str | None] = column_property(
        select(_AGENTS.c.name)
        .where(_AGENTS.c.id == agent_id.column)  # type: ignore[attr-defined]
        .correlate_except(_AGENTS)
        .scalar_subquery()
    )


class NodeExecution(UUIDMixin, TimestampMixin, Base):
    """One attempt of one node in one pass; keyed by the history event that scheduled it.

    `id` is a UUIDv5 of that key, so that a rebuild gives identical rows. Partitioned by month of
    `accepted_at`, when its run was: all rows of a run are together, and go together.
    """

    __tablename__ = "node_executions"
    __table_args__ = (
        enum_check("status", ExecutionStatus),
        enum_check("node_type", NodeType),
        UniqueConstraint(
            "execution_id",
            "node_key",
            "path",
            "run_id",
            "scheduled_event_id",
            "attempt",
            "accepted_at",
            name="uq_node_executions_attempt",
        ),
        # Timers that are due; ISO times in UTC sort as text.
        Index(
            "ix_node_executions_waiting_until",
            text("(output ->> 'until')"),
            postgresql_where=text("status = 'waiting'"),
        ),
        # Nodes that wait for an event.
        Index(
            "ix_node_executions_awaited",
            text("(output ->> 'event')"),
            text("(output ->> 'key')"),
            postgresql_where=text("status = 'waiting' AND node_type = 'event'"),
        ),
        {"postgresql_partition_by": "RANGE (accepted_at)"},
    )

    execution_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("workflow_executions.id", ondelete="CASCADE")
    )
    node_key: Mapped[str] = mapped_column(String(63))
    node_type: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(200), default="")
    attempt: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(50))
    input: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    output: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    error: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None] = mapped_column(Text)
    usage: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    run_id: Mapped[str] = mapped_column(String(64))
    scheduled_event_id: Mapped[int] = mapped_column(BigInteger)
    accepted_at: Mapped[datetime] = mapped_column(primary_key=True)


class ExecutionLog(Base):
    """One log line; partitioned by month. `seq` orders the lines of one attempt."""

    __tablename__ = "execution_logs"
    __table_args__ = (
        enum_check("level", LogLevel),
        Index("ix_execution_logs_execution_id_timestamp", "execution_id", "timestamp"),
        {"postgresql_partition_by": "RANGE (timestamp)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID]
    node_execution_id: Mapped[UUID | None]
    node_key: Mapped[str] = mapped_column(String(63))
    path: Mapped[str] = mapped_column(String(200), default="")
    level: Mapped[str] = mapped_column(String(50))
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    seq: Mapped[int]
