"""Routes about tools."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import or_, select

from api.audit import note
from api.deps import EditorDep, SessionDep, UserDep
from api.errors import VersionMismatch
from api.executions.deps import EngineDep
from api.pagination import cut, decode_cursor, encode_cursor
from api.tools.schemas import (
    BuiltinList,
    InlineTest,
    NewTool,
    TestAnswer,
    TestRequest,
    ToolChange,
    ToolList,
    ToolOut,
)
from api.tools.service import ToolService, check_schemas
from api.workflows.service import spec_of
from models.enums import ToolType
from models.graph.catalog import builtins
from models.graph.tool import ToolSpec
from models.tool import Tool

router = APIRouter(prefix="/tools", tags=["tools"])


def get_service(session: SessionDep, user: UserDep, engine: EngineDep) -> ToolService:
    """Use cases in the request's transaction."""
    return ToolService(session, user, engine)


ServiceDep = Annotated[ToolService, Depends(get_service)]


@router.get("")
async def list_tools(
    session: SessionDep,
    user: UserDep,
    tool_type: ToolType | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ToolList:
    """Tools that your graphs can name: your own and public ones, newest first."""
    statement = select(Tool).where(or_(Tool.owner_id == user.id, Tool.is_public))
    if tool_type is not None:
        statement = statement.where(Tool.tool_type == tool_type)
    if text is not None:
        statement = statement.where(Tool.name.icontains(text.replace("\x00", ""), autoescape=True))
    if cursor:
        statement = statement.where(Tool.id < decode_cursor(cursor, UUID)[0])
    rows = (await session.scalars(statement.order_by(Tool.id.desc()).limit(limit + 1))).all()
    page, following = cut(rows, limit, lambda row: encode_cursor(row.id))
    return ToolList(items=[ToolOut.model_validate(row) for row in page], next_cursor=following)


@router.get("/builtin")
async def list_builtins(user: UserDep) -> BuiltinList:
    """The helpers that ship with PasteTrader, with the schemas of what they take."""
    return BuiltinList(items=builtins())


@router.post("/test")
async def test_inline(body: InlineTest, service: ServiceDep, editor: EditorDep) -> TestAnswer:
    """Try a tool that is not stored, for real."""
    check_schemas(body.input_schema, body.output_schema)
    spec = ToolSpec(
        config=body.config, input_schema=body.input_schema, output_schema=body.output_schema
    )
    return await service.try_out(spec, body)


@router.post("", status_code=201)
async def create_tool(
    body: NewTool, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> ToolOut:
    """Register a tool under a name."""
    tool = Tool(
        owner_id=editor.id,
        name=body.name,
        description=body.description,
        tool_type=body.config.kind,
        config=body.config.model_dump(mode="json"),
        input_schema=body.input_schema,
        output_schema=body.output_schema,
        is_public=body.is_public,
        rate_limit=body.rate_limit.model_dump() if body.rate_limit else None,
    )
    stored = await service.store(tool)
    note(session, request, "tool.create", actor_id=editor.id, resource=str(stored.id))
    return ToolOut.model_validate(stored)


@router.get("/{tool_id}")
async def get_tool(tool_id: UUID, service: ServiceDep) -> ToolOut:
    """One tool."""
    return ToolOut.model_validate(await service.get(tool_id))


@router.patch("/{tool_id}")
async def change_tool(
    tool_id: UUID,
    body: ToolChange,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> ToolOut:
    """Change a tool; versions that are published already run it as it then is."""
    tool = await service.get_own(tool_id)
    if body.version is not None and body.version != tool.version:
        raise VersionMismatch(
            f"the tool is at version {tool.version}, not {body.version}; read it again",
            extra={"current_version": tool.version},
        )
    if body.name is not None and body.name != tool.name:
        await service.refuse_used(tool)
    if "rate_limit" in body.model_fields_set:
        tool.rate_limit = body.rate_limit.model_dump() if body.rate_limit else None
    for name in body.model_fields_set - {"version", "config", "rate_limit"}:
        value = getattr(body, name)
        if value is not None or name in {"description", "input_schema", "output_schema"}:
            setattr(tool, name, value)
    if body.config is not None:
        tool.tool_type, tool.config = body.config.kind, body.config.model_dump(mode="json")
    tool.version += 1
    stored = await service.store(tool)
    note(session, request, "tool.change", actor_id=editor.id, resource=str(tool_id))
    return ToolOut.model_validate(stored)


@router.delete("/{tool_id}", status_code=204)
async def delete_tool(
    tool_id: UUID, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> None:
    """Delete a tool that no workflow and no agent names."""
    await service.delete(await service.get_own(tool_id))
    note(session, request, "tool.delete", actor_id=editor.id, resource=str(tool_id))


@router.post("/{tool_id}/test")
async def test_tool(
    tool_id: UUID, service: ServiceDep, editor: EditorDep, body: TestRequest | None = None
) -> TestAnswer:
    """Try a registered tool, for real."""
    tool = await service.get(tool_id)
    return await service.try_out(spec_of(tool), body or TestRequest())
