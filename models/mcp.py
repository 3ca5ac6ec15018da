"""Registered MCP servers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, TimestampMixin, UUIDMixin, enum_check
from models.enums import McpTransport


class McpServer(UUIDMixin, TimestampMixin, Base):
    """A server whose tools graphs may call.

    Without `owner_id` it is one of the operator's file, for everybody. `headers` are texts that may
    hold `{{ secrets.name }}`. `tools` is what it offered last and what of it is approved.
    """

    __tablename__ = "mcp_servers"
    __table_args__ = (
        enum_check("transport", McpTransport),
        UniqueConstraint("owner_id", "name", postgresql_nulls_not_distinct=True),
    )

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    transport: Mapped[str] = mapped_column(String(50))
    url: Mapped[str | None] = mapped_column(String(8_192))
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tools: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[dict[str, Any] | None]
    refreshed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
