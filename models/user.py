"""Accounts and what proves them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleteMixin, TimestampMixin, UUIDMixin, enum_check
from models.enums import Role


class User(UUIDMixin, TimestampMixin, SoftDeleteMixin, Base):
    """An account; its e-mail is lower-case and unique among live accounts."""

    __tablename__ = "users"
    __table_args__ = (
        enum_check("role", Role),
        Index(
            "uq_users_email_live", "email", unique=True, postgresql_where=text("deleted_at IS NULL")
        ),
    )

    email: Mapped[str] = mapped_column(String(320))
    hashed_password: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(50), default=Role.EDITOR)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class RefreshToken(UUIDMixin, TimestampMixin, Base):
    """One refresh token of a family; using a used one revokes the family."""

    __tablename__ = "refresh_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family: Mapped[UUID] = mapped_column(index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKey(UUIDMixin, TimestampMixin, Base):
    """A long-lived key; only its hash is kept, the key itself is shown once."""

    __tablename__ = "api_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
