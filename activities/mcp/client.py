"""What a worker has of MCP: the kind of tool, the activity, and the sessions beneath both."""

from collections.abc import Mapping

from activities.database import Database
from activities.http_client import HttpClient
from activities.mcp.discovery import McpActivities
from activities.mcp.headers import SecretValues, no_secrets
from activities.mcp.opening import Opening
from activities.mcp.operator_file import StdioServer
from activities.mcp.registry import Registry
from activities.mcp.sessions import Sessions
from activities.tools.mcp import McpTool


class McpClient:
    """One for a worker. Nothing is opened, nor the SDK loaded, before the first call.

    Args:
        client: Reaches the servers over HTTP.
        database: Holds who registered which server, and what is approved.
        programs: The servers of the operator's file.
        secrets: Opens the secrets that headers name.
    """

    def __init__(
        self,
        client: HttpClient,
        database: Database,
        programs: Mapping[str, StdioServer] | None = None,
        secrets: SecretValues = no_secrets,
    ) -> None:
        registry = Registry(database)
        self._sessions = Sessions(Opening(client, programs, secrets))
        self.tool = McpTool(registry, self._sessions)
        self.activities = McpActivities(registry, self._sessions).all

    async def close(self) -> None:
        """End all sessions, and the servers that were started for them."""
        await self._sessions.close()
