"""Opens sessions: over HTTP, or with a program that only the operator's file can name."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from activities.http_client import HttpClient
from activities.mcp.errors import Loss, McpServerUnknown
from activities.mcp.headers import SecretValues, filled, no_secrets
from activities.mcp.limits import LIST_SECONDS
from activities.mcp.operator_file import VARIABLE, StdioServer
from activities.mcp.registry import Server
from activities.mcp.sessions import Connection
from activities.scrubbing import Scrubber
from models.enums import McpTransport


class Opening:
    """What a worker opens sessions with; see `sessions.Opener`."""

    def __init__(
        self,
        client: HttpClient,
        programs: Mapping[str, StdioServer] | None = None,
        secrets: SecretValues = no_secrets,
        *,
        list_seconds: float = LIST_SECONDS,
    ) -> None:
        """`list_seconds` is how old a server's list of tools may be when one is called."""
        self._client = client
        self._programs = programs or {}
        self._secrets = secrets
        self._list_seconds = list_seconds

    @asynccontextmanager
    async def __call__(self, server: Server, loss: Loss) -> AsyncIterator[Connection]:
        """A session within the block; `loss` hears of a server that ends by itself.

        Raises:
            McpServerUnknown: it is the operator's, but not in this worker's file.
            ToolError: the server cannot be reached, or does not speak MCP.
        """
        sdk = await _load("connection")
        if server.transport is McpTransport.STDIO:
            streams = (await _load("stdio_streams")).stdio_streams(
                server.name, self._program(server), loss
            )
            secrets: Mapping[str, str] = {}
        else:
            over_http = await _load("http_streams")
            headers, secrets = await filled(server.headers, server.owner_id, self._secrets)
            endpoint = over_http.Endpoint(server.name, server.url, headers)
            streams = over_http.http_streams(self._client, endpoint)
        connection = sdk.Connection(
            server.name, Scrubber(secrets), loss, list_seconds=self._list_seconds
        )
        async with connection.opened(streams):
            yield connection

    def _program(self, server: Server) -> StdioServer:
        # A row of an account's never starts a program, whatever it says.
        if server.owner_id or server.name not in self._programs:
            raise McpServerUnknown(
                f"MCP server {server.name!r} is not in the file that {VARIABLE} names on this "
                "worker; the operator adds it there and starts the worker again"
            )
        return self._programs[server.name]


async def _load(module: str) -> Any:
    """A module that needs the SDK: loaded when first needed, in a thread, as it takes a second."""
    return await asyncio.to_thread(importlib.import_module, f"activities.mcp.{module}")
