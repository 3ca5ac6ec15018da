"""Registered agents, and what agents and their models said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleteMixin, TimestampMixin, UUIDMixin, enum_check
from models.enums import AuthMode, ModelProvider


class Agent(UUIDMixin, TimestampMixin, SoftDeleteMixin, Base):
    """An agent that graphs, chats and other agents name; unique by name among an owner's live ones.

    `api_key` is a reference to a secret. Its tools are `AgentToolRow`s.
    """

    __tablename__ = "agents"
    __table_args__ = (
        enum_check("model_provider", ModelProvider),
        enum_check("auth_mode", AuthMode),
        CheckConstraint("memory IN ('window', 'summary', 'none')", name="memory"),
        Index(
            "uq_agents_owner_id_name_live",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    model_provider: Mapped[str] = mapped_column(String(50))
    model_name: Mapped[str] = mapped_column(String(200))
    base_url: Mapped[str | None] = mapped_column(String(8_192))
    auth_mode: Mapped[str | None] = mapped_column(String(50))
    api_key: Mapped[str | None] = mapped_column(Text)
    system_prompt: Mapped[str | None] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    memory: Mapped[str] = mapped_column(String(50), default="window")
    window: Mapped[int | None]
    output_schema: Mapped[dict[str, Any] | None]
    budgets: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_public: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class AgentToolRow(Base):
    """A tool bound to a registered agent; `document` is an `AgentTool` as JSON."""

    __tablename__ = "agent_tools"

    agent_id: Mapped[UUID] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    document: Mapped[dict[str, Any]]


class AgentMessage(Base):
    """One message of a conversation, written once.

    `digest` is the SHA-256 of what was said: a message that is written again is the same one.
    `reply` is what the model's own messages cost and how they ended.
    """

    __tablename__ = "agent_messages"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(50))
    content: Mapped[str] = mapped_column(Text)
    tool_calls: Mapped[list[Any]] = mapped_column(default=list)
    tool_call_id: Mapped[str | None] = mapped_column(String(200))
    native: Mapped[Any] = mapped_column(JSONB, default=None, nullable=True)
    reply: Mapped[dict[str, Any] | None]
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
