"""Writing the audit log."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from models.audit import AuditEntry


def note(
    session: AsyncSession,
    request: Request,
    action: str,
    *,
    actor_id: UUID | None = None,
    resource: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the request's transaction."""
    ip = request.client.host if request.client else None
    session.add(
        AuditEntry(actor_id=actor_id, action=action, resource=resource, ip=ip, detail=detail)
    )
