"""Every problem of a graph in one pass; nothing is executed."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from models.enums import NodeType, ToolType
from models.graph.graph import Graph
from models.graph.limits import MAX_EDGES, MAX_NODES
from models.graph.problems import Code, Known, Problem, Severity, nearest, problem
from models.graph.rules import RULES
from models.graph.shape import Shape
from models.graph.templates import expressions, outside
from models.graph.values import Json

_NODE_TYPES = frozenset(NodeType)
_TOOL_KINDS = frozenset(ToolType)
_SHOWN_FORM_PROBLEMS = 200


def validate_document(
    document: Mapping[str, Json], known: Known | None = None
) -> tuple[Graph | None, list[Problem]]:
    """The graph in a document and everything that is wrong with it.

    Form comes first: while a field is missing or of the wrong kind there is no graph, and meaning
    is not looked at.
    """
    sizes = _too_large(document)
    if sizes:
        return None, sizes
    try:
        graph = Graph.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:_SHOWN_FORM_PROBLEMS]
        return None, [_form_problem(each, document) for each in found]
    return graph, validate(graph, known)


def validate(graph: Graph, known: Known | None = None) -> list[Problem]:
    """Everything that is wrong with a graph, errors first, in document order."""
    shape = Shape(graph)
    found = [each for rule in RULES for each in rule(graph, shape)]
    found += expressions(graph, shape)
    found += outside(graph, known or Known())
    return sorted(found, key=lambda each: each.severity is Severity.WARNING)


def errors_in(problems: Sequence[Problem]) -> list[Problem]:
    """Those that keep a graph from running."""
    return [each for each in problems if each.severity is Severity.ERROR]


def topology(graph: Graph) -> list[list[str]]:
    """Keys of the top-level nodes by layer: a node comes after everything that leads to it."""
    shape = Shape(graph)
    layers: dict[int, list[str]] = {}
    for key, layer in shape.layers.items():
        if shape.by_key[key].parent is None:
            layers.setdefault(layer, []).append(key)
    return [layers[layer] for layer in sorted(layers)]


def _too_large(document: Mapping[str, Json]) -> list[Problem]:
    found = []
    for name, limit in (("nodes", MAX_NODES), ("edges", MAX_EDGES)):
        items = document.get(name)
        if isinstance(items, list) and len(items) > limit:
            found.append(
                problem(
                    Code.GRAPH_TOO_LARGE,
                    f"the graph has {len(items)} {name}; at most {limit} are allowed",
                    path=name,
                    suggestion="move a part into a workflow of its own and call it",
                )
            )
    return found


# Form --------------------------------------------------------------------------------------------


def _form_problem(error: Any, document: Mapping[str, Json]) -> Problem:
    location: tuple[int | str, ...] = error["loc"]
    node = _item(document, "nodes", location)
    edge = _item(document, "edges", location)
    key = node.get("key") if node is not None else None
    message, suggestion = _words(error, node)
    path = _path(location, node)
    return problem(
        Code.INVALID_NODE_CONFIG,
        message,
        nodes=[key] if isinstance(key, str) else [],
        edges=[str(edge["id"])] if edge is not None and edge.get("id") else [],
        path=path,
        suggestion=suggestion,
    )


def _item(
    document: Mapping[str, Json], name: str, location: tuple[int | str, ...]
) -> dict[str, Json] | None:
    items = document.get(name)
    if len(location) < 2 or location[0] != name or not isinstance(items, list):
        return None
    item = items[int(location[1])]
    return item if isinstance(item, dict) else None


def _path(location: tuple[int | str, ...], node: dict[str, Json] | None) -> str:
    """The place in the document: tags of unions, which pydantic names, are not in it."""
    parts = list(location)
    if node is not None and len(parts) > 2 and parts[2] == node.get("type", "trigger"):
        del parts[2]
    config = node.get("config") if node is not None else None
    kind = config.get("kind") if isinstance(config, dict) else None
    if len(parts) > 3 and parts[2] == "config" and parts[3] == kind:
        del parts[3]
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _words(error: Any, node: dict[str, Json] | None) -> tuple[str, str | None]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "union_tag_invalid":
        return _unknown_tag(str(context["tag"]), node)
    if kind == "union_tag_not_found":
        return "`type` is missing" if "type" in str(context) else "`kind` is missing", None
    if kind == "extra_forbidden":
        return "there is no such field", None
    if kind == "string_pattern_mismatch" and error["loc"][-1] in {
        "key",
        "source",
        "target",
        "parent",
    }:
        return "a key is lower-case letters, digits and `_`, and begins with a letter", None
    message = str(error["msg"])
    return message.removeprefix("Value error, "), None


def _unknown_tag(tag: str, node: dict[str, Json] | None) -> tuple[str, str | None]:
    tool = node is not None and node.get("type") == NodeType.TOOL
    known: list[str] = sorted(_TOOL_KINDS if tool else _NODE_TYPES)
    what = "kind of tool" if tool else "type of node"
    return f"there is no {what} `{tag}`", nearest(tag, known) or f"there are {', '.join(known)}"
