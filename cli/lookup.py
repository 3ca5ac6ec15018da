"""Finds what people name: a workflow or an execution by id or by name."""

from typing import Any
from uuid import UUID

from cli.client import ApiClient
from cli.exits import BadInput

_SEARCHED = 10_000


def find_workflow(client: ApiClient, reference: str) -> dict[str, Any]:
    """The workflow with this id or, uniquely, this name; raises `BadInput`."""
    if _is_id(reference):
        workflow: dict[str, Any] = client.get(f"/workflows/{reference}")
        return workflow
    found = [w for w in client.items("/workflows", _SEARCHED) if w["name"] == reference]
    if not found:
        raise BadInput(f"no workflow is named {reference!r}; see `pastetrader workflow list`")
    if len(found) > 1:
        ids = ", ".join(workflow["id"] for workflow in found)
        raise BadInput(f"{len(found)} workflows are named {reference!r}: give an id ({ids})")
    return found[0]


def _is_id(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True
