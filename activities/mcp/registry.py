"""Registered servers and the tools of theirs that are approved, as the database has them now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from activities.database import Database
from activities.mcp.errors import McpServerUnknown, McpToolChanged, McpToolNotApproved
from models.enums import McpTransport

# The owner's own server hides the operator's of the same name.
_CALLED = """
    SELECT id, owner_id, name, transport, url, headers, version,
        (SELECT tool FROM jsonb_array_elements(tools) AS tool WHERE tool->>'name' = $3 LIMIT 1)
        AS tool
    FROM mcp_servers WHERE name = $2 AND (owner_id = $1 OR owner_id IS NULL)
    ORDER BY owner_id IS NULL LIMIT 1
"""
_BY_ID = """
    SELECT id, owner_id, name, transport, url, headers, version FROM mcp_servers WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A row: which server, and how it is reached.

    `owner_id` is empty for the operator's. Another `version` is another server.
    """

    id: str
    owner_id: str
    name: str
    transport: McpTransport
    version: int
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovedTool:
    """A tool as somebody approved it."""

    name: str
    hash: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None


class Registry:
    """Reads the table at each call: what is removed or approved counts at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def approved(self, owner_id: str, server: str, tool: str) -> tuple[Server, ApprovedTool]:
        """The server that `owner_id` means by a name, and its tool.

        Raises:
            McpServerUnknown: the account has no server of that name, nor has the operator.
            McpToolNotApproved: the tool was not offered, or nobody approved it.
            McpToolChanged: the server offers another one than was approved.
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        rows = await self._database.fetch(_CALLED, _account(owner_id), server, tool)
        if not rows:
            raise McpServerUnknown(
                f"no MCP server is named {server!r}; register it under MCP servers, or with "
                "`pastetrader mcp add`"
            )
        return _server(rows[0]), _approved(server, tool, rows[0]["tool"])

    async def server(self, server_id: str) -> Server:
        """One server.

        Raises:
            McpServerUnknown: it is gone.
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        rows = await self._database.fetch(_BY_ID, UUID(server_id))
        if not rows:
            raise McpServerUnknown("the MCP server has been removed")
        return _server(rows[0])


def changed(server: str, tool: str) -> McpToolChanged:
    """The tool is another one than the approved."""
    return McpToolChanged(
        f"the tool {tool!r} of MCP server {server!r} has changed since it was approved; look at it "
        f"and approve it again under MCP servers, or with `pastetrader mcp refresh {server}` and "
        f"`pastetrader mcp approve {server} {tool}`"
    )


def _server(row: Any) -> Server:
    return Server(
        id=str(row["id"]),
        owner_id=str(row["owner_id"] or ""),
        name=row["name"],
        transport=McpTransport(row["transport"]),
        version=row["version"],
        url=row["url"] or "",
        headers=json.loads(row["headers"]),
    )


def _approved(server: str, name: str, stored: str | None) -> ApprovedTool:
    tool = json.loads(stored) if stored is not None else None
    if tool is None:
        raise McpToolNotApproved(
            f"MCP server {server!r} offers no tool named {name!r}; if it is new, read its list "
            f"again: `pastetrader mcp refresh {server}`"
        )
    if tool["approved_hash"] is None:
        raise McpToolNotApproved(
            f"the tool {name!r} of MCP server {server!r} is not approved; do so under MCP servers, "
            f"or with `pastetrader mcp approve {server} {name}`"
        )
    if tool["approved_hash"] != tool["hash"]:
        raise changed(server, name)
    return ApprovedTool(name, tool["hash"], tool["input_schema"], tool["output_schema"])


def _account(owner_id: str) -> UUID | None:
    """Runs of old histories belong to nobody."""
    return UUID(owner_id) if owner_id else None
