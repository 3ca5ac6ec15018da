"""Artifacts as tools use them: references in, references out, typed errors."""

from typing import Any

from activities.errors import InvalidInput, PayloadTooLarge
from models.artifacts import ArtifactFiles, ArtifactMissing
from models.graph.limits import MAX_ARTIFACT_BYTES
from models.graph.values import ARTIFACT_KEY, Json, is_artifact

_PREVIEW_CHARACTERS = 400
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
        if len(data) > MAX_ARTIFACT_BYTES:
            raise PayloadTooLarge(
                f"the result has {len(data)} bytes; an artifact may have {MAX_ARTIFACT_BYTES}"
            )
        file = await self._files.put(execution_id, data, content_type=content_type, name=name)
        facts: dict[str, Json] = {
            "id": file.id,
            "size": file.size,
            "content_type": content_type,
            "sha256": file.sha256,
        }
        if name is not None:
            facts["name"] = name
        if content_type.startswith(_TEXTUAL):
            facts["preview"] = _preview(data)
        return {ARTIFACT_KEY: facts}

    async def get(self, reference: Json) -> bytes:
        """The bytes behind a reference.

        Raises:
            InvalidInput: it is no reference, or what it refers to is gone.
        """
        found: Any = reference.get(ARTIFACT_KEY) if is_artifact(reference) else None  # type: ignore[union-attr]
        artifact_id = found.get("id") if isinstance(found, dict) else None
        if not isinstance(artifact_id, str):
            raise InvalidInput("this is no reference to an artifact")
        try:
            return await self._files.get(artifact_id)
        except ArtifactMissing:
            raise InvalidInput(f"artifact {artifact_id} does not exist any more") from None


def _preview(data: bytes) -> str:
    text = data[: _PREVIEW_CHARACTERS * 4].decode(errors="replace")[:_PREVIEW_CHARACTERS]
    return text.replace("\x00", "\ufffd")
