"""Exit codes, and the one error that commands raise to end with one."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process answers; scripts rely on these."""

    COMPLETED = 0
    FAILED = 1
    BAD_INPUT = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class CommandError(Exception):
    """Ends the command with `code`; the message goes to standard error."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        """`message` says what is wrong and what to do about it."""
        super().__init__(message)
        self.code = code


class BadInput(CommandError):
    """What the caller gave cannot be used."""

    def __init__(self, message: str) -> None:
        """Exit code 2."""
        super().__init__(message, ExitCode.BAD_INPUT)


class Conflict(BadInput):
    """The server holds something that stands against it, such as a name that is taken."""


class Unreachable(CommandError):
    """No server answers, or it does not know us."""

    def __init__(self, message: str) -> None:
        """Exit code 3."""
        super().__init__(message, ExitCode.UNREACHABLE)
