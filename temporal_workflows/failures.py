"""Temporal's exceptions as typed node errors, and back."""

from pydantic import ValidationError
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    TimeoutError as TemporalTimeoutError,
    TimeoutType,
)

from temporal_workflows.contracts import FailureDetail, NodeError
from temporal_workflows.scheduler import Place

WORKER_LOST = "WorkerLost"
TIMEOUT = "Timeout"


def node_error(failure: FailureError, place: Place) -> NodeError:
    """Why an activity or a child workflow failed, in the terms of its node.

    A local activity's failure arrives bare, the others' as the cause of what failed.
    """
    wrapped = isinstance(failure, ActivityError | ChildWorkflowError)
    cause = failure.cause if wrapped else failure
    if isinstance(cause, TemporalTimeoutError):
        return _timeout(cause, place)
    if not isinstance(cause, ApplicationError):
        return _named(type(cause).__name__, str(cause or failure), place)
    detail = failure_detail(cause)
    if detail is None:
        return _named(cause.type or "Failed", cause.message, place)
    error = detail.error
    if (error.node_key, error.path) == (place.key, place.path):
        return error
    inner = {"node_key": error.node_key, "path": error.path, "details": error.details}
    return error.model_copy(update={"node_key": place.key, "path": place.path, "details": inner})


def failure_detail(error: ApplicationError) -> FailureDetail | None:
    """The first detail of a failure that our activities or workflows raised."""
    if not error.details:
        return None
    try:
        return FailureDetail.model_validate(error.details[0])
    except ValidationError:
        return None


def run_failure(error: NodeError) -> ApplicationError:
    """The failure that ends a run; a run is never retried as a whole."""
    return ApplicationError(
        error.message, FailureDetail(error=error), type=error.code, non_retryable=True
    )


def _timeout(cause: TemporalTimeoutError, place: Place) -> NodeError:
    if cause.type is TimeoutType.HEARTBEAT:
        return _named(WORKER_LOST, "the worker that ran this node stopped answering", place)
    return _named(TIMEOUT, "the node did not end within its timeout", place)


def _named(code: str, message: str, place: Place) -> NodeError:
    return NodeError(code=code, message=message, node_key=place.key, path=place.path)
