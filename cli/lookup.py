"""Finds what people name: a workflow, a tool or an agent, by id or by name."""

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
    """The agent with this id or name, one's own before a public one; raises `BadInput`."""
    return _find_shared(client, "agent", reference)


def find_tool(client: ApiClient, reference: str) -> dict[str, Any]:
    """The tool with this id or name, one's own before a public one; raises `BadInput`."""
    return _find_shared(client, "tool", reference)


def find_trigger(client: ApiClient, reference: str) -> dict[str, Any]:
    """The trigger with this id or, uniquely, this name; raises `BadInput`."""
    if _is_id(reference):
        trigger: dict[str, Any] = client.get(f"/triggers/{reference}")
        return trigger
    found = [each for each in client.items("/triggers", _SEARCHED) if each["name"] == reference]
    if not found:
        raise BadInput(f"no trigger is named {reference!r}; see `pastetrader trigger list`")
    if len(found) > 1:
        ids = ", ".join(trigger["id"] for trigger in found)
        raise BadInput(f"{len(found)} triggers are named {reference!r}: give an id ({ids})")
    return found[0]


def register(client: ApiClient, path: str, document: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Store a tool or an agent under its name, over one's own of that name.

    What is stored, and whether it was there before.
    """
    me = client.get("/auth/me")["id"]
    wanted = (document.get("name"), me)
    known = [
        each for each in client.items(path, _SEARCHED) if (each["name"], each["owner_id"]) == wanted
    ]
    if known:
        return client.patch(f"{path}/{known[0]['id']}", document), True
    return client.post(path, document), False


def _find_shared(client: ApiClient, what: str, reference: str) -> dict[str, Any]:
    found = [
        each
        for each in client.items(f"/{what}s", _SEARCHED)
        if reference in {each["id"], each["name"]}
    ]
    if not found:
        raise BadInput(f"no {what} is named {reference!r}; see `pastetrader {what} list`")
    if len(found) == 1:
        return found[0]
    me = client.get("/auth/me")["id"]
    return min(found, key=lambda each: bool(each["owner_id"] != me))


def _is_id(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True
