"""What can be wrong with a call to a webhook; `reason` is what its owner reads."""

from collections.abc import Mapping

from api.errors import APIError


class Refusal(APIError):
    """A call that starts nothing."""

    def __init__(
        self, detail: str, *, reason: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """`reason` says more than `detail`, for the owner only."""
        super().__init__(detail, headers=headers)
        self.reason = reason or detail


class SignatureInvalid(Refusal):
    """The caller does not prove to know the webhook's secret, now."""

    status = 401
    code = "SIGNATURE_INVALID"


class TriggerPaused(Refusal):
    """The owner paused the trigger."""

    status = 410
    code = "TRIGGER_PAUSED"


class HookBodyTooLarge(Refusal):
    """The body is over what this webhook takes."""

    status = 413
    code = "BODY_TOO_LARGE"


class BodyKindUnknown(Refusal):
    """The body is of a kind that is not read."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class CallInvalid(Refusal):
    """Body, query or delivery id cannot be used."""

    status = 422
    code = "VALIDATION_FAILED"


class TemplateFailed(Refusal):
    """The trigger's own expressions cannot be evaluated for this call."""

    status = 422
    code = "EXPRESSION_FAILED"


class CannotStart(Refusal):
    """The workflow cannot start, whatever is sent; `code` is why."""

    status = 422

    def __init__(self, error: APIError) -> None:
        super().__init__(
            "the workflow of this webhook cannot start now; its owner finds the reason among the "
            "trigger's deliveries",
            reason=error.detail,
        )
        self.code = error.code


class RateLimited(Refusal):
    """The webhook took as many calls as it may; `Retry-After` says when it takes more."""

    status = 429
    code = "TOO_MANY_REQUESTS"
