"""Artifacts as tools use them: references in, references out, typed errors."""

import asyncio
from pathlib import Path
from typing import Any

from activities.errors import InvalidInput, PayloadTooLarge
from models.artifacts import ArtifactFile, ArtifactFiles, ArtifactMissing
from models.graph.limits import MAX_ARTIFACT_BYTES
from models.graph.values import ARTIFACT_KEY, Json, is_artifact

_PREVIEW_CHARACTERS = 400
_PREVIEW_BYTES = _PREVIEW_CHARACTERS * 4
_TEXTUAL = ("text/", "application/json", "image/svg")


class Artifacts:
    """The store behind `ArtifactStore`."""

    def __init__(self, files: ArtifactFiles) -> None:
        self._files = files

    @classmethod
    def from_url(cls, url: str) -> "Artifacts":
        """See `ArtifactFiles.from_url`."""
        return cls(ArtifactFiles.from_url(url))

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> Json:
        """Store `data` and give its reference `{"$artifact": {id, size, content_type, …}}`.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """
        _check_size(len(data))
        file = await self._files.put(execution_id, data, content_type=content_type, name=name)
        return _reference(file, data[:_PREVIEW_BYTES])

    async def put_file(
        self, execution_id: str, file: Path, *, content_type: str, name: str | None = None
    ) -> Json:
        """The same for the bytes in `file`, which are read in pieces.

        Raises:
            PayloadTooLarge: over `MAX_ARTIFACT_BYTES`.
        """
        _check_size((await asyncio.to_thread(file.stat)).st_size)
        stored = await self._files.put_file(
            execution_id, file, content_type=content_type, name=name
        )
        return _reference(stored, await asyncio.to_thread(_beginning, file))

    async def get(self, reference: Json) -> bytes:
        """The bytes behind a reference.

        Raises:
            InvalidInput: it is no reference, or what it refers to is gone.
        """
        artifact_id = _id_in(reference)
        try:
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
            facts = await self._files.head(artifact_id)
            with file.open("wb") as target:
                async for chunk in self._files.stream(artifact_id, 0, facts.size):
                    target.write(chunk)
        except ArtifactMissing:
            raise _gone(artifact_id) from None


def _beginning(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(_PREVIEW_BYTES)


def _check_size(size: int) -> None:
    if size > MAX_ARTIFACT_BYTES:
        raise PayloadTooLarge(
            f"the result has {size} bytes; an artifact may have {MAX_ARTIFACT_BYTES}"
        )


def _reference(file: ArtifactFile, beginning: bytes) -> Json:
    facts: dict[str, Json] = {
        "id": file.id,
        "size": file.size,
        "content_type": file.content_type,
        "sha256": file.sha256,
    }
    if file.name is not None:
        facts["name"] = file.name
    if file.content_type.startswith(_TEXTUAL):
        facts["preview"] = _preview(beginning)
    return {ARTIFACT_KEY: facts}


def _id_in(reference: Json) -> str:
    found: Any = reference.get(ARTIFACT_KEY) if is_artifact(reference) else None  # type: ignore[union-attr]
    artifact_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(artifact_id, str):
        raise InvalidInput("this is no reference to an artifact")
    return artifact_id


def _gone(artifact_id: str) -> InvalidInput:
    return InvalidInput(f"artifact {artifact_id} does not exist any more")


def _preview(data: bytes) -> str:
    text = data.decode(errors="replace")[:_PREVIEW_CHARACTERS]
    return text.replace("\x00", "\ufffd")
