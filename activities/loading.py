"""References to JSON and text become values again, for tools that work on values."""

from typing import Any

import orjson

from activities.context import ArtifactStore
from activities.errors import PayloadTooLarge
from models.graph.values import ARTIFACT_KEY, Json, is_artifact

MAX_BYTES = 32 * 1024 * 1024


async def loaded(artifacts: ArtifactStore, value: Json) -> Json:
    """`value` with what its references to JSON and text hold; other references stay.

    Raises:
        PayloadTooLarge: together they are over `MAX_BYTES`; Python and Shell get files instead.
        InvalidInput: an artifact is gone.
    """
    return await _Loading(artifacts).value(value)


class _Loading:
    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._left = MAX_BYTES

    async def value(self, value: Json) -> Json:
        if is_artifact(value):
            return await self._artifact(value)
        if isinstance(value, dict):
            return {key: await self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [await self.value(item) for item in value]
        return value

    async def _artifact(self, reference: Any) -> Json:
        facts = reference[ARTIFACT_KEY]
        content_type = str(facts.get("content_type", "")) if isinstance(facts, dict) else ""
        kind = content_type.partition(";")[0]
        if kind != "application/json" and not kind.startswith("text/"):
            return reference  # type: ignore[no-any-return]
        size = facts.get("size")
        self._left -= size if isinstance(size, int) else 0
        if self._left < 0:
            raise PayloadTooLarge(
                f"the artifacts in the inputs are over {MAX_BYTES // 1024**2} MB together; "
                "give them to a Python or Shell tool, which gets them as files"
            )
        data = await self._artifacts.get(reference)
        try:
            found: Json = orjson.loads(data) if kind == "application/json" else data.decode()
        except ValueError:
            return reference  # type: ignore[no-any-return]
        return found
