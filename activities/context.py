"""What a tool gets besides its configuration and inputs, and what it gives back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from activities.scratch import Scratch
from models.enums import LogLevel
from models.graph.values import Json


class ArtifactStore(Protocol):
    """Where large values live; references look like `{"$artifact": {id, size, content_type, …}}`."""

    def of(self, owner_id: str) -> "ArtifactStore":
        """The same for one account: what it puts is its own, and it reads no other's."""

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> Json:
        """Store `data` under the execution and return its reference; same bytes, same id.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """

    async def put_file(
        self, execution_id: str, file: Path, *, content_type: str, name: str | None = None
    ) -> Json:
        """The same for the bytes in `file`, which are read in pieces.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """

    async def get(self, reference: Json) -> bytes:
        """The bytes behind a reference, all at once; `fetch` is for what may be large.

        Raises:
            InvalidInput: the reference is malformed or its artifact is gone.
        """

    async def fetch(self, reference: Json, file: Path) -> None:
        """Write the bytes behind a reference into `file`, in pieces.

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
        owner_id: The account whose run this is; its MCP servers are the ones that may be called.
        scratch: A folder for files of this attempt; the caller removes it.
    """

    execution_id: str
    node_key: str
    path: str
    attempt: int
    idempotency_key: str
    timeout_seconds: float
    log: Log
    artifacts: ArtifactStore
    scratch: Scratch = field(default_factory=Scratch)
    owner_id: str = ""
