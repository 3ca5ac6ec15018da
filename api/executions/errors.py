"""What can be wrong with a request about executions."""

from api.errors import APIError


class NotPublished(APIError):
    """The workflow has no published version to run."""

    status = 409
    code = "WORKFLOW_NOT_PUBLISHED"


class IdempotencyKeyReused(APIError):
    """The key came before, with another request."""

    status = 409
    code = "IDEMPOTENCY_KEY_REUSED"


class NotEnded(APIError):
    """Only a run that has ended can be run again."""

    status = 409
    code = "EXECUTION_NOT_ENDED"


class AlreadyEnded(APIError):
    """A run that has ended can be told nothing."""

    status = 409
    code = "EXECUTION_ENDED"


class NoWorkflow(APIError):
    """The run has no workflow: it is a conversation, a draft, or an agent's part of another run."""

    status = 409
    code = "EXECUTION_WITHOUT_WORKFLOW"


class HistoryGone(APIError):
    """Temporal no longer keeps the run's history."""

    status = 409
    code = "HISTORY_GONE"


class SnapshotInvalid(APIError):
    """What the graph refers to cannot be put into the run's snapshot."""

    status = 422
    code = "INVALID_REFERENCE"


class SnapshotTooLarge(APIError):
    """Graph, tools and sub-workflows together are over what one start may carry."""

    status = 422
    code = "GRAPH_TOO_LARGE"


class InputInvalid(APIError):
    """The input does not satisfy the trigger's JSON Schema."""

    status = 422
    code = "SCHEMA_MISMATCH"


class TemporalUnavailable(APIError):
    """Temporal does not answer."""

    status = 503
    code = "TEMPORAL_UNAVAILABLE"


class UpgradeRefused(APIError):
    """The run cannot go on with that version; `errors` name what began and differs."""

    status = 409
    code = "UPGRADE_REFUSED"
