"""Why a call of an MCP tool failed; see `activities.errors` for what is not about MCP."""

import asyncio

from activities.errors import ToolError


class McpServerUnknown(ToolError):
    """No server of that name is registered for the run's owner, or the worker cannot start it."""

    code = "McpServerUnknown"
    retryable = False


class McpToolNotApproved(ToolError):
    """The server does not offer the tool, or nobody has approved it."""

    code = "McpToolNotApproved"
    retryable = False


class McpToolChanged(ToolError):
    """The tool is not the one that was approved."""

    code = "McpToolChanged"
    retryable = False


class McpToolError(ToolError):
    """The tool ran and said that it failed."""

    code = "McpToolError"
    retryable = False


class McpInputRequired(ToolError):
    """The tool asks for something that only a person or a model could answer."""

    code = "McpInputRequired"
    retryable = False


class McpProtocolError(ToolError):
    """The server refused a request, or what it sent is not MCP."""

    code = "McpProtocolError"

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class McpServerUnavailable(ToolError):
    """The server could not be started, or no session with it could be opened."""

    code = "McpServerUnavailable"


class McpServerLost(ToolError):
    """The server ended, or broke off, while the call was in flight."""

    code = "McpServerLost"


class McpBusy(ToolError):
    """All sessions that this worker may hold are in use."""

    code = "McpBusy"


class SessionExpired(ToolError):
    """The server does not know the session any more, and has done nothing; a new one may be opened."""

    code = "McpServerLost"


class Loss:
    """Whether, and why, a server ended by itself; shared by what notices and what tells."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()
        self._why: tuple[type[ToolError], str] | None = None

    def report(self, kind: type[ToolError], message: str) -> None:
        """Say so; only the first report counts."""
        self._why = self._why or (kind, message)
        self._happened.set()

    @property
    def happened(self) -> bool:
        """Whether the server has ended."""
        return self._happened.is_set()

    async def wait(self) -> None:
        """Until it happens."""
        await self._happened.wait()

    def failure(self) -> ToolError | None:
        """What a call fails with that the server owes an answer; None while it lives."""
        if self._why is None:
            return None
        kind, message = self._why
        return kind(message)
