"""SIGKILL of each part in the middle of a run: nothing lost, nothing twice, nothing invented."""

import asyncio
import os
import signal
from typing import Any
from uuid import uuid4

import pytest

from chaos import graphs
from chaos.client import Client
from chaos.history import finished_locally, finished_tools
from chaos.sink import Effect, Sink
from chaos.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PARTS = ("worker-1", "api", "temporal", "postgres")
# A call that reached the sink just before its completion was recorded is not a second run.
CLOCK_SLACK_SECONDS = 0.05


def forty(sink: Sink) -> tuple[dict[str, Any], Any, int]:
    """A chain, its result, and after how many effects to strike."""
    return (*graphs.chain(f"http://{sink.authority}/", 40, 0.03), 15)


def hundred(sink: Sink) -> tuple[dict[str, Any], Any, int]:
    """A parallel of 100, likewise."""
    return (*graphs.fan(f"http://{sink.authority}/", 100, 0.2), 35)


@pytest.mark.parametrize("shape", [forty, hundred], ids=["chain of 40", "parallel of 100"])
@pytest.mark.parametrize("part", PARTS)
async def test_a_killed_part_costs_nothing_but_time(
    stack: Stack, client: Client, sink: Sink, part: str, shape: Any
) -> None:
    document, wanted, strike_after = shape(sink)
    workflow_id = await client.publish(document)
    before = len(sink.effects())
    execution_id = await client.start(workflow_id)
    await until_effects(sink, before + strike_after)
    await stack.kill(part)
    ended = await client.until_ended(execution_id)
    assert ended["status"] == "completed", ended["error"]
    assert ended["output"] == wanted
    await no_finished_node_ran_again(client, execution_id, sink.effects()[before:])
    await mirror_equals_history(client, execution_id)


async def test_an_api_killed_between_accepting_and_starting_starts_once(
    stack: Stack, client: Client, sink: Sink
) -> None:
    document, wanted = graphs.chain(f"http://{sink.authority}/", 3, 0)
    workflow_id = await client.publish(document | {"name": f"accepted {uuid4().hex}"})
    headers = {"Idempotency-Key": str(uuid4())}
    path = f"/workflows/{workflow_id}/executions"
    before = len(sink.effects())
    os.kill(stack.pids["temporal"], signal.SIGSTOP)
    try:
        waiting = asyncio.create_task(
            client.send("POST", path, json={"input": {}}, headers=headers)
        )
        execution_id = await until_accepted(client, workflow_id)
        await stack.kill("api")
    finally:
        os.kill(stack.pids["temporal"], signal.SIGCONT)
    assert (await waiting)["id"] == execution_id
    ended = await client.until_ended(execution_id)
    assert (ended["status"], ended["output"]) == ("completed", wanted)
    listed = await client.send("GET", "/executions", params={"workflow_id": workflow_id})
    assert [row["id"] for row in listed["items"]] == [execution_id]
    keys = [effect.key for effect in sink.effects()[before:]]
    assert len(keys) == len(set(keys)) == 3


async def until_effects(sink: Sink, count: int) -> None:
    """Wait until that many effects are on disk."""
    async with asyncio.timeout(60):
        while True:
            if len(sink.effects()) >= count:
                return
            await asyncio.sleep(0.01)


async def until_accepted(client: Client, workflow_id: str) -> str:
    """Id of the first execution of a workflow, once its row is there."""
    async with asyncio.timeout(30):
        while True:
            listed = await client.send("GET", "/executions", params={"workflow_id": workflow_id})
            if listed["items"]:
                return str(listed["items"][0]["id"])
            await asyncio.sleep(0.05)


async def no_finished_node_ran_again(
    client: Client, execution_id: str, effects: list[Effect]
) -> None:
    """Each node completed once, and nothing called for it after that."""
    finishes = finished_tools(await client.history(execution_id))
    ends = {(finish.node, finish.path): finish.at for finish in finishes}
    assert len(ends) == len(finishes)
    assert {(effect.node, effect.path) for effect in effects} == set(ends)
    late = [
        effect
        for effect in effects
        if effect.at > ends[effect.node, effect.path] + CLOCK_SLACK_SECONDS
    ]
    assert late == []
    by_key = {effect.key: (effect.node, effect.path) for effect in effects}
    assert len(by_key) == len(ends), "one idempotency key a node, the same for its attempts"


async def mirror_equals_history(client: Client, execution_id: str) -> None:
    """Every node that history finished is a completed row, no other row is, and a rebuild agrees."""
    events = await client.history(execution_id)
    wanted = {
        (finish.node, finish.path, finish.event_id)
        for finish in finished_tools(events)
        if "#" not in finish.node
    }
    local = {(finish.node, finish.path) for finish in finished_locally(events)}
    rows = await client.nodes(execution_id)
    remote_rows = {
        (row["node_key"], row["path"], row["temporal"]["scheduled_event_id"])
        for row in rows
        if row["node_type"] == "tool" and row["status"] == "completed"
    }
    assert remote_rows == wanted
    assert local <= {(row["node_key"], row["path"]) for row in rows if row["status"] == "completed"}
    await client.send("POST", f"/executions/{execution_id}/rebuild")
    rebuilt = await client.nodes(execution_id)
    assert [comparable(row) for row in rebuilt] == [comparable(row) for row in rows]


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what a rebuild may rename."""
    return {name: value for name, value in row.items() if name not in {"id", "links"}}
