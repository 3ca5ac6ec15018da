"""Artifacts of an attempt that knows secrets: they are taken out before anything is stored."""

import asyncio
from pathlib import Path

from activities.context import ArtifactStore
from activities.scrubbing import Scrubber
from models.graph.values import Json


class CleanArtifacts:
    """The store of one attempt; see `ArtifactStore`."""

    def __init__(self, store: ArtifactStore, scrubber: Scrubber) -> None:
        self._store = store
        self._scrubber = scrubber

    def of(self, owner_id: str) -> "CleanArtifacts":
        """See `ArtifactStore.of`."""
        return CleanArtifacts(self._store.of(owner_id), self._scrubber)

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> Json:
        """See `ArtifactStore.put`."""
        clean = await asyncio.to_thread(self._scrubber.data, data)
        return await self._store.put(
            execution_id, clean, content_type=content_type, name=self._name(name)
        )

    async def put_file(
        self, execution_id: str, file: Path, *, content_type: str, name: str | None = None
    ) -> Json:
        """See `ArtifactStore.put_file`; `file` itself is rewritten."""
        await asyncio.to_thread(self._scrubber.file, file)
        return await self._store.put_file(
            execution_id, file, content_type=content_type, name=self._name(name)
        )

    async def get(self, reference: Json) -> bytes:
        """See `ArtifactStore.get`."""
        return await self._store.get(reference)

    async def fetch(self, reference: Json, file: Path) -> None:
        """See `ArtifactStore.fetch`."""
        await self._store.fetch(reference, file)

    def _name(self, name: str | None) -> str | None:
        return None if name is None else self._scrubber.text(name)
