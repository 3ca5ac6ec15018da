"""The MCP tool: a call of an approved tool on a warm session of a registered server."""

from activities.context import ToolContext
from activities.errors import HttpStatusError, InvalidInput
from activities.mcp.errors import SessionExpired
from activities.mcp.registry import ApprovedTool, Registry, Server
from activities.mcp.sessions import Sessions
from activities.schema import check_schema
from models.graph.tool import McpConfig
from models.graph.values import Json, ValueProblem, check_json

_UNAUTHORIZED = frozenset({401, 403})


class McpTool:
    """Runs one attempt; holds the worker's sessions."""

    def __init__(self, registry: Registry, sessions: Sessions) -> None:
        self._registry = registry
        self._sessions = sessions

    async def __call__(
        self, config: McpConfig, inputs: dict[str, Json], context: ToolContext
    ) -> Json:
        """The tool's structured content, else `{text}`, else `{contents: […]}` (see `answers`).

        Raises:
            McpServerUnknown, McpToolNotApproved: nothing of these names may be called.
            McpToolChanged: the tool is not the one that was approved.
            InvalidInput: the inputs do not satisfy the tool's input schema.
            McpToolError: the tool says that it failed.
            ToolError: the server failed (see `activities.mcp.errors`).
        """
        server, tool = await self._registry.approved(context.owner_id, config.server, config.tool)
        _check(inputs, tool)
        try:
            return await self._call(server, tool, inputs, context)
        except SessionExpired:
            return await self._call(server, tool, inputs, context)

    async def _call(
        self, server: Server, tool: ApprovedTool, inputs: dict[str, Json], context: ToolContext
    ) -> Json:
        async with self._sessions.use(server) as connection:
            try:
                return await connection.call(tool, inputs, context)
            except SessionExpired:
                self._sessions.retire(server)
                raise
            except HttpStatusError as error:
                # The secrets in its headers may have been changed since.
                if isinstance(error.details, dict) and error.details["status"] in _UNAUTHORIZED:
                    self._sessions.retire(server)
                raise


def _check(inputs: dict[str, Json], tool: ApprovedTool) -> None:
    try:
        check_json(inputs)
    except ValueProblem as problem:
        raise InvalidInput(f"inputs.{problem.path}: {problem.message}") from problem
    check_schema(inputs, tool.input_schema, where="inputs")
