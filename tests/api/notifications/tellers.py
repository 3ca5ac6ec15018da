"""What tests of notifications do over and over."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.api.fixtures import Api


def divides() -> dict[str, Any]:
    """A workflow that fails for n = 0, without a sandbox."""
    return {
        "name": f"divides {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "share", "type": "adapter", "config": {"output": "{{ 12 / input.n }}"}},
        ],
        "edges": [{"source": "start", "target": "share"}],
    }


async def rule(client: Api, channel: str, *occasions: str, **more: Any) -> str:
    """Id of a new notification; `more` is its `workflow_id`, and its configuration."""
    body = {
        "name": f"{channel} {uuid4().hex}",
        "channel": channel,
        "occasions": list(occasions) or ["failed"],
        "workflow_id": more.pop("workflow_id", None),
        "config": more,
    }
    answer = await client.post("/notifications", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def notices(client: Api, rule_id: str) -> list[dict[str, Any]]:
    """What the rule told, newest first."""
    answer = await client.get(f"/notifications/{rule_id}/notices")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def settled(client: Api, rule_id: str, many: int = 1) -> list[Any]:
    """What the rule told, once `many` are told or given up."""
    return await until(client, rule_id, lambda each: each["status"] != "pending", many)


async def until(
    client: Api, rule_id: str, wanted: Callable[[dict[str, Any]], bool], many: int = 1
) -> list[Any]:
    """What the rule told, once `many` are as `wanted`."""
    async with asyncio.timeout(30):
        while True:
            found = await notices(client, rule_id)
            if sum(map(wanted, found)) >= many:
                return found
            await asyncio.sleep(0.1)
