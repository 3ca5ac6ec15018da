"""Registered tools."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleteMixin, TimestampMixin, UUIDMixin, enum_check
from models.enums import ToolType


class Tool(UUIDMixin, TimestampMixin, SoftDeleteMixin, Base):
    """A tool that graphs name; unique by name among an owner's live ones."""

    __tablename__ = "tools"
    __table_args__ = (
        enum_check("tool_type", ToolType),
        Index(
            "uq_tools_owner_id_name_live",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    tool_type: Mapped[str] = mapped_column(String(50))
    config: Mapped[dict[str, Any]]
    input_schema: Mapped[dict[str, Any] | None]
    output_schema: Mapped[dict[str, Any] | None]
    auth: Mapped[dict[str, Any] | None]
    rate_limit: Mapped[dict[str, Any] | None]
    is_public: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class ToolLease(UUIDMixin, Base):
    """A run's place among those that use a limited tool: first come, first served.

    `granted_at` is empty while it waits. Whoever stops renewing it loses it at `expires_at`.
    """

    __tablename__ = "tool_leases"
    __table_args__ = (UniqueConstraint("tool_id", "holder"),)

    tool_id: Mapped[UUID] = mapped_column(ForeignKey("tools.id", ondelete="CASCADE"))
    holder: Mapped[str] = mapped_column(String(500))
    granted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class ToolClock(Base):
    """When a tool with a limited number of calls in a period may begin its next one."""

    __tablename__ = "tool_clocks"

    tool_id: Mapped[UUID] = mapped_column(
        ForeignKey("tools.id", ondelete="CASCADE"), primary_key=True
    )
    next_at: Mapped[datetime]
