"""Typed failures of nodes; `code` is stable and becomes the Temporal error type."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError

from models.graph.expression import ExpressionError
from models.graph.node import Retry
from models.graph.values import Json
from temporal_workflows.contracts import FailureDetail, LogLine, NodeContext, NodeError, Usage

_log = structlog.get_logger(__name__)
MAX_RETRY_DELAY_SECONDS = 86_400


class ToolError(Exception):
    """A node's attempt failed. Retried by the node's policy unless `retryable` is false.

    Args:
        message: What happened and what to do next, for the person who drew the graph.
        details: JSON that helps to find the cause (status, body excerpt, the user's traceback).
        retry_after: Seconds the other side asked for; overrides the policy's interval.
    """

    code = "ToolFailed"
    retryable = True

    def __init__(
        self, message: str, *, details: Json = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after


class InvalidInput(ToolError):
    """Inputs or configuration do not fit; the same attempt would fail again."""

    code = "InvalidInput"
    retryable = False


class InvalidOutput(ToolError):
    """The result does not satisfy the declared JSON Schema, or is not JSON."""

    code = "InvalidOutput"
    retryable = False


class ExpressionFailed(ToolError):
    """A template could not be rendered."""

    code = "ExpressionFailed"
    retryable = False


class PayloadTooLarge(ToolError):
    """A value or artifact is over its limit."""

    code = "PayloadTooLarge"
    retryable = False


class ToolTimeout(ToolError):
    """The node's `timeout_seconds` passed."""

    code = "Timeout"


class SandboxUnavailable(ToolError):
    """No sandbox can be built on this machine; the message carries the command that installs it."""

    code = "SandboxUnavailable"
    retryable = False


class UserCodeError(ToolError):
    """The tool's own code raised or exited with a failing status."""

    code = "UserCodeError"


class ResourceLimit(ToolError):
    """The tool ran into its memory, process, file or output limit."""

    code = "ResourceLimit"
    retryable = False


class HttpStatusError(ToolError):
    """The server answered with a status that `fail_on` or `retry_on` names; the latter is retried."""

    code = "HttpStatus"

    def __init__(
        self, message: str, *, retryable: bool, details: Json, retry_after: float | None = None
    ) -> None:
        super().__init__(message, details=details, retry_after=retry_after)
        self.retryable = retryable


class AuthenticationFailed(ToolError):
    """Nobody vouches for us: the credentials were refused, or no token came for them."""

    code = "AuthenticationFailed"
    retryable = False


class ConnectionFailed(ToolError):
    """The server could not be reached, or the connection broke."""

    code = "ConnectionFailed"


class AddressBlocked(ToolError):
    """The address is not a public one, and not on the operator's allow-list."""

    code = "AddressBlocked"
    retryable = False


class InternalError(ToolError):
    """Our own code failed; the worker's log has the traceback."""

    code = "InternalError"


@contextmanager
def typed() -> Iterator[None]:
    """Let only typed failures out: the last net under tools and expressions.

    Raises:
        ToolError: in place of whatever else was raised; cancellation passes through.
    """
    try:
        yield
    except (ToolError, FailureError):
        raise
    except ExpressionError as error:
        raise ExpressionFailed(error.message, details={"field": error.field}) from error
    except Exception as error:
        _log.exception("activity failed unexpectedly")
        raise InternalError(f"{type(error).__name__}: {error}") from error


def application_error(
    error: ToolError,
    context: NodeContext,
    *,
    attempt: int,
    retry: Retry | None = None,
    logs: list[LogLine] | None = None,
    usage: Usage | None = None,
) -> ApplicationError:
    """A node's failed attempt as Temporal records it.

    It is final when the error says so, when the node's attempts are used up, or without `retry`;
    else it carries the node's own interval, or the longer one that the other side asked for.
    """
    node_error = NodeError(
        code=error.code,
        message=error.message,
        node_key=context.node_key,
        path=context.path,
        attempt=attempt,
        details=error.details,
    )
    detail = FailureDetail(error=node_error, logs=logs or [], usage=usage or Usage())
    final = retry is None or not error.retryable or attempt >= retry.max_attempts
    delay = None
    if retry is not None and not final:
        seconds = max(retry.delay(attempt), error.retry_after or 0)
        delay = timedelta(seconds=min(seconds, MAX_RETRY_DELAY_SECONDS))
    return ApplicationError(
        error.message,
        detail,
        type=error.code,
        non_retryable=final,
        next_retry_delay=delay,
        # The worker's own log is for our failures; this one belongs to the graph's author.
        category=ApplicationErrorCategory.BENIGN,
    )
