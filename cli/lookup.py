"""Finds what people name: a workflow or an agent, by id or by name."""

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


def find_agent(client: ApiClient, reference: str) -> dict[str, Any]:
    """The agent with this id or name, ones own before a public one; raises `BadInput`."""
    found = [
        agent
        for agent in client.items("/agents", _SEARCHED)
        if reference in {agent["id"], agent["name"]}
    ]
    if not found:
        raise BadInput(f"no agent is named {reference!r}; see `pastetrader agent list`")
    if len(found) == 1:
        return found[0]
    me = client.get("/auth/me")["id"]
    return min(found, key=lambda agent: bool(agent["owner_id"] != me))


def _is_id(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True
