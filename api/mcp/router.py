"""Routes about MCP servers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.audit import note
from api.deps import EditorDep, PrincipalDep, SessionDep
from api.executions.deps import EngineDep
from api.mcp.schemas import (
    ApproveRequest,
    NewServer,
    RefreshRequest,
    ServerChange,
    ServerList,
    ServerOut,
    ServerToolList,
    tools_of,
)
from api.mcp.service import McpService
from api.pagination import cut, decode_cursor, encode_cursor

router = APIRouter(prefix="/mcp/servers", tags=["mcp"])


def get_service(session: SessionDep, principal: PrincipalDep, engine: EngineDep) -> McpService:
    """Use cases in the request's transaction."""
    return McpService(session, principal, engine)


ServiceDep = Annotated[McpService, Depends(get_service)]


@router.get("")
async def list_mcp_servers(
    service: ServiceDep,
    text: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ServerList:
    """Servers whose tools your graphs can call: your own and the operator's, newest first."""
    plain = None if text is None else text.replace("\x00", "")
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    rows = await service.page(plain, before, limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row[0].id))
    return ServerList(items=[ServerOut.of(*row) for row in page], next_cursor=following)


@router.post("", status_code=201)
async def create_mcp_server(
    body: NewServer, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> ServerOut:
    """Register a server; nothing of it may be called before its tools are read and approved."""
    row = await service.create(body)
    note(session, request, "mcp.create", actor_id=editor.id, resource=str(row.id))
    return ServerOut.of(row)


@router.get("/{server_id}")
async def get_mcp_server(server_id: UUID, service: ServiceDep) -> ServerOut:
    """One server."""
    return ServerOut.of(await service.get(server_id))


@router.patch("/{server_id}")
async def change_mcp_server(
    server_id: UUID,
    body: ServerChange,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> ServerOut:
    """Change a server; another URL forgets its tools and what was approved of them."""
    row = await service.change(await service.get_own(server_id), body)
    note(session, request, "mcp.change", actor_id=editor.id, resource=str(server_id))
    return ServerOut.of(row)


@router.delete("/{server_id}", status_code=204)
async def delete_mcp_server(
    server_id: UUID, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> None:
    """Forget a server that nothing names; runs that call it fail from then on."""
    await service.delete(await service.get_own(server_id))
    note(session, request, "mcp.delete", actor_id=editor.id, resource=str(server_id))


@router.post("/{server_id}/refresh")
async def refresh_mcp_server(
    server_id: UUID,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    body: RefreshRequest | None = None,
) -> ServerOut:
    """Read the server's tools from it; what failed is told as its `error`."""
    approve_all = body is not None and body.approve == "all"
    row = await service.refresh(server_id, approve_all=approve_all)
    detail = {"approve": "all"} if approve_all else None
    note(session, request, "mcp.refresh", actor_id=editor.id, resource=str(row.id), detail=detail)
    return ServerOut.of(row)


@router.post("/{server_id}/approve")
async def approve_mcp_tools(
    server_id: UUID,
    body: ApproveRequest,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> ServerOut:
    """Allow tools to be called as they are now; one that changes is refused until approved again."""
    row = await service.approve(await service.get_trusted(server_id), body)
    detail = {"tools": body.tools, "approved": body.approved}
    note(session, request, "mcp.approve", actor_id=editor.id, resource=str(row.id), detail=detail)
    return ServerOut.of(row)


@router.get("/{server_id}/tools")
async def list_mcp_tools(server_id: UUID, service: ServiceDep) -> ServerToolList:
    """What the server offered when it was last asked, and what of it is approved."""
    return tools_of(await service.get(server_id))
