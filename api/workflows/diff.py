"""Two graph documents compared, node by node and edge by edge."""

from typing import Any

from api.workflows.schemas import Diff, NodeChange
from models.graph.values import Json

Document = dict[str, Any]
_SETTINGS = ("name", "description", "variables", "failure_mode", "output")
_ENDS = ("source", "target", "source_handle", "target_handle")


def compare(before: Document, after: Document) -> Diff:
    """What changed from `before` to `after`; positions count as fields like others."""
    old, new = _nodes(before), _nodes(after)
    old_edges, new_edges = _edges(before), _edges(after)
    return Diff(
        nodes_added=[key for key in new if key not in old],
        nodes_removed=[key for key in old if key not in new],
        nodes_changed=[
            NodeChange(key=key, fields=_changed(old[key], new[key]))
            for key in new
            if key in old and old[key] != new[key]
        ],
        edges_added=[edge for ends, edge in new_edges.items() if ends not in old_edges],
        edges_removed=[edge for ends, edge in old_edges.items() if ends not in new_edges],
        edges_changed=[
            edge
            for ends, edge in new_edges.items()
            if ends in old_edges and _without_id(old_edges[ends]) != _without_id(edge)
        ],
        settings_changed=[name for name in _SETTINGS if before.get(name) != after.get(name)],
    )


def _nodes(document: Document) -> dict[str, Document]:
    return {node["key"]: node for node in document.get("nodes", [])}


def _edges(document: Document) -> dict[tuple[Json, ...], Document]:
    return {tuple(edge.get(end) for end in _ENDS): edge for edge in document.get("edges", [])}


def _without_id(edge: Document) -> Document:
    return {name: value for name, value in edge.items() if name != "id"}


def _changed(before: Json, after: Json, path: str = "") -> list[str]:
    """Paths of the fields that differ; lists are compared as a whole."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [path] if before != after else []
    found = []
    for name in sorted(before.keys() | after.keys()):
        inner = f"{path}.{name}" if path else name
        if name not in before or name not in after:
            found.append(inner)
        else:
            found += _changed(before[name], after[name], inner)
    return found
