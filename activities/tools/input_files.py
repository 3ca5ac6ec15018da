"""Artifacts among a tool's inputs: fetched to the worker's disk, and shown to its box."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from activities.context import ToolContext
from activities.errors import InvalidInput, PayloadTooLarge
from activities.tools.file_names import safe_name
from models.graph.values import ARTIFACT_KEY, Json, is_artifact

FOLDER = "/in"
PATH_KEY = "path"
MAX_INPUT_FILES = 100
MAX_INPUT_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Placed:
    """Inputs whose artifacts have a place in the box.

    Attributes:
        inputs: Each reference in them has its path in the box beside it, as `path`.
        binds: Path in the box → file of the worker.
    """

    inputs: dict[str, Json]
    binds: dict[str, Path] = field(default_factory=dict)


async def place(inputs: dict[str, Json], context: ToolContext) -> Placed:
    """Fetch every artifact that `inputs` refer to, each once.

    Raises:
        InvalidInput: a reference is malformed, its artifact is gone, or there are too many.
        PayloadTooLarge: together they are over `MAX_INPUT_BYTES`.
    """
    references = dict(_references(inputs, ""))
    if not references:
        return Placed(inputs)
    if len(references) > MAX_INPUT_FILES:
        raise InvalidInput(f"the inputs hold more than {MAX_INPUT_FILES} artifacts; pass fewer")
    paths: dict[str, str] = {}
    binds: dict[str, Path] = {}
    left = MAX_INPUT_BYTES
    for number, (artifact_id, reference) in enumerate(references.items()):
        file = context.scratch.folder() / f"in-{number}"
        await context.artifacts.fetch(reference, file)
        file.chmod(0o644)  # for the account of the box
        left -= file.stat().st_size
        if left < 0:
            raise PayloadTooLarge(f"the artifacts have more than {MAX_INPUT_BYTES >> 20} MB")
        paths[artifact_id] = _free_path(reference, binds)
        binds[paths[artifact_id]] = file
    return Placed({name: _with_paths(value, paths) for name, value in inputs.items()}, binds)


def _references(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Id and reference of every artifact in a JSON value."""
    if is_artifact(value):
        facts = value[ARTIFACT_KEY]
        artifact_id = facts.get("id") if isinstance(facts, dict) else None
        if not isinstance(artifact_id, str):
            raise InvalidInput(f"inputs{where} is no reference to an artifact: it has no id")
        yield artifact_id, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _references(item, f"{where}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, f"{where}[{index}]")


def _free_path(reference: Any, taken: dict[str, Path]) -> str:
    facts = reference[ARTIFACT_KEY]
    name = safe_name(facts.get("name"), facts.get("content_type"))
    names = (f"{FOLDER}/{number}-{name}" if number else f"{FOLDER}/{name}" for number in count())
    return next(path for path in names if path not in taken)


def _with_paths(value: Json, paths: dict[str, str]) -> Json:
    if is_artifact(value):
        facts: Any = value[ARTIFACT_KEY]  # type: ignore[index, call-overload]  # an object: it was asked
        return {ARTIFACT_KEY: facts, PATH_KEY: paths[facts["id"]]}
    if isinstance(value, dict):
        return {name: _with_paths(item, paths) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_paths(item, paths) for item in value]
    return value
