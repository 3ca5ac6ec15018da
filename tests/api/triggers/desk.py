"""What the tests of triggers do over and over."""

import asyncio
from datetime import datetime
from typing import Any

from tests.api.fixtures import Api, adapter_graph, published

HOURLY = {"type": "schedule", "schedule_type": "cron", "cron": "0 * * * *"}
LATER = {"type": "schedule", "schedule_type": "date", "at": "2079-01-01T00:00:00Z"}


def every(seconds: int, **more: Any) -> dict[str, Any]:
    """A schedule that fires each so many seconds."""
    return {"type": "schedule", "schedule_type": "interval", "every_seconds": seconds} | more


async def made(
    client: Api, config: dict[str, Any], workflow_id: str | None = None, **more: Any
) -> dict[str, Any]:
    """A trigger of a new workflow that needs no input, or of the one that is given."""
    workflow_id = workflow_id or await published(client, adapter_graph(output="{{ input }}"))
    body = {"workflow_id": workflow_id, "name": "often", "config": config} | more
    answer = await client.post("/triggers", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def fired(client: Api, trigger: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A firing that was asked for by hand."""
    answer = await client.post(f"/triggers/{trigger['id']}/fire", json=body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def history(client: Api, trigger: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    """Its firings, newest first."""
    answer = await client.get(f"/triggers/{trigger['id']}/history", params={"limit": 100} | params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def settled(client: Api, trigger: dict[str, Any], count: int = 1) -> list[dict[str, Any]]:
    """Its firings once there are so many, and all of them have started or never will."""
    async with asyncio.timeout(20):
        while True:
            found = await history(client, trigger)
            open_ = [row for row in found if row["status"] in {"waiting", "pending"}]
            if len(found) >= count and not open_:
                return found
            await asyncio.sleep(0.05)


async def until_done(client: Api, trigger: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Its firings once so many runs have ended."""
    async with asyncio.timeout(30):
        while True:
            found = await history(client, trigger)
            ended = [row for row in found if row["execution_status"] in {"completed", "cancelled"}]
            if len(ended) >= count:
                return found
            await asyncio.sleep(0.05)


async def deleted(client: Api, trigger: dict[str, Any]) -> None:
    """It is gone, and fires no more into other tests."""
    assert (await client.delete(f"/triggers/{trigger['id']}")).status_code == 204


def moments(rows: list[dict[str, Any]]) -> list[datetime]:
    """What the firings were scheduled for, in order."""
    return sorted(datetime.fromisoformat(row["scheduled_at"]) for row in rows)
