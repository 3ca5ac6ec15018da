"""Activity `mcp_discover`: what a server offers now."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.mcp.errors import McpProtocolError, McpServerUnavailable
from activities.mcp.limits import DISCOVER_SECONDS, MAX_OFFERS_BYTES
from activities.mcp.offers import Offers, sort_out
from activities.mcp.registry import Registry
from activities.mcp.sessions import Sessions
from temporal_workflows.contracts import (
    Activity,
    McpDiscovery,
    McpDiscoveryTask,
    McpLeftOut,
    McpOffer,
)


class McpActivities:
    """Asks servers for their tools, on the sessions that calls use."""

    def __init__(self, registry: Registry, sessions: Sessions) -> None:
        self._registry = registry
        self._sessions = sessions

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.mcp_discover]

    @activity.defn(name=Activity.MCP_DISCOVER)
    async def mcp_discover(self, task: McpDiscoveryTask) -> McpDiscovery:
        """List the tools of one server, fresh from it."""
        server = await self._registry.server(task.server_id)
        try:
            async with asyncio.timeout(DISCOVER_SECONDS), self._sessions.use(server) as connection:
                definitions = await connection.definitions(fresh=True)
        except TimeoutError:
            raise McpServerUnavailable(
                f"MCP server {server.name!r} did not list its tools within {DISCOVER_SECONDS:g} "
                "seconds; if it is still starting, try again"
            ) from None
        found = _discovery(server.version, await asyncio.to_thread(sort_out, definitions))
        if len(found.model_dump_json()) > MAX_OFFERS_BYTES:
            raise McpProtocolError(
                f"the tools of MCP server {server.name!r} are described in more than "
                f"{MAX_OFFERS_BYTES // 1024} KiB"
            )
        return found


def _discovery(version: int, offers: Offers) -> McpDiscovery:
    return McpDiscovery(
        server_version=version,
        tools=[
            McpOffer(
                name=offer.name,
                title=offer.title,
                description=offer.description,
                input_schema=offer.input_schema,
                output_schema=offer.output_schema,
                hash=offer.hash,
            )
            for offer in offers.usable
        ],
        left_out=[McpLeftOut(name=name, reason=reason) for name, reason in offers.left_out],
    )
