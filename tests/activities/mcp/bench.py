"""Sessions with servers, outside Temporal and the database."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from activities.addresses import parse_openings
from activities.context import ToolContext
from activities.http_client import HttpClient
from activities.mcp.headers import SecretValues, no_secrets
from activities.mcp.offers import sort_out
from activities.mcp.opening import Opening
from activities.mcp.operator_file import StdioServer
from activities.mcp.registry import ApprovedTool, Server
from activities.mcp.sessions import Sessions
from models.enums import McpTransport
from models.graph.values import Json

HERE = Path(__file__).parent


def hostile_program(mode: str = "plain", journal: Path | None = None) -> StdioServer:
    """How our hostile server is started."""
    arguments = [str(HERE / "hostile_stdio.py"), mode, *([str(journal)] if journal else [])]
    return StdioServer(command=sys.executable, args=arguments)


def stdio_server(name: str) -> Server:
    """A row of the operator's."""
    return Server(str(uuid4()), "", name, McpTransport.STDIO, 1)


def http_server(url: str, **headers: str) -> Server:
    """A row of somebody's."""
    owner = str(uuid4())
    return Server(str(uuid4()), owner, "remote", McpTransport.HTTP, 1, url, headers)


@dataclass
class Bench:
    """Sessions, and the tools as they were when first looked at."""

    sessions: Sessions
    context: ToolContext
    _approved: dict[tuple[str, str], ApprovedTool] = field(default_factory=dict)

    async def approve(self, server: Server) -> list[str]:
        """Approve everything that a server offers; the names."""
        async with self.sessions.use(server) as connection:
            offers = sort_out(await connection.definitions(fresh=True))
        for each in offers.usable:
            self._approved[server.id, each.name] = ApprovedTool(
                each.name, each.hash, each.input_schema, each.output_schema
            )
        return [each.name for each in offers.usable]

    async def call(self, server: Server, tool: str, **arguments: Json) -> Any:
        """Call an approved tool."""
        if (server.id, tool) not in self._approved:
            await self.approve(server)
        approved = self._approved[server.id, tool]
        async with self.sessions.use(server) as connection:
            return await connection.call(approved, arguments, self.context)


@asynccontextmanager
async def bench(
    context: ToolContext,
    programs: Mapping[str, StdioServer] | None = None,
    *,
    allow: str = "127.0.0.1",
    secrets: SecretValues = no_secrets,
    list_seconds: float = 10.0,
    **limits: Any,
) -> AsyncIterator[Bench]:
    """A bench within the block."""
    client = HttpClient(parse_openings(allow))
    opening = Opening(client, programs, secrets, list_seconds=list_seconds)
    sessions = Sessions(opening, **limits)
    try:
        async with asyncio.timeout(60):
            yield Bench(sessions, context)
    finally:
        await sessions.close()
        await client.close()
