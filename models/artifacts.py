"""The artifact store: bytes by content, on a disk or in a bucket."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obstore.store import ObjectStore, from_url

from models.graph.values import ARTIFACT_KEY, Json

if TYPE_CHECKING:
    from obstore import ObjectMeta  # for types only

_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})")
_EXECUTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHUNK_BYTES = 256 * 1024
_PREVIEW_CHARACTERS = 400
PREVIEW_BYTES = _PREVIEW_CHARACTERS * 4
_TEXTUAL = ("text/", "application/json", "image/svg")


class ArtifactMissing(Exception):
    """There is no such artifact."""


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """What is known of an artifact; `id` is `{execution id}.{first half of its sha256}`.

    `owner` is the account whose run made it, the only one whose runs may read it.
    """

    id: str
    size: int
    content_type: str
    sha256: str
    name: str | None = None
    owner: str = ""


def execution_of(artifact_id: str) -> str:
    """The execution that an artifact belongs to.

    Raises:
        ArtifactMissing: no artifact has such an id.
    """
    return _parts(artifact_id)[0]


def reference(file: ArtifactFile, beginning: bytes) -> Json:
    """What stands for an artifact in values: `{"$artifact": {id, size, content_type, …}}`.

    `beginning` are its first `PREVIEW_BYTES`, shown as `preview` when they are text.
    """
    facts: dict[str, Json] = {
        "id": file.id,
        "size": file.size,
        "content_type": file.content_type,
        "sha256": file.sha256,
    }
    if file.name is not None:
        facts["name"] = file.name
    if file.content_type.startswith(_TEXTUAL):
        text = beginning.decode(errors="replace")[:_PREVIEW_CHARACTERS]
        facts["preview"] = text.replace("\x00", "\ufffd")
    return {ARTIFACT_KEY: facts}


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
        self,
        execution_id: str,
        data: bytes,
        *,
        content_type: str,
        name: str | None = None,
        owner: str = "",
    ) -> ArtifactFile:
        """Store `data`; storing it again changes nothing but the name."""
        digest = hashlib.sha256(data).hexdigest()
        artifact_id = f"{execution_id}.{digest[:32]}"
        file = ArtifactFile(artifact_id, len(data), content_type, digest, name, owner)
        await self._write(file, data)
        return file

    async def put_file(
        self,
        execution_id: str,
        source: Path,
        *,
        content_type: str,
        name: str | None = None,
        owner: str = "",
    ) -> ArtifactFile:
        """The same for the bytes in `source`, which are read in pieces."""
        size, digest = await asyncio.to_thread(_measure, source)
        artifact_id = f"{execution_id}.{digest[:32]}"
        file = ArtifactFile(artifact_id, size, content_type, digest, name, owner)
        await self._write(file, source)
        return file

    async def _write(self, file: ArtifactFile, data: bytes | Path) -> None:
        path = _path(file.id)
        # A file goes in parts, of which as many as are under way are in memory.
        await self._store.put_async(path, data, max_concurrency=2)
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

    async def executions(self) -> list[str]:
        """Ids of all executions that have artifacts."""
        found = await self._store.list_with_delimiter_async()
        return [name for name in found["common_prefixes"] if _EXECUTION.fullmatch(name)]

    async def newest(self, execution_id: str) -> datetime | None:
        """When the execution's last artifact was stored; None when it has none."""
        times = [meta["last_modified"] async for meta in self._listed(execution_id)]
        return max(times, default=None)

    async def remove(self, execution_id: str) -> int:
        """Remove all artifacts of an execution; how many objects that were."""
        paths = [meta["path"] async for meta in self._listed(execution_id)]
        # What is known of them first: an artifact without that is not there any more.
        for path in sorted(paths, key=lambda path: not path.endswith(".json")):
            with suppress(FileNotFoundError):
                await self._store.delete_async(path)
        return len(paths)

    async def _listed(self, execution_id: str) -> AsyncIterator["ObjectMeta"]:
        async for page in self._store.list(prefix=execution_id):
            for meta in page:
                yield meta


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
