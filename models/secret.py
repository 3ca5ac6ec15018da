"""Secrets: what tools need and nobody reads back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, TimestampMixin, UUIDMixin


class Secret(UUIDMixin, TimestampMixin, Base):
    """A value under a name of its owner, encrypted with a key of its own (see `models.keys`).

    `wrapped_key` is that key, encrypted with the server's key `key_id`. Deleted rows are gone:
    a bin of secrets would be a place to lose them from.
    """

    __tablename__ = "secrets"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(63))
    description: Mapped[str | None] = mapped_column(String(1_000))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(32), index=True)
    last_used_at: Mapped[datetime | None]
