"""Routes about approvals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.approvals import repository
from api.approvals.links import LinkService, new_link
from api.approvals.schemas import (
    ApprovalList,
    ApprovalOut,
    DecisionRequest,
    LinkOut,
    LinkRequest,
    NewLink,
)
from api.approvals.service import ApprovalService
from api.audit import note
from api.deps import DeciderDep, SessionDep, SettingsDep, UserDep
from api.executions.deps import EngineDep
from api.pagination import cut, decode_cursor, encode_cursor
from models.enums import ApprovalStatus

router = APIRouter(prefix="/approvals", tags=["approvals"])
links_router = APIRouter(prefix="/approval-links", tags=["approvals"])
Token = Annotated[str, Path(min_length=1, max_length=200)]


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
    mine: Annotated[bool, Query(description="Only what you are asked to decide.")] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ApprovalList:
    """What your runs ask, and what others' runs ask of you, newest first."""
    before = None
    if cursor:
        moment, last = decode_cursor(cursor, datetime, UUID)
        before = (moment, last)
    rows = await repository.page(
        session,
        user,
        mine=mine,
        status=status,
        execution_id=execution_id,
        before=before,
        limit=limit + 1,
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
    decider: DeciderDep,
    request: Request,
) -> ApprovalOut:
    """Let a run go on, or not; each of those who are asked decides once."""
    decided = await service.decide(approval_id, body)
    action = "approval.approve" if body.approve else "approval.reject"
    detail = {"execution_id": str(decided.execution_id)}
    note(session, request, action, actor_id=decider.id, resource=str(approval_id), detail=detail)
    return decided


@router.post("/{approval_id}/links", status_code=201)
async def create_link(
    approval_id: UUID,
    body: LinkRequest,
    service: ServiceDep,
    session: SessionDep,
    settings: SettingsDep,
    decider: DeciderDep,
    request: Request,
    response: Response,
) -> NewLink:
    """Make a link by which you decide once without signing in; the answer is all that shows it."""
    approval = await service.get(approval_id)
    made = await new_link(session, decider, approval, body, settings.public_url)
    response.headers["Cache-Control"] = "no-store"
    detail = {"email": made.email}
    note(
        session,
        request,
        "approval.link",
        actor_id=decider.id,
        resource=str(approval_id),
        detail=detail,
    )
    return made


def get_links(session: SessionDep, engine: EngineDep) -> LinkService:
    """Use cases of whoever has a token, in the request's transaction."""
    return LinkService(session, engine)


LinksDep = Annotated[LinkService, Depends(get_links)]


@links_router.get("/{token}")
async def look_at_link(token: Token, links: LinksDep, response: Response) -> LinkOut:
    """What the link asks; looking decides nothing."""
    response.headers["Cache-Control"] = "no-store"
    return await links.look(token)


@links_router.post("/{token}")
async def decide_by_link(
    token: Token,
    body: DecisionRequest,
    links: LinksDep,
    session: SessionDep,
    request: Request,
    response: Response,
) -> LinkOut:
    """Decide as the account that the link is for, once."""
    response.headers["Cache-Control"] = "no-store"
    shown, user, approval_id = await links.decide(token, body)
    action = "approval.approve" if body.approve else "approval.reject"
    detail = {"by": "link"}
    note(session, request, action, actor_id=user.id, resource=str(approval_id), detail=detail)
    return shown
