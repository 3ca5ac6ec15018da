"""Workflow files and inputs as people hand them over on the command line."""

import json
import sys
from pathlib import Path
from typing import Any

from cli.client import ApiClient
from cli.exits import BadInput
from models.graph.document import DocumentProblem, parse_document

_TYPES = {".yaml": "application/yaml", ".yml": "application/yaml", ".json": "application/json"}


def looks_like_file(target: str) -> bool:
    """Whether a FILE|NAME argument means a file."""
    return Path(target).suffix in _TYPES or Path(target).is_file()


def read_workflow_file(path: Path) -> tuple[str, str]:
    """(text, content type) of a workflow document; raises `BadInput`."""
    content_type = _TYPES.get(path.suffix)
    if content_type is None:
        raise BadInput(f"{path}: a workflow file ends in .yaml, .yml or .json")
    return _read(path), content_type


def read_json(given: str | None) -> Any:
    """The value of `JSON`, `@file` or `-` for standard input; an empty object for None."""
    if given is None:
        return {}
    try:
        return json.loads(read_text(given))
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"the input is not JSON: {error}") from error


def read_text(given: str) -> str:
    """A text as it is, what is in `@file`, or `-` for standard input; raises `BadInput`."""
    if given == "-":
        return sys.stdin.read()
    return _read(Path(given[1:])) if given.startswith("@") else given


def read_object(path: Path) -> dict[str, Any]:
    """The object in a YAML or JSON file, `-` for standard input; raises `BadInput`."""
    try:
        found = parse_document(_read(path).encode(), _TYPES.get(path.suffix, "application/yaml"))
    except DocumentProblem as error:
        raise BadInput(f"{path}: {error}") from error
    return dict(found)


def import_file(client: ApiClient, path: Path, on_conflict: str = "fail") -> dict[str, Any]:
    """Import a workflow file; the workflow as the API gives it.

    `on_conflict` says what happens when the name is taken: `fail`, `rename` or `replace`.
    """
    text, content_type = read_workflow_file(path)
    target = f"/workflows/import?on_conflict={on_conflict}"
    workflow: dict[str, Any] = client.post_document(target, text, content_type)
    return workflow


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
