"""JSON-RPC messages that the transports make or look into."""

from mcp.shared.message import SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    RequestId,
)

from activities.errors import ToolError


def failed(request_id: RequestId | None, failure: ToolError) -> SessionMessage:
    """An answer in the server's place; no server can send one with such `data`."""
    error = ErrorData(code=INTERNAL_ERROR, message=failure.message, data=failure)
    return SessionMessage(JSONRPCError(jsonrpc="2.0", id=request_id, error=error))


def given_up(message: JSONRPCMessage) -> RequestId | None:
    """Which request of ours a message of ours gives up; None for any other message."""
    if not isinstance(message, JSONRPCNotification) or message.method != "notifications/cancelled":
        return None
    found = (message.params or {}).get("requestId")
    return found if isinstance(found, int | str) else None
