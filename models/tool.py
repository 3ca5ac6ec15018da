"""Registered tools."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
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
