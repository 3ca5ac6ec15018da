"""The declarative base and the mixins, in the order `UUIDMixin, TimestampMixin, SoftDeleteMixin, Base`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import CheckConstraint, DateTime, MetaData, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table; timestamps carry a zone, JSON is `jsonb`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
    }


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ids sort by the time they were made."""
    return uuid_utils.compat.uuid7()


class UUIDMixin:
    """A primary key made by the client."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)


class TimestampMixin:
    """When the row came and when it last changed, by the server's clock, in UTC."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class SoftDeleteMixin:
    """Deleted rows stay; `models.session` hides them from reads unless asked."""

    deleted_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def is_deleted(self) -> bool:
        """Whether the row is in the bin."""
        return self.deleted_at is not None

    def soft_delete(self) -> None:
        """Put the row into the bin; a second call changes nothing."""
        self.deleted_at = self.deleted_at or datetime.now(UTC)

    def restore(self) -> None:
        """Take the row out of the bin."""
        self.deleted_at = None


def enum_check(column: str, enum: type[StrEnum]) -> CheckConstraint:
    """The check that keeps `column` within `enum`."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({values})", name=column)
