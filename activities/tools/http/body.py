"""What a request carries: JSON, a form, parts, a text, or the bytes of an artifact."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx

from activities.context import ToolContext
from activities.errors import InvalidInput
from activities.tools.http.url import pairs, text
from models.graph.http import HttpConfig, MultipartPart
from models.graph.values import ARTIFACT_KEY, Json, is_artifact

_PIECE_BYTES = 64 * 1024
_PartFile = tuple[str | None, Any, str | None]


class FileStream(httpx.AsyncByteStream):
    """A file's bytes in pieces; each redirect may read them again."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces."""
        with self._file.open("rb") as source:
            while piece := source.read(_PIECE_BYTES):
                yield piece


@dataclass(frozen=True, slots=True)
class Content:
    """The body of a request.

    Attributes:
        given: Arguments for httpx's own encoders.
        content_type: Set unless the configuration sets one.
        file: Sent as it is instead of `given`.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    content_type: str | None = None
    file: Path | None = None

    def put_into(self, request: httpx.Request) -> None:
        """Give a request that httpx has built the body that it cannot build."""
        if self.file is not None:
            request.stream = FileStream(self.file)
            request.headers["Content-Length"] = str(self.file.stat().st_size)


async def content_of(config: HttpConfig, context: ToolContext, files: ExitStack) -> Content:
    """The body; files that it needs stay open in `files`.

    Raises:
        InvalidInput: an artifact is gone, or a part has an impossible content type.
    """
    if config.json_body is not None:
        if is_artifact(config.json_body):
            return await _artifact(config.json_body, context, "application/json")
        return Content({"json": config.json_body})
    if config.form is not None:
        return Content({"data": _grouped(config.form)})
    if config.multipart is not None:
        return await _parts(config.multipart, context, files)
    if isinstance(config.body, dict):
        return await _artifact(cast("Json", config.body), context, None)
    return Content({"content": config.body.encode()} if config.body is not None else {})


def _grouped(form: dict[str, Json]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs(form):
        grouped.setdefault(name, []).append(value)
    return grouped


async def _artifact(reference: Json, context: ToolContext, content_type: str | None) -> Content:
    file = context.scratch.folder() / "body"
    await context.artifacts.fetch(reference, file)
    kind = content_type or _fact(reference, "content_type") or "application/octet-stream"
    return Content(content_type=kind, file=file)


async def _parts(parts: list[MultipartPart], context: ToolContext, files: ExitStack) -> Content:
    found = [(each.name, await _part(each, i, context, files)) for i, each in enumerate(parts)]
    return Content({"files": [(name, part) for name, part in found if part is not None]})


async def _part(
    part: MultipartPart, index: int, context: ToolContext, files: ExitStack
) -> _PartFile | None:
    field_name = f"config.multipart[{index}]"
    if part.value is None:
        return None
    if not is_artifact(part.value):
        kind = part.content_type
        if kind is None and isinstance(part.value, dict | list):
            kind = "application/json"
        return part.filename, text(part.value).encode(), _one_line(kind, field_name)
    file = context.scratch.folder() / f"part-{index}"
    await context.artifacts.fetch(part.value, file)
    name = part.filename or _fact(part.value, "name") or part.name
    kind = part.content_type or _fact(part.value, "content_type")
    return name, files.enter_context(file.open("rb")), _one_line(kind, field_name)


def _one_line(content_type: str | None, field_name: str) -> str | None:
    """A content type goes into the part's head as it is, so it must not end that head."""
    if content_type is not None and not (content_type.isascii() and content_type.isprintable()):
        raise InvalidInput(f"{field_name}.content_type: is no content type such as text/csv")
    return content_type


def _fact(reference: Json, name: str) -> str | None:
    facts: Any = reference.get(ARTIFACT_KEY) if isinstance(reference, dict) else None
    found = facts.get(name) if isinstance(facts, dict) else None
    return found if isinstance(found, str) and found else None
