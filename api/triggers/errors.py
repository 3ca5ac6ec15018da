"""What can be wrong with a request about triggers."""

from api.errors import Conflict, ValidationFailed


class InvalidSchedule(ValidationFailed):
    """The times of a schedule cannot be used; `errors` names the field."""

    code = "INVALID_SCHEDULE"

    def __init__(self, field: str, message: str) -> None:
        """`field` is a place in the request such as `config.cron`, `message` says what is right."""
        error = {"path": f"body.{field}", "message": message, "code": self.code}
        super().__init__(f"{field}: {message}", errors=[error])


class InvalidTrigger(ValidationFailed):
    """A trigger's settings cannot be used; `errors` names the fields."""

    code = "INVALID_TRIGGER"

    def __init__(self, field: str, message: str, code: str | None = None) -> None:
        """`field` is a place in the request such as `config.input`, `message` says what is right."""
        error = {"path": f"body.{field}", "message": message, "code": code or self.code}
        super().__init__(f"{field}: {message}", errors=[error])


class FiringRefused(ValidationFailed):
    """What a trigger was told cannot be made of what came."""

    code = "FIRING_REFUSED"


class NoSchedule(Conflict):
    """Only schedules have times."""

    code = "NO_SCHEDULE"
