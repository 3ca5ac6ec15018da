"""One open session with a server, on the SDK. Slow to load: only `opening` imports it."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from mcp import Client, ClientSession, MCPError
from mcp.client import IncomingMessage
from mcp_types import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    PaginatedRequestParams,
    Tool,
    ToolListChangedNotification,
)
from pydantic import TypeAdapter, ValidationError

from activities.clean_artifacts import CleanArtifacts
from activities.context import ToolContext
from activities.errors import ToolError
from activities.mcp.answers import output_of
from activities.mcp.errors import Loss, McpInputRequired, McpProtocolError, McpServerLost
from activities.mcp.limits import LIST_SECONDS, MAX_PAGES, MAX_TOOLS
from activities.mcp.offers import Definition, by_name, tool_hash
from activities.mcp.pacing import Streams
from activities.mcp.progress import ProgressLines
from activities.mcp.registry import ApprovedTool, changed
from activities.mcp.wording import one_line
from activities.scrubbing import Scrubber
from models.enums import LogLevel
from models.graph.values import Json

_RESULT: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(
    CallToolResult | InputRequiredResult
)
# The SDK logs each request, and with a traceback each line that is not its own.
for _name in ("mcp", "client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Connection:
    """Lists a server's tools and calls them; many calls may run at once."""

    def __init__(
        self, name: str, scrubber: Scrubber, loss: Loss, *, list_seconds: float = LIST_SECONDS
    ) -> None:
        """`scrubber` knows what of our requests nothing may repeat: secrets in headers.

        The server's list of tools is read again once it is older than `list_seconds`.
        """
        self._name = name
        self._loss = loss
        self._scrubber = scrubber
        self._list_seconds = list_seconds
        self._session: ClientSession | None = None
        self._definitions: list[Definition] = []
        self._listed_at = -math.inf
        self._changed = False
        self._listing = asyncio.Lock()

    async def definitions(self, *, fresh: bool = False) -> list[Definition]:
        """Everything that the server offers now, or offered within the last seconds.

        Raises:
            McpProtocolError: it offers too much, or its list is malformed.
            ToolError: the server failed (see `call`).
        """
        clock = asyncio.get_running_loop().time
        earliest = clock() if fresh else clock() - self._list_seconds
        async with self._listing:
            if self._changed or self._listed_at < earliest:
                begun, self._changed = clock(), False
                with self._typed():
                    self._definitions = await self._list()
                self._listed_at = begun
            return self._definitions

    async def call(
        self, tool: ApprovedTool, arguments: dict[str, Json], context: ToolContext
    ) -> Json:
        """The output of one call of a tool that is still the approved one.

        Raises:
            McpToolChanged: it is another one by now, or gone.
            McpToolError: it says that it failed.
            McpInputRequired: it wants to ask somebody.
            InvalidOutput: the answer does not satisfy the tool's output schema.
            PayloadTooLarge: the answer is over 10 MiB.
            McpServerLost, McpProtocolError, SessionExpired, HttpStatusError, ConnectionFailed,
            AddressBlocked: there was no answer.
        """
        live = by_name(await self.definitions()).get(tool.name)
        if live is None or tool_hash(live) != tool.hash:
            raise changed(self._name, tool.name)
        context = self._clean(context)
        try:
            result = await self._result(tool.name, arguments, ProgressLines(context.log))
            return self._scrubber.value(await output_of(result, tool, context))
        except ToolError as error:
            error.message = self._scrubber.text(error.message)
            error.details = self._scrubber.value(error.details)
            raise

    @asynccontextmanager
    async def opened(self, streams: AbstractAsyncContextManager[Streams]) -> AsyncIterator[None]:
        """Be open within the block; the same task must enter and leave it."""
        with self._typed():
            client = Client(
                streams,
                mode="auto",
                cache=None,
                client_info=Implementation(name="PasteTrader", version=version("pastetrader")),
                message_handler=self._take_note,
            )
            async with client:
                self._session = client.session
                yield

    @property
    def _open(self) -> ClientSession:
        if self._session is None:
            raise self._gone()
        return self._session

    def _gone(self) -> McpServerLost:
        return McpServerLost(f"the session with MCP server {self._name!r} is over; try again")

    def _clean(self, context: ToolContext) -> ToolContext:
        """The attempt's context; what goes through it holds no secrets of ours."""
        if not self._scrubber:
            return context
        scrubber = self._scrubber

        def log(message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
            context.log(scrubber.text(message), level, scrubber.value(data))

        return replace(context, log=log, artifacts=CleanArtifacts(context.artifacts, scrubber))

    async def _result(
        self, tool: str, arguments: dict[str, Json], progress: ProgressLines
    ) -> CallToolResult:
        # Not `call_tool`: that checks the answer by a schema of the server's without any bounds.
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments))
        with self._typed():
            result = await self._open.send_request(request, _RESULT, progress_callback=progress)
        if isinstance(result, InputRequiredResult):
            raise McpInputRequired(
                f"the tool {tool!r} asks for something in the middle of its work; during a run "
                "nobody can answer"
            )
        return result

    async def _take_note(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._changed = True

    async def _list(self) -> list[Definition]:
        found: list[Definition] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._open.list_tools(params=PaginatedRequestParams(cursor=cursor))
            found += [self._definition(tool) for tool in page.tools]
            if len(found) > MAX_TOOLS:
                break
            cursor = page.next_cursor
            if not cursor:
                return found
        raise McpProtocolError(
            f"MCP server {self._name!r} offers more than {MAX_TOOLS} tools, or its list has no end"
        )

    def _definition(self, tool: Tool) -> Definition:
        definition = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        clean: Any = self._scrubber.value(definition)
        return clean  # type: ignore[no-any-return]

    @contextmanager
    def _typed(self) -> Iterator[None]:
        """What the SDK raises, as what a node may fail with."""
        try:
            yield
        except (MCPError, ValidationError, RuntimeError, ExceptionGroup) as error:
            raise self._failure(_leaf(error)) from error

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, MCPError):
            return self._refusal(error)
        if isinstance(error, ValidationError):
            return McpProtocolError(
                f"what MCP server {self._name!r} sent is not what MCP wants: "
                f"{error.error_count()} faults in {one_line(error.title, 100)}"
            )
        if isinstance(error, RuntimeError):
            return McpProtocolError(f"MCP server {self._name!r}: {one_line(str(error))}")
        return error

    def _refusal(self, error: MCPError) -> ToolError:
        if isinstance(error.data, ToolError):  # of our own transports; see `messages.failed`
            return error.data
        if error.code == CONNECTION_CLOSED:
            return self._loss.failure() or self._gone()
        return McpProtocolError(
            f"MCP server {self._name!r} refused: {one_line(error.message)} ({error.code})",
            retryable=error.code == INTERNAL_ERROR,
        )


def _leaf(error: Exception) -> Exception:
    """The failure of ours within a group, or its first."""
    if not isinstance(error, ExceptionGroup):
        return error
    leaves = [_leaf(each) for each in error.exceptions]
    ours = [each for each in leaves if isinstance(each, ToolError | MCPError)]
    return (ours or leaves)[0]
