"""Routes about approvals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.approvals import repository
from api.approvals.schemas import ApprovalList, ApprovalOut, DecisionRequest
from api.approvals.service import ApprovalService
from api.audit import note
from api.deps import EditorDep, SessionDep, UserDep
from api.executions.deps import EngineDep
from api.pagination import cut, decode_cursor, encode_cursor
from models.enums import ApprovalStatus

router = APIRouter(prefix="/approvals", tags=["approvals"])


def get_service(session: SessionDep, user: UserDep, engine: EngineDep) -> ApprovalService:
    """Use cases in the request's transaction."""
    return ApprovalService(session, user, engine)


ServiceDep = Annotated[ApprovalService, Depends(get_service)]


@router.get("")
async def list_approvals(
    session: SessionDep,
    user: UserDep,
    status: ApprovalStatus | None = None,
    execution_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ApprovalList:
    """What your runs ask of you, newest first."""
    before = None
    if cursor:
        moment, last = decode_cursor(cursor, datetime, UUID)
        before = (moment, last)
    rows = await repository.page(
        session, user, status=status, execution_id=execution_id, before=before, limit=limit + 1
    )
    page, following = cut(rows, limit, lambda row: encode_cursor(row.created_at, row.id))
    return ApprovalList(items=page, next_cursor=following)


@router.get("/{approval_id}")
async def get_approval(approval_id: UUID, service: ServiceDep) -> ApprovalOut:
    """One approval."""
    return await service.get(approval_id)


@router.post("/{approval_id}/decision")
async def decide_approval(
    approval_id: UUID,
    body: DecisionRequest,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> ApprovalOut:
    """Let a call run, or not; only the first decision counts."""
    decided = await service.decide(approval_id, body)
    action = "approval.approve" if body.approve else "approval.reject"
    detail = {"execution_id": str(decided.execution_id)}
    note(session, request, action, actor_id=editor.id, resource=str(approval_id), detail=detail)
    return decided
