"""The artifact store: bytes by content, on a disk or in a bucket."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from obstore.store import ObjectStore, from_url

_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})")
_CHUNK_BYTES = 256 * 1024


class ArtifactMissing(Exception):
    """There is no such artifact."""


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """What is known of an artifact; `id` is `{execution id}.{first half of its sha256}`."""

    id: str
    size: int
    content_type: str
    sha256: str
    name: str | None = None


def execution_of(artifact_id: str) -> str:
    """The execution that an artifact belongs to.

    Raises:
        ArtifactMissing: no artifact has such an id.
    """
    return _parts(artifact_id)[0]


class ArtifactFiles:
    """Two objects an artifact: its bytes, and what is known of them. Same bytes, same id."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def from_url(cls, url: str, **options: Any) -> "ArtifactFiles":
        """A store for `file:///…`, `s3://…`, `gs://…`, `az://…` or `memory:///`."""
        if url.startswith("file:"):
            options["mkdir"] = True
        return cls(from_url(url, **options))

    async def put(
        self, execution_id: str, data: bytes, *, content_type: str, name: str | None = None
    ) -> ArtifactFile:
        """Store `data`; storing it again changes nothing but the name."""
        digest = hashlib.sha256(data).hexdigest()
        file = ArtifactFile(f"{execution_id}.{digest[:32]}", len(data), content_type, digest, name)
        await self._write(file, data)
        return file

    async def put_file(
        self, execution_id: str, source: Path, *, content_type: str, name: str | None = None
    ) -> ArtifactFile:
        """The same for the bytes in `source`, which are read in pieces."""
        size, digest = await asyncio.to_thread(_measure, source)
        file = ArtifactFile(f"{execution_id}.{digest[:32]}", size, content_type, digest, name)
        await self._write(file, source)
        return file

    async def _write(self, file: ArtifactFile, data: bytes | Path) -> None:
        path = _path(file.id)
        await self._store.put_async(path, data)
        # Last: what has facts has all its bytes.
        await self._store.put_async(f"{path}.json", json.dumps(asdict(file)).encode())

    async def head(self, artifact_id: str) -> ArtifactFile:
        """What is known of an artifact; raises `ArtifactMissing`."""
        try:
            found = await self._store.get_async(f"{_path(artifact_id)}.json")
            return ArtifactFile(**json.loads(bytes(await found.bytes_async())))
        except FileNotFoundError:
            raise ArtifactMissing(artifact_id) from None

    async def get(self, artifact_id: str) -> bytes:
        """All bytes; raises `ArtifactMissing`."""
        try:
            found = await self._store.get_async(_path(artifact_id))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise ArtifactMissing(artifact_id) from None

    async def stream(self, artifact_id: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, in chunks; raises `ArtifactMissing`."""
        if start == end:
            return
        try:
            found = await self._store.get_async(_path(artifact_id), options={"range": (start, end)})
        except FileNotFoundError:
            raise ArtifactMissing(artifact_id) from None
        async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
            yield bytes(chunk)


def _measure(file: Path) -> tuple[int, str]:
    """Size and SHA-256."""
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        return source.tell(), digest


def _parts(artifact_id: str) -> tuple[str, str]:
    found = _ID.fullmatch(artifact_id)
    if found is None:
        raise ArtifactMissing(artifact_id)
    return found.group(1), found.group(2)


def _path(artifact_id: str) -> str:
    execution_id, digest = _parts(artifact_id)
    return f"{execution_id}/{digest}"
