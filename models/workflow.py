"""Workflows: the row, the editable draft, the immutable versions."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SoftDeleteMixin, TimestampMixin, UUIDMixin


class Workflow(UUIDMixin, TimestampMixin, SoftDeleteMixin, Base):
    """A workflow of one owner; `version` is the draft's optimistic lock.

    `config` holds what the graph document has beside nodes, edges and variables:
    `output` and `failure_mode`.
    """

    __tablename__ = "workflows"
    __table_args__ = (
        Index(
            "uq_workflows_owner_id_name_live",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    published_version: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}


class NodeRow(TimestampMixin, Base):
    """A node of a draft, as its editor left it: form and meaning are checked at publish."""

    __tablename__ = "nodes"
    __table_args__ = (UniqueConstraint("workflow_id", "key"),)

    workflow_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(63))
    position: Mapped[int]
    document: Mapped[dict[str, Any]]


class EdgeRow(TimestampMixin, Base):
    """An edge of a draft; `source` and `target` are node keys."""

    __tablename__ = "edges"
    __table_args__ = (
        UniqueConstraint(
            "workflow_id",
            "source",
            "target",
            "source_handle",
            "target_handle",
            name="uq_edges_ends",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("source <> target", name="no_self_loop"),
    )

    workflow_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    source: Mapped[str] = mapped_column(String(63))
    target: Mapped[str] = mapped_column(String(63))
    source_handle: Mapped[str | None] = mapped_column(String(100))
    target_handle: Mapped[str | None] = mapped_column(String(100))
    position: Mapped[int]
    document: Mapped[dict[str, Any]]


class WorkflowVersion(UUIDMixin, TimestampMixin, Base):
    """An immutable snapshot that runs."""

    __tablename__ = "workflow_versions"
    __table_args__ = (UniqueConstraint("workflow_id", "version"),)

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    version: Mapped[int]
    graph: Mapped[dict[str, Any]] = mapped_column(JSONB)
    graph_hash: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    comment: Mapped[str | None] = mapped_column(Text)
