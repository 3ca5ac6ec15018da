"""Use cases about MCP servers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.auth.sign_in import Principal
from api.engine import Engine, EngineUnavailable, ToolRunFailed
from api.errors import Conflict, Forbidden, NotFound, Unavailable, ValidationFailed, VersionMismatch
from api.mcp.schemas import HIDDEN, ApproveRequest, Counts, NewServer, ServerChange
from api.ownership import owned
from api.usage import refuse_used
from models.enums import McpTransport, Role, ToolType
from models.graph.values import Json
from models.mcp import McpServer
from models.tool import Tool
from temporal_workflows.contracts import McpDiscovery, McpDiscoveryTask

_SHOWN = 20
Stored = dict[str, Any]


def _count(where: str) -> Any:
    path = cast(f"$[*] ? ({where})", JSONPATH)
    return func.jsonb_array_length(func.jsonb_path_query_array(McpServer.tools, path))


_COUNTS = (
    func.jsonb_array_length(McpServer.tools),
    _count("@.hash == @.approved_hash"),
    _count("@.approved_hash != null && @.hash != @.approved_hash"),
)


class ServerNameTaken(Conflict):
    """Another server of the account has the name."""

    code = "NAME_TAKEN"


class ServerInUse(Conflict):
    """Workflows or tools name the server; `errors` lists them."""

    code = "MCP_SERVER_IN_USE"


class OperatorServer(Forbidden):
    """The server is of the operator's file."""

    code = "OPERATOR_SERVER"


class ToolChangedMeanwhile(Conflict):
    """A tool is another than the one that was looked at."""

    code = "MCP_TOOL_CHANGED"


class McpService:
    """What one account does with MCP servers, in one transaction."""

    def __init__(self, session: AsyncSession, principal: Principal, engine: Engine) -> None:
        self._session = session
        self._principal = principal
        self._user = principal.user
        self._engine = engine

    def visible(self) -> Select[McpServer]:
        """The account's servers and the operator's."""
        mine = McpServer.owner_id == self._user.id
        return select(McpServer).where(or_(mine, McpServer.owner_id.is_(None)))

    async def page(
        self, text: str | None, before: UUID | None, limit: int
    ) -> list[tuple[McpServer, Counts]]:
        """Servers by age, the newest first, and what they offer: their tools are not loaded."""
        statement = self.visible().order_by(McpServer.id.desc()).limit(limit)
        if text is not None:
            statement = statement.where(McpServer.name.icontains(text, autoescape=True))
        if before is not None:
            statement = statement.where(McpServer.id < before)
        found = await self._session.execute(
            statement.options(defer(McpServer.tools, raiseload=True)).add_columns(*_COUNTS)
        )
        return [(row, Counts(*counts)) for row, *counts in found.all()]

    async def get(self, server_id: UUID) -> McpServer:
        """A server that the account may use; raises `NotFound`."""
        found = await self._session.scalar(self.visible().where(McpServer.id == server_id))
        if found is None:
            raise NotFound(f"there is no MCP server {server_id}")
        return found

    async def get_own(self, server_id: UUID) -> McpServer:
        """A server of the account, locked; raises `NotFound`, `OperatorServer`."""
        if (await self.get(server_id)).owner_id is None:
            raise OperatorServer("this server is of the operator's file, and is changed there only")
        return await self._locked(owned(select(McpServer), McpServer, self._user), server_id)

    async def get_trusted(self, server_id: UUID) -> McpServer:
        """A server whose tools the account may approve, locked.

        Raises:
            NotFound: there is none.
            OperatorServer: it is for everybody, so only administrators may.
        """
        await self._refuse_untrusted(server_id)
        return await self._locked(self.visible(), server_id)

    async def _refuse_untrusted(self, server_id: UUID) -> None:
        if (await self.get(server_id)).owner_id is None and not self._principal.may(Role.ADMIN):
            raise OperatorServer("this server is everybody's: ask an administrator to do this")

    async def create(self, body: NewServer) -> McpServer:
        """Register a server; raises `ServerNameTaken`, `ValidationFailed`."""
        row = McpServer(
            owner_id=self._user.id,
            name=body.name,
            description=body.description,
            transport=McpTransport.HTTP,
            url=body.url,
            headers=_kept(body.headers, {}),
            tools=[],
        )
        self._session.add(row)
        return await self._stored(row)

    async def change(self, row: McpServer, body: ServerChange) -> McpServer:
        """Change a server of the account.

        Raises:
            VersionMismatch: somebody else changed it meanwhile.
            ServerInUse: it gets another name, but is used under this one.
            ServerNameTaken, ValidationFailed: what is asked for cannot be.
        """
        if body.version is not None and body.version != row.version:
            raise VersionMismatch(
                f"the server is at version {row.version}, not {body.version}; read it again",
                extra={"current_version": row.version},
            )
        if body.name is not None and body.name != row.name:
            await self.refuse_used(row)
            row.name = body.name
        if "description" in body.model_fields_set:
            row.description = body.description
        if body.url is not None and body.url != row.url:
            row.url, row.tools, row.error, row.refreshed_at = body.url, [], None, None
        if body.headers is not None:
            row.headers = _kept(body.headers, row.headers)
        row.version += 1
        return await self._stored(row)

    async def delete(self, row: McpServer) -> None:
        """Forget a server for good; raises `ServerInUse`."""
        await self.refuse_used(row)
        await self._session.delete(row)

    async def refresh(self, server_id: UUID, *, approve_all: bool) -> McpServer:
        """Ask the server what it offers now; a failure is stored beside the tools that were known.

        Raises:
            VersionMismatch: its registration was changed meanwhile.
            Unavailable: Temporal or the workers do not answer.
        """
        await self._refuse_untrusted(server_id)
        found, error = await self._discover(server_id)
        row = await self.get_trusted(server_id)
        row.error = error
        if found is not None:
            if found.server_version != row.version:
                raise VersionMismatch("the server was changed meanwhile; refresh it again")
            row.tools = _merged(found, row.tools, approve_all=approve_all)
            row.refreshed_at = datetime.now(UTC)
        return await self._stored(row)

    async def approve(self, row: McpServer, body: ApproveRequest) -> McpServer:
        """Approve tools as they are stored, or take that back.

        Raises:
            ValidationFailed: the server offers no tool of that name.
            ToolChangedMeanwhile: one is another than the caller looked at.
        """
        known = {tool["name"]: tool for tool in row.tools}
        names = list(known) if body.tools == "all" else body.tools
        for name in names:
            if name not in known:
                raise ValidationFailed(
                    f"the server offers no tool named {name!r}; refresh it, or see its tools",
                    errors=[{"path": "body.tools", "message": "unknown tool", "code": "UNKNOWN"}],
                )
            if body.hashes.get(name, known[name]["hash"]) != known[name]["hash"]:
                raise ToolChangedMeanwhile(
                    f"the tool {name!r} is another than you looked at; look at it again"
                )
        now = datetime.now(UTC)
        chosen = set(names)
        row.tools = [
            _approved(tool, body.approved, now) if tool["name"] in chosen else tool
            for tool in row.tools
        ]
        return await self._stored(row)

    async def refuse_used(self, row: McpServer) -> None:
        """Raises `ServerInUse` while a workflow, an agent or a tool of its owner names it."""
        part: dict[str, Json] = {"config": {"kind": ToolType.MCP.value, "server": row.name}}
        tools = await self._tools_with(row.name)
        what = f"the MCP server {row.name!r}"
        await refuse_used(self._session, self._user, part, what, ServerInUse, others=tools)

    async def _tools_with(self, server: str) -> list[tuple[str, str]]:
        users = owned(select(Tool.id, Tool.name), Tool, self._user).where(
            Tool.deleted_at.is_(None),
            Tool.tool_type == ToolType.MCP,
            Tool.config["server"].astext == server,
        )
        found = await self._session.execute(users.limit(_SHOWN))
        return [(f"tools/{id_}", name) for id_, name in found.all()]

    async def _discover(self, server_id: UUID) -> tuple[McpDiscovery | None, Stored | None]:
        try:
            found = await self._engine.discover_mcp(McpDiscoveryTask(server_id=str(server_id)))
        except ToolRunFailed as failed:
            error = failed.failure.error
            return None, {"code": error["code"], "message": error["message"]}
        except EngineUnavailable as error:
            raise Unavailable("Temporal does not answer; try again shortly") from error
        return found, _left_out(found)

    async def _locked(self, statement: Select[McpServer], server_id: UUID) -> McpServer:
        found = await self._session.scalar(
            statement.where(McpServer.id == server_id).with_for_update(),
            execution_options={"populate_existing": True},
        )
        if found is None:
            raise NotFound(f"there is no MCP server {server_id}")
        return found

    async def _stored(self, row: McpServer) -> McpServer:
        name = row.name
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise ServerNameTaken(
                f"you have an MCP server named {name!r} already; choose another name"
            ) from error
        await self._session.refresh(row)
        return row


def _kept(given: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """The headers to store; what came back hidden stays as it was."""
    kept = dict(given)
    for name, value in given.items():
        if value == HIDDEN and name in stored:
            kept[name] = stored[name]
        elif "•" in value:
            raise ValidationFailed(
                f"there is no value of header {name!r} to keep; give one",
                errors=[{"path": f"body.headers.{name}", "message": "no value", "code": "HIDDEN"}],
            )
    return kept


def _merged(found: McpDiscovery, stored: list[Any], *, approve_all: bool) -> list[Stored]:
    """What is offered now; an approval stays with its name, and counts as long as the hash does."""
    known = {tool["name"]: tool for tool in stored}
    now = datetime.now(UTC)
    tools: list[Stored] = []
    for offer in found.tools:
        before = known.get(offer.name, {})
        tool = offer.model_dump(mode="json") | {
            "approved_hash": before.get("approved_hash"),
            "approved_at": before.get("approved_at"),
        }
        tools.append(_approved(tool, approved=True, now=now) if approve_all else tool)
    return tools


def _approved(tool: Stored, approved: bool, now: datetime) -> Stored:
    if not approved:
        return tool | {"approved_hash": None, "approved_at": None}
    if tool["approved_hash"] == tool["hash"]:
        return tool
    return tool | {"approved_hash": tool["hash"], "approved_at": now.isoformat()}


def _left_out(found: McpDiscovery) -> Stored | None:
    if not found.left_out:
        return None
    some = "; ".join(f"{each.name!r}: {each.reason}" for each in found.left_out[:_SHOWN])
    return {
        "code": "McpToolsLeftOut",
        "message": f"{len(found.left_out)} of its tools cannot be used: {some}",
    }
