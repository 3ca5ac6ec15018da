"""Artifacts as tools use them: references in, references out, typed errors."""

import asyncio
from pathlib import Path
from typing import Any

from activities.errors import InvalidInput, PayloadTooLarge
from models.artifacts import PREVIEW_BYTES, ArtifactFile, ArtifactFiles, ArtifactMissing, reference
from models.graph.limits import MAX_ARTIFACT_BYTES
from models.graph.values import ARTIFACT_KEY, Json, is_artifact


class Artifacts:
    """The store behind `ArtifactStore`."""

    def __init__(self, files: ArtifactFiles, owner: str = "") -> None:
        self._files = files
        self._owner = owner

    @classmethod
    def from_url(cls, url: str) -> "Artifacts":
        """See `ArtifactFiles.from_url`."""
        return cls(ArtifactFiles.from_url(url))

    def of(self, owner_id: str) -> "Artifacts":
        """The artifacts of one account: what it puts is its own, and it reads no other's."""
        return Artifacts(self._files, owner_id)

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> Json:
        """Store `data` and give its reference `{"$artifact": {id, size, content_type, …}}`.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """
        _check_size(len(data))
        file = await self._files.put(
            execution_id, data, content_type=content_type, name=name, owner=self._owner
        )
        return reference(file, data[:PREVIEW_BYTES])

    async def put_file(
        self, execution_id: str, file: Path, *, content_type: str, name: str | None = None
    ) -> Json:
        """The same for the bytes in `file`, which are read in pieces.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """
        _check_size((await asyncio.to_thread(file.stat)).st_size)
        stored = await self._files.put_file(
            execution_id, file, content_type=content_type, name=name, owner=self._owner
        )
        return reference(stored, await asyncio.to_thread(_beginning, file))

    async def get(self, reference: Json) -> bytes:
        """The bytes behind a reference.

        Raises:
            InvalidInput: it is no reference, or what it refers to is gone.
        """
        artifact_id = _id_in(reference)
        try:
            await self._own(artifact_id)
            return await self._files.get(artifact_id)
        except ArtifactMissing:
            raise _gone(artifact_id) from None

    async def fetch(self, reference: Json, file: Path) -> None:
        """Write the bytes behind a reference into `file`, in pieces.

        Raises:
            InvalidInput: it is no reference, or what it refers to is gone.
        """
        artifact_id = _id_in(reference)
        try:
            facts = await self._own(artifact_id)
            with file.open("wb") as target:
                async for chunk in self._files.stream(artifact_id, 0, facts.size):
                    target.write(chunk)
        except ArtifactMissing:
            raise _gone(artifact_id) from None

    async def _own(self, artifact_id: str) -> ArtifactFile:
        """Raises `ArtifactMissing` for another account's, as if it were not there."""
        facts = await self._files.head(artifact_id)
        if facts.owner != self._owner:
            raise ArtifactMissing(artifact_id)
        return facts


def _beginning(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(PREVIEW_BYTES)


def _check_size(size: int) -> None:
    if size > MAX_ARTIFACT_BYTES:
        raise PayloadTooLarge(
            f"the result has {size} bytes; an artifact may have {MAX_ARTIFACT_BYTES}"
        )


def _id_in(value: Json) -> str:
    found: Any = value.get(ARTIFACT_KEY) if is_artifact(value) else None  # type: ignore[union-attr]
    artifact_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(artifact_id, str):
        raise InvalidInput("this is no reference to an artifact")
    return artifact_id


def _gone(artifact_id: str) -> InvalidInput:
    return InvalidInput(f"artifact {artifact_id} does not exist any more")
