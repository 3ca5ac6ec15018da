"""Why a language model did not answer; see `activities.errors` for what is not about models."""

from activities.errors import ToolError
from activities.llm.messages import TokenUsage
from models.graph.values import Json


class ModelError(ToolError):
    """A turn failed; `usage` is what it cost nevertheless, as far as that is known."""

    code = "ModelFailed"

    def __init__(
        self,
        message: str,
        *,
        details: Json = None,
        retry_after: float | None = None,
        usage: TokenUsage | None = None,
    ) -> None:
        super().__init__(message, details=details, retry_after=retry_after)
        self.usage = usage or TokenUsage()


class ModelOverloaded(ModelError):
    """The provider has no room, has failed, cannot be reached, or broke off in the middle."""

    code = "ModelOverloaded"


class ModelRequestRefused(ModelError):
    """The provider does not take the request as it is; `status` is the HTTP status."""

    code = "ModelRequestRefused"
    retryable = False

    def __init__(self, message: str, *, status: int, details: Json = None) -> None:
        super().__init__(message, details=details)
        self.status = status


class ModelAuthFailed(ModelError):
    """The provider does not accept the key, or wants one."""

    code = "ModelAuthFailed"
    retryable = False


class ModelOutputInvalid(ModelError):
    """The answer does not satisfy the output schema, even after the model was told why."""

    code = "ModelOutputInvalid"
    retryable = False


class ModelReplyTooLarge(ModelError):
    """The answer is over one of the limits in `activities.llm.limits`."""

    code = "ModelReplyTooLarge"
    retryable = False


class ModelProtocolError(ModelError):
    """What came is not the provider's protocol: another server stands at the address."""

    code = "ModelProtocolError"
    retryable = False
