"""What a box handed over: one line of JSON, and files that become artifacts. Nothing is trusted."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from activities.context import ToolContext
from activities.errors import InvalidOutput, PayloadTooLarge
from activities.sandbox import Result
from activities.sandbox.uninterrupted import uninterrupted
from activities.tools.box_files import MAX_FILES, MAX_FILES_BYTES
from activities.tools.file_names import UNKNOWN_TYPE, content_type_of, is_plain_path
from activities.tools.resource_limits import MAX_RESULT_BYTES, MIB
from models.graph.values import Json

_CHANGED = "the files changed while they were handed over; end what still writes to them"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of the worker's disk; `name` is a relative path, None for bytes without one."""

    path: Path
    name: str | None
    size: int

    async def store(self, context: ToolContext) -> Json:
        """The reference of the artifact that it becomes."""
        kind = UNKNOWN_TYPE if self.name is None else content_type_of(self.name)
        name = None if self.name is None else self.name.rpartition("/")[2]
        reference = await context.artifacts.put_file(
            context.execution_id, self.path, content_type=kind, name=name
        )
        self.path.unlink()
        return reference


@dataclass(frozen=True, slots=True)
class Received:
    """What a box handed over.

    Attributes:
        header: The line of JSON, None when there is none.
        files: What it listed, in its order.
        rest: What follows an empty line in place of a header.
    """

    header: dict[str, Any] | None
    files: list[OutputFile] = field(default_factory=list)
    rest: bytes = b""


async def receive(result: Result, context: ToolContext) -> Received:
    """Read what a box handed over, its files into the attempt's folder.

    Raises:
        InvalidOutput: it is not what our part in the box writes.
        PayloadTooLarge: it is over `MAX_RESULT_BYTES`.
    """
    # A cancelled attempt loses its folder; nobody may write there any more by then.
    return await uninterrupted(asyncio.to_thread(_received, result, context.scratch.folder))


def _received(result: Result, folder: Callable[[], Path]) -> Received:
    with result.open() as stream:
        line = _limited(stream.readline(MAX_RESULT_BYTES + 2))
        if line in {b"", b"\n"}:
            return Received(None, rest=_limited(stream.read(MAX_RESULT_BYTES + 1)))
        header = _header(line)
        listed = list(_listed(header.pop("files", [])))
        if sum(size for _, size in listed) != result.size - stream.tell():
            raise InvalidOutput(_CHANGED)
        files = []
        for number, (name, size) in enumerate(listed):
            path = folder() / f"out-{number}"
            _copy(stream, path, size)
            files.append(OutputFile(path, name, size))
    return Received(header, files)


def _limited(data: bytes) -> bytes:
    if len(data.rstrip(b"\n")) > MAX_RESULT_BYTES:
        raise PayloadTooLarge(f"the result is larger than {MAX_RESULT_BYTES // MIB} MB")
    return data


def _header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidOutput(f"the result is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise InvalidOutput("the code wrote something else than its result")
    return header


def _listed(files: Any) -> Iterator[tuple[str | None, int]]:
    if not isinstance(files, list) or len(files) > MAX_FILES:
        raise InvalidOutput(f"the result lists no files, or more than {MAX_FILES}")
    left = MAX_FILES_BYTES
    for entry in files:
        match entry:
            case [None | str() as name, int() as size] if 0 <= size <= left:
                left -= size
            case _:
                raise InvalidOutput("the result lists something else than files")
        if name and not is_plain_path(name):
            raise InvalidOutput(
                f"the file name {name[:100]!a} cannot be used; "
                "choose one of at most 500 printable characters"
            )
        yield name, size


def _copy(stream: BinaryIO, path: Path, size: int) -> None:
    with path.open("wb") as target:
        while size:
            chunk = stream.read(min(size, MIB))
            if not chunk:
                raise InvalidOutput(_CHANGED)
            target.write(chunk)
            size -= len(chunk)


async def with_references(
    value: Json, files: list[OutputFile], token: str, context: ToolContext
) -> Json:
    """`value` with each place `{token: n}` taken by the artifact that file n became.

    Raises:
        InvalidOutput: a place names no file.
    """
    if not files:
        return value
    root: list[Json] = [value]
    stored: dict[int, Json] = {}
    for holder, key, number in _places(root, token):
        if not isinstance(number, int) or not 0 <= number < len(files):
            raise InvalidOutput("the result refers to a file that was not handed over")
        if number not in stored:
            file = files[number]
            if file.name is None:
                stem = key if isinstance(key, str) and is_plain_path(key) else "result"
                file = replace(file, name=f"{stem}.bin")
            stored[number] = await file.store(context)
        holder[key] = stored[number]
    return root[0]


def _places(value: Any, token: str) -> list[tuple[Any, Any, Any]]:
    """(container, key or index, n) of every place in a JSON value."""
    found: list[tuple[Any, Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key, item in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(item, dict) and token in item:
                found.append((holder, key, item[token]))
            elif isinstance(item, dict | list):
                waiting.append(item)
    return found
