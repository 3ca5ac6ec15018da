"""Routes about the server itself."""

import platform
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, text

from api.deps import AdminDep, SessionDep, SettingsDep, UserDep
from api.ownership import owned
from api.pagination import cut, decode_cursor, encode_cursor
from models.audit import AuditEntry
from models.enums import ExecutionStatus
from models.execution import WorkflowExecution
from models.tool import Tool
from models.workflow import Workflow

router = APIRouter(tags=["system"])


class Info(BaseModel):
    """What runs here."""

    version: str
    python: str
    postgresql: str
    temporal: dict[str, str | None]
    payloads_encrypted: bool


class Stats(BaseModel):
    """What the account has."""

    workflows: int
    tools: int
    executions: dict[ExecutionStatus, int]


class AuditOut(BaseModel):
    """One entry of the audit log."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    actor_id: UUID | None
    action: str
    resource: str | None
    at: datetime
    ip: str | None
    detail: dict[str, Any] | None


class AuditList(BaseModel):
    """A page of the audit log."""

    items: list[AuditOut]
    next_cursor: str | None


@router.get("/system/info")
async def info(session: SessionDep, settings: SettingsDep, user: UserDep) -> Info:
    """Versions, and where Temporal is."""
    postgresql = await session.scalar(text("SHOW server_version"))
    return Info(
        version=version("pastetrader"),
        python=platform.python_version(),
        postgresql=str(postgresql),
        temporal={"namespace": settings.temporal_namespace, "ui": settings.temporal_ui},
        payloads_encrypted=settings.encrypt_payloads,
    )


@router.get("/system/stats")
async def stats(session: SessionDep, user: UserDep) -> Stats:
    """How many workflows, tools and runs you have."""
    row = WorkflowExecution
    by_status = owned(select(row.status, func.count()).group_by(row.status), row, user)
    workflows = owned(select(func.count()).select_from(Workflow), Workflow, user)
    tools = owned(select(func.count()).select_from(Tool), Tool, user)
    return Stats(
        workflows=await session.scalar(workflows.where(Workflow.deleted_at.is_(None))) or 0,
        tools=await session.scalar(tools.where(Tool.deleted_at.is_(None))) or 0,
        executions={
            ExecutionStatus(status): count for status, count in await session.execute(by_status)
        },
    )


@router.get("/audit")
async def audit(
    session: SessionDep,
    admin: AdminDep,
    action: Annotated[str | None, Query(max_length=100, pattern=r"^[a-z_.]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> AuditList:
    """Who did what, newest first."""
    statement = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if action:
        statement = statement.where(AuditEntry.action == action)
    if cursor:
        statement = statement.where(AuditEntry.id < decode_cursor(cursor, UUID)[0])
    rows, following = cut(
        (await session.scalars(statement)).all(), limit, lambda row: encode_cursor(row.id)
    )
    return AuditList(items=[AuditOut.model_validate(row) for row in rows], next_cursor=following)
