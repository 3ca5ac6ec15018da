"""Events reach the places that wait for them, and nothing else."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from temporal_workflows.contracts import (
    EVENT_SIGNAL,
    STATUS_QUERY,
    EventArrival,
    ReceivedEvent,
)
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool
from tests.temporal_workflows.test_graph_workflow import failure, graph, statuses

Handle = WorkflowHandle[Any, Any]


def wait(key: str = "wait", **more: Any) -> dict[str, Any]:
    """A node that waits for the event `paid`."""
    return {"key": key, "type": "event", "config": {"event": "paid"}} | more


def arrival(place: str, payload: Any) -> EventArrival:
    """The event `paid` for a place."""
    event = ReceivedEvent(
        id=f"{payload}", event="paid", payload=payload, received_at=datetime.now(UTC)
    )
    return EventArrival(place=place, event=event)


async def waits(handle: Handle, *places: str) -> None:
    """Until the history shows that these places wait."""
    async with asyncio.timeout(20):
        while True:
            asked = set()
            async for event in handle.fetch_history_events():
                if event.HasField("timer_started_event_attributes"):
                    asked.add(event.user_metadata.summary.data.decode().strip('"'))
            if {f"{place}#event" for place in places} <= asked:
                return
            await asyncio.sleep(0.05)


async def test_the_first_of_many_counts_and_unknown_places_are_ignored(runs: Runs) -> None:
    handle = await runs.start(graph(wait(), edges="start>wait"))
    await waits(handle, "wait")
    for place, payload in (("other", 0), ("wait@3", 0), ("", 0), ("wait", 1), ("wait", 2)):
        await handle.signal(EVENT_SIGNAL, arrival(place, payload))
    result = await asyncio.wait_for(handle.result(), 20)
    assert result.output["wait"]["payload"] == 1
    assert result.output["wait"]["event"] == "paid"


async def test_what_comes_before_anybody_waits_is_not_kept(runs: Runs) -> None:
    """Whoever sends knows from the history that a place waits."""
    slow = tool("slow", "sleep", options={"seconds": 1})
    late = wait(config={"event": "paid", "wait_seconds": 1})
    document = graph(slow, late, edges="start>slow slow>wait")
    handle = await runs.start(document)
    await handle.signal(EVENT_SIGNAL, arrival("wait", 1))
    assert (await failure(handle)).code == "EventTimeout"


async def test_late_events_change_nothing(runs: Runs) -> None:
    late = wait(config={"event": "paid", "wait_seconds": 0.5})
    slow = tool("slow", "sleep", options={"seconds": 2})
    document = graph(late, slow, edges="start>slow start>wait")
    document["edges"].append({"source": "wait", "target": "none", "source_handle": "timeout"})
    document["nodes"].append(tool("none", "echo"))
    handle = await runs.start(document)
    await waits(handle, "wait")
    await asyncio.sleep(1)
    await handle.signal(EVENT_SIGNAL, arrival("wait", 1))
    result = await asyncio.wait_for(handle.result(), 20)
    assert "none" in result.output
    assert (await statuses(handle))["wait"] == "completed"


async def test_two_places_are_independent(runs: Runs) -> None:
    document = graph(wait("a"), wait("b"), edges="start>a start>b")
    handle = await runs.start(document)
    await waits(handle, "a", "b")
    await handle.signal(EVENT_SIGNAL, arrival("b", "for b"))
    await asyncio.sleep(0.3)
    assert await handle.query(STATUS_QUERY) == ["a"]
    await handle.signal(EVENT_SIGNAL, arrival("a", "for a"))
    result = await asyncio.wait_for(handle.result(), 20)
    assert {key: found["payload"] for key, found in result.output.items()} == {
        "a": "for a",
        "b": "for b",
    }


async def test_a_wait_that_is_not_needed_any_more_ends(runs: Runs) -> None:
    join = {"key": "join", "type": "aggregator", "config": {"wait": "any", "cancel_rest": True}}
    document = graph(wait(), tool("quick", "echo"), join, edges="start>wait start>quick")
    document["edges"] += [{"source": key, "target": "join"} for key in ("wait", "quick")]
    handle = await runs.start(document)
    await asyncio.wait_for(handle.result(), 20)
    assert (await statuses(handle))["wait"] == "cancelled"


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_wait_goes_on_to_the_same_end_in_the_next_history(runs: Runs, moment: str) -> None:
    """Signals reach the next run before its nodes begin to wait again, and are not lost."""
    handle = await runs.start(long_graph(6), max_events=20)
    first = handle.first_execution_run_id
    current = runs.client.get_workflow_handle(handle.id)
    async with asyncio.timeout(30):
        while (await handle.describe()).run_id == first:
            await asyncio.sleep(0.01)
        second = (await handle.describe()).run_id
        if moment == "after":
            await waits(current, "wait")
        await current.signal(EVENT_SIGNAL, arrival("wait", 7))
        result = await handle.result()
    assert result.output["wait"]["payload"] == 7
    ends = [
        await until(runs.client.get_workflow_handle(handle.id, run_id=run_id))
        for run_id in (first, second)
    ]
    assert ends[0] == ends[1] != set()


async def test_no_event_is_lost_while_runs_continue_as_new(runs: Runs) -> None:
    """It comes at any moment of a run that goes from history to history."""
    document = long_graph(30)
    handles = [await runs.start(document, max_events=12) for _ in range(12)]
    await asyncio.gather(*(send(runs, handle, n) for n, handle in enumerate(handles)))
    async with asyncio.timeout(60):
        results = [await handle.result() for handle in handles]
    assert [result.output["wait"]["payload"] for result in results] == list(range(12))
    assert (await handles[0].describe()).run_id != handles[0].first_execution_run_id


def long_graph(length: int) -> dict[str, Any]:
    """A wait beside a chain of nodes that makes the history long."""
    chain = [tool(f"n{number}", "echo") for number in range(length)]
    edges = " ".join(f"n{number}>n{number + 1}" for number in range(length - 1))
    return graph(wait(), *chain, edges=f"start>wait start>n0 {edges}")


async def send(runs: Runs, handle: Handle, number: int) -> None:
    """Send an event some moments after the first run of the chain began to wait."""
    first = runs.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
    await waits(first, "wait")
    await asyncio.sleep(number * 0.05)
    current = runs.client.get_workflow_handle(handle.id)
    await current.signal(EVENT_SIGNAL, arrival("wait", number))


async def until(handle: Handle) -> set[str]:
    """Until when nodes wait, as the history of one run says."""
    found = set()
    async for event in handle.fetch_history_events():
        details = event.marker_recorded_event_attributes.details
        for payload in details["result"].payloads if "result" in details else []:
            [value] = await handle._client.data_converter.decode([payload])
            output = value.get("output")
            if isinstance(output, dict) and "until" in output:
                found.add(output["until"])
    return found
