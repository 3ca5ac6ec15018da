"""SIGKILL of the API between taking a delivery and starting its run: nothing lost, nothing twice."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import time
from typing import Any
from uuid import uuid4

import pytest

from chaos import graphs
from chaos.client import Client
from chaos.sink import Sink
from chaos.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
VALUE = "chaos-hook-secret"


async def test_a_delivery_survives_its_api_before_it_is_started(
    stack: Stack, client: Client, sink: Sink
) -> None:
    document, wanted = graphs.chain(f"http://{sink.authority}/", 3, 0)
    workflow_id = await client.publish(document)
    hook = await webhook(client, workflow_id)
    before = len(sink.effects())
    os.kill(stack.pids["temporal"], signal.SIGSTOP)
    try:
        sending = asyncio.create_task(deliver(client, hook))
        execution_id = await until_taken(client, hook)
        await stack.kill("api")
    finally:
        os.kill(stack.pids["temporal"], signal.SIGCONT)
    assert (await sending)["id"] == execution_id, "the sender tries again, and is told the same"
    ended = await client.until_ended(execution_id)
    assert (ended["status"], ended["output"]) == ("completed", wanted)
    listed = await client.send("GET", "/executions", params={"workflow_id": workflow_id})
    assert [row["id"] for row in listed["items"]] == [execution_id]
    keys = [effect.key for effect in sink.effects()[before:]]
    assert len(keys) == len(set(keys)) == 3


async def webhook(client: Client, workflow_id: str) -> str:
    """Id of a new webhook."""
    await client.send("PUT", "/secrets/CHAOS_HOOK", json={"value": VALUE})
    body = {
        "workflow_id": workflow_id,
        "name": f"hook {uuid4().hex}",
        "config": {"type": "webhook", "secret": "CHAOS_HOOK", "input": {}},
    }
    return str((await client.send("POST", "/triggers", json=body))["id"])


async def deliver(client: Client, hook: str) -> dict[str, Any]:
    """What a sender is told who tries until somebody answers."""
    body, stamp = json.dumps({"n": 1}), str(int(time.time()))
    digest = hmac.new(
        VALUE.encode(), f"{stamp}.delivered-once.{body}".encode(), hashlib.sha256
    ).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-PasteTrader-Timestamp": stamp,
        "X-PasteTrader-Signature": f"sha256={digest}",
        "X-PasteTrader-Delivery": "delivered-once",
    }
    found: dict[str, Any] = await client.send(
        "POST", f"/hooks/{hook}", content=body, headers=headers
    )
    return found


async def until_taken(client: Client, hook: str) -> str:
    """Id of the run of the first delivery, once its row is there."""
    async with asyncio.timeout(30):
        while True:
            found = await client.send("GET", f"/triggers/{hook}/deliveries")
            if found["items"]:
                return str(found["items"][0]["execution_id"])
            await asyncio.sleep(0.05)
