"""The examples that ship with PasteTrader, to look at and to copy."""

import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import SettingsDep, UserDep
from models.graph.document import parse_document
from models.graph.values import Json

router = APIRouter(prefix="/examples", tags=["examples"])


class Example(BaseModel):
    """A graph document with an input that it runs on."""

    name: str
    description: str
    graph: dict[str, Json]
    input: Json


class ExampleList(BaseModel):
    """All of them, those with most to show first."""

    items: list[Example]


@router.get("")
async def list_examples(user: UserDep, settings: SettingsDep) -> ExampleList:
    """The examples, each ready to import."""
    return ExampleList(items=_examples(settings.examples))


@cache
def _examples(folder: Path) -> list[Example]:
    found = [_read(file) for file in sorted(folder.glob("*/workflow.yaml"))]
    return sorted(found, key=_nodes, reverse=True)


def _nodes(example: Example) -> int:
    nodes = example.graph["nodes"]
    return len(nodes) if isinstance(nodes, list) else 0


def _read(file: Path) -> Example:
    graph = parse_document(file.read_bytes(), "application/yaml")
    given = file.with_name("input.json")
    return Example(
        name=str(graph["name"]),
        description=str(graph.get("description", "")),
        graph=graph,
        input=json.loads(given.read_bytes()) if given.exists() else {},
    )
