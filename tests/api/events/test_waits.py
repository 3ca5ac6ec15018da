"""Nodes that wait for an event."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from models.event import EventDelivery
from tests.api.fixtures import Api, ended, published, started


def name() -> str:
    """An event that no other test publishes."""
    return f"paid {uuid4().hex}"


def graph(event: str, *, timeout: bool = False, **config: Any) -> dict[str, Any]:
    """A run that waits for an event with the key `input.order`, and then says which came."""
    ways = ["came", "timeout"] if timeout else ["came"]
    outputs = [
        {"key": way, "type": "adapter", "config": {"output": "{{ nodes.wait.output }}"}}
        for way in ways
    ]
    wait = {"event": event, "key": "{{ input.order }}", **config}
    late = [{"source": "wait", "target": "timeout", "source_handle": "timeout"}] if timeout else []
    return {
        "name": f"waits {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "wait", "type": "event", "config": wait},
            *outputs,
        ],
        "edges": [
            {"source": "start", "target": "wait"},
            {"source": "wait", "target": "came"},
            *late,
        ],
    }


async def sent(client: Api, event: str, **body: Any) -> dict[str, Any]:
    """Publish an event."""
    answer = await client.post("/events", json={"name": event, **body})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def waiting(client: Api, run_id: str, count: int = 1) -> list[dict[str, Any]]:
    """The run's nodes that wait for an event, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            nodes = (await client.get(f"/executions/{run_id}")).json()["nodes"]
            found = [each for each in nodes if each["status"] == "waiting"]
            if len(found) == count:
                return found
            await asyncio.sleep(0.03)


async def woken(app: FastAPI, event_id: str) -> int:
    """How many nodes an event was matched with."""
    async with app.state.sessions() as session:
        matched = select(func.count()).where(EventDelivery.event_id == event_id)
        return int(await session.scalar(matched) or 0)


async def node(client: Api, run_id: str, key: str = "wait") -> dict[str, Any]:
    run = (await client.get(f"/executions/{run_id}")).json()
    (found,) = [each for each in run["nodes"] if each["node_key"] == key]
    return dict(found)


async def test_an_event_wakes_exactly_the_matching_key(editor: Api) -> None:
    event = name()
    workflow = await published(editor, graph(event))
    first = await started(editor, workflow, {"order": "A-1"})
    second = await started(editor, workflow, {"order": 2})
    (row,) = await waiting(editor, first)
    await waiting(editor, second)
    assert row["output"]["event"] == event
    assert row["output"]["key"] == "A-1"
    assert (await editor.get(f"/executions/{first}")).json()["status"] == "waiting"
    await sent(editor, name(), key="2")
    await sent(editor, event, key="B-1")
    await sent(editor, event)
    told = await sent(editor, event, key="2", payload={"amount": 12.5}, id=f"{event}/2")
    assert told["duplicate"] is False
    assert told["triggers"] == 0
    run = await ended(editor, second)
    output = run["output"]["came"]
    received = output.pop("received_at")
    assert received is not None
    assert output == {
        "event": event,
        "key": "2",
        "id": f"{event}/2",
        "payload": {"amount": 12.5},
    }
    assert (await node(editor, second))["output"]["id"] == f"{event}/2"
    assert (await node(editor, second))["input"] == {"event": event, "key": "2"}
    await asyncio.sleep(0.3)
    assert (await editor.get(f"/executions/{first}")).json()["status"] == "waiting"
    await sent(editor, event, key="A-1")
    assert (await ended(editor, first))["output"]["came"]["payload"] is None
    listed = (await editor.get("/events", params={"name": event, "key": "2"})).json()["items"]
    assert [(each["event_id"], each["deliveries"]) for each in listed] == [(f"{event}/2", 1)]


async def test_one_without_a_key_takes_any(editor: Api) -> None:
    event = name()
    document = graph(event)
    del document["nodes"][1]["config"]["key"]
    run_id = await started(editor, await published(editor, document), {})
    await waiting(editor, run_id)
    await sent(editor, event, key="whatever", payload=[1])
    assert (await ended(editor, run_id))["output"]["came"]["key"] == "whatever"


async def test_what_came_before_the_run_does_not_count_and_what_came_before_the_wait_does(
    editor: Api,
) -> None:
    event = name()
    document = graph(event)
    document["nodes"].append({"key": "pause", "type": "delay", "config": {"seconds": 2}})
    document["edges"][0] = {"source": "start", "target": "pause"}
    document["edges"].append({"source": "pause", "target": "wait"})
    workflow = await published(editor, document)
    await sent(editor, event, key="1", payload="too early")
    run_id = await started(editor, workflow, {"order": "1"})
    await sent(editor, event, key="1", payload="first")
    await sent(editor, event, key="1", payload="second")
    run = await ended(editor, run_id)
    assert run["output"]["came"]["payload"] == "first"


async def test_twice_is_once(editor: Api, app: FastAPI) -> None:
    event = name()
    workflow = await published(editor, graph(event))
    run_id = await started(editor, workflow, {"order": "1"})
    await waiting(editor, run_id)
    answers = await asyncio.gather(
        *(sent(editor, event, key="1", payload=number, id=event) for number in range(20))
    )
    assert len({answer["id"] for answer in answers}) == 1
    assert sorted(answer["duplicate"] for answer in answers) == [False] + [True] * 19
    run = await ended(editor, run_id)
    listed = (await editor.get("/events", params={"name": event})).json()["items"]
    assert [each["payload"] for each in listed] == [run["output"]["came"]["payload"]]
    again = await started(editor, workflow, {"order": "1"})
    await waiting(editor, again)
    assert (await sent(editor, event, key="1", id=event))["duplicate"] is True
    await asyncio.sleep(0.5)
    assert (await editor.get(f"/executions/{again}")).json()["status"] == "waiting"
    assert await woken(app, answers[0]["id"]) == 1


@pytest.mark.parametrize("branch", [True, False])
async def test_an_event_after_the_timeout_is_kept_and_wakes_nothing(
    editor: Api, app: FastAPI, branch: bool
) -> None:
    event = name()
    workflow = await published(editor, graph(event, timeout=branch, wait_seconds=1))
    run_id = await started(editor, workflow, {"order": "1"})
    run = await ended(editor, run_id)
    if branch:
        assert run["status"] == "completed"
        assert run["output"]["timeout"] == {
            "event": event,
            "key": "1",
            "id": None,
            "payload": None,
            "received_at": None,
        }
    else:
        assert (run["status"], run["error"]["code"]) == ("failed", "EventTimeout")
        assert event in run["error"]["message"]
        assert (await node(editor, run_id))["output"] is None
    late = await sent(editor, event, key="1")
    await asyncio.sleep(0.5)
    assert await woken(app, late["id"]) == 0
    assert len((await editor.get("/events", params={"name": event})).json()["items"]) == 1


async def test_a_run_that_is_cancelled_waits_no_more(editor: Api, app: FastAPI) -> None:
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    await editor.post(f"/executions/{run_id}/cancel")
    assert (await ended(editor, run_id))["status"] == "cancelled"
    assert (await node(editor, run_id))["status"] == "cancelled"
    late = await sent(editor, event, key="1")
    await asyncio.sleep(0.3)
    assert await woken(app, late["id"]) == 0


async def test_a_paused_run_takes_its_event_and_goes_on_when_it_is_resumed(editor: Api) -> None:
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    await editor.post(f"/executions/{run_id}/pause")
    await sent(editor, event, key="1", payload="meanwhile")
    async with asyncio.timeout(20):
        while (await node(editor, run_id))["status"] != "completed":
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    run = (await editor.get(f"/executions/{run_id}")).json()
    assert run["status"] == "paused"
    assert "came" not in {each["node_key"] for each in run["nodes"]}
    await editor.post(f"/executions/{run_id}/resume")
    assert (await ended(editor, run_id))["output"]["came"]["payload"] == "meanwhile"


async def test_passes_take_one_each_in_the_order_of_arrival(editor: Api) -> None:
    event = name()
    each = {"key": "each", "type": "parallel", "config": {"items": "{{ input.orders }}"}}
    wait = {
        "key": "wait",
        "type": "event",
        "parent": "each",
        "config": {"event": event, "key": "{{ item }}"},
    }
    document = {
        "name": f"waits {uuid4().hex}",
        "output": "{{ nodes.each.output }}",
        "nodes": [{"key": "start", "type": "trigger"}, each, wait],
        "edges": [{"source": "start", "target": "each"}],
    }
    orders = ["a", "b", "a", "a"]
    run_id = await started(editor, await published(editor, document), {"orders": orders})
    await waiting(editor, run_id, 4)
    for key, payload in (("a", 1), ("a", 2), ("b", 3), ("a", 4)):
        await sent(editor, event, key=key, payload=payload)
    run = await ended(editor, run_id)
    assert [found["key"] for found in run["output"]] == orders
    taken = [found["payload"] for found in run["output"]]
    assert taken[1] == 3
    assert sorted([taken[0], *taken[2:]]) == [1, 2, 4]


async def test_a_loop_takes_one_after_the_other(editor: Api) -> None:
    event = name()
    loop = {"key": "each", "type": "loop", "config": {"while": "{{ index < 3 }}"}}
    wait = {"key": "wait", "type": "event", "parent": "each", "config": {"event": event}}
    document = {
        "name": f"waits {uuid4().hex}",
        "output": "{{ nodes.each.output.results }}",
        "nodes": [{"key": "start", "type": "trigger"}, loop, wait],
        "edges": [{"source": "start", "target": "each"}],
    }
    run_id = await started(editor, await published(editor, document), {})
    for payload in range(3):
        await sent(editor, event, payload=payload)
    run = await ended(editor, run_id)
    assert [found["payload"] for found in run["output"]] == [0, 1, 2]


async def test_an_event_for_one_run_wakes_no_other(editor: Api, stranger: Api) -> None:
    event = name()
    workflow = await published(editor, graph(event))
    first, second = [await started(editor, workflow, {"order": "1"}) for _ in range(2)]
    await waiting(editor, first)
    await waiting(editor, second)
    path = f"/executions/{second}/events/{event}"
    assert (await stranger.post(path, json={"key": "1"})).status_code == 404
    answer = await editor.post(path, json={"key": "1", "payload": "yours"})
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)
    assert (await ended(editor, second))["output"]["came"]["payload"] == "yours"
    await asyncio.sleep(0.3)
    assert (await editor.get(f"/executions/{first}")).json()["status"] == "waiting"


async def test_an_event_of_another_account_wakes_nothing(
    editor: Api, stranger: Api, app: FastAPI
) -> None:
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    theirs = await sent(stranger, event, key="1", id=event)
    await asyncio.sleep(0.5)
    assert await woken(app, theirs["id"]) == 0
    assert (await editor.get("/events", params={"name": event})).json()["items"] == []
    # The same id is another event of another account.
    assert (await sent(editor, event, key="1", id=event))["duplicate"] is False
    assert (await ended(editor, run_id))["output"]["came"]["id"] == event


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"key": "{{ input.many }}"}, "key"),
        ({"key": "{{ input.nothing }}"}, "key"),
        ({"event": "{{ input.many }}"}, "event"),
        ({"event": "{{ input.long }}"}, "event"),
        ({"event": "{{ input.absent }}"}, "event"),
    ],
)
async def test_what_is_no_name_fails_the_node(
    editor: Api, config: dict[str, Any], field: str
) -> None:
    given = {"order": "1", "many": [1], "nothing": "", "long": "x" * 201}
    document = graph(name())
    document["nodes"][1]["config"] |= config
    run = await ended(editor, await started(editor, await published(editor, document), given))
    assert run["status"] == "failed"
    assert run["error"]["code"] in {"InvalidInput", "ExpressionFailed"}
    assert run["error"]["details"]["field"] == f"config.{field}"


async def test_a_large_payload_comes_whole(editor: Api) -> None:
    event = name()
    document = graph(event)
    document["nodes"][2]["config"]["output"] = "{{ nodes.wait.output.key }}"
    run_id = await started(editor, await published(editor, document), {"order": "1"})
    await waiting(editor, run_id)
    await sent(editor, event, key="1", payload="x" * (128 * 1024 - 2))
    assert (await ended(editor, run_id))["output"]["came"] == "1"
    reference = (await node(editor, run_id))["id"]
    row = (await editor.get(f"/executions/{run_id}/nodes/{reference}")).json()
    assert row["output"]["payload"]["$artifact"]["size"] == 128 * 1024
