"""What a tool gets besides its configuration and inputs, and what it gives back."""

from dataclasses import dataclass
from typing import Protocol

from models.enums import LogLevel
from models.graph.values import Json


class ArtifactStore(Protocol):
    """Where large values live; references look like `{"$artifact": {id, size, content_type, …}}`."""

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> Json:
        """Store `data` under the execution and return its reference; same bytes, same id.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """

    async def get(self, reference: Json) -> bytes:
        """The bytes behind a reference.

        Raises:
            InvalidInput: the reference is malformed or its artifact is gone.
        """


class Log(Protocol):
    """Writes a line to the execution log; lines over the caps are counted, not kept."""

    def __call__(
        self, message: str, level: LogLevel = LogLevel.INFO, data: Json = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ToolContext:
    """One attempt of one node.

    Attributes:
        idempotency_key: The same for every attempt of this node in this run.
        attempt: Counted from 1.
        timeout_seconds: Wall time left to the whole attempt; the caller enforces it by cancelling.
    """

    execution_id: str
    node_key: str
    path: str
    attempt: int
    idempotency_key: str
    timeout_seconds: float
    log: Log
    artifacts: ArtifactStore
