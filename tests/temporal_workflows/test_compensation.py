"""Runs that undo what they did: in which order, with which values, whatever comes in between."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.worker import build_worker
from models.graph.graph import Graph
from temporal_workflows.contracts import (
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    STATUS_QUERY,
    NodeRecord,
    RunState,
)
from temporal_workflows.scheduler import Outcome, Place, Scheduler
from tests.temporal_workflows.record_histories import (
    QUEUE,
    _chain as chain,
    _start_worker as start_worker,
)
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool
from tests.temporal_workflows.test_graph_workflow import failure, graph, statuses
from tests.temporal_workflows.test_stops import cancelled
from tests.tools import TOOLS

FATAL = tool("bad", "fatal")
SLOW = tool("slow", "sleep", options={"seconds": 60})
Handle = WorkflowHandle[Any, Any]


def step(key: str, **undo: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A node, and what undoes it: by default an echo of what it gave."""
    done = tool(key, "echo", inputs={"of": key}, compensation=f"un{key}")
    name = undo.pop("name", "echo")
    given = undo.pop("inputs", {"was": f"{{{{ nodes.{key}.output.of }}}}"})
    return done, tool(f"un{key}", name, inputs=given, **undo)


async def events(client: Client, handle: Handle) -> list[tuple[str, Any]]:
    """(activity id, its inputs) of every tool that was scheduled, through the whole chain."""
    found = []
    for run_id in await chain(client, handle):
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        for event in history.events:
            details = event.activity_task_scheduled_event_attributes
            if details.activity_id:
                (task,) = await client.data_converter.decode(details.input.payloads)
                found.append((details.activity_id, task["inputs"]))
    return found


async def undone(client: Client, handle: Handle) -> list[str]:
    """Activity ids of the compensations, in order."""
    return [name for name, _ in await events(client, handle) if name.startswith("un")]


async def until_runs(handle: Handle, key: str) -> None:
    """Until a node of this key is in its activity."""
    async with asyncio.timeout(30):
        while key not in await handle.query(STATUS_QUERY):
            await asyncio.sleep(0.05)


async def test_a_failed_run_undoes_what_completed_last_first(
    temporal_client: Client, runs: Runs
) -> None:
    steps = [*step("a"), *step("b"), *step("c")]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>c c>bad"))
    assert (await failure(handle)).node_key == "bad"
    assert await events(temporal_client, handle) == [
        ("a", {"of": "a"}),
        ("b", {"of": "b"}),
        ("c", {"of": "c"}),
        ("bad", {}),
        ("unc", {"was": "c"}),
        ("unb", {"was": "b"}),
        ("una", {"was": "a"}),
    ]


async def test_the_order_is_that_of_the_ends(temporal_client: Client, runs: Runs) -> None:
    late, undo_late = step("late")
    late["config"] = {"kind": "builtin", "name": "sleep", "options": {"seconds": 1}}
    join = {"key": "join", "type": "aggregator"}
    handle = await runs.start(
        graph(
            late,
            undo_late,
            *step("soon"),
            join,
            FATAL,
            edges="start>late start>soon late>join soon>join join>bad",
        )
    )
    await failure(handle)
    assert await undone(temporal_client, handle) == ["unlate", "unsoon"]


async def test_a_run_that_ends_well_undoes_nothing(temporal_client: Client, runs: Runs) -> None:
    handle = await runs.start(graph(*step("a"), *step("b"), edges="start>a a>b"))
    assert (await handle.result()).output == {"b": {"of": "b"}}
    assert await undone(temporal_client, handle) == []
    assert await statuses(handle) == {}


async def test_only_what_completed_is_undone(temporal_client: Client, runs: Runs) -> None:
    """Neither what failed, nor what was skipped, nor what another run did."""
    bad, unbad = step("b")
    bad["config"] = {"kind": "builtin", "name": "fatal"}
    steps = [*step("a"), bad, unbad, *step("c")]
    seed = NodeRecord(node_key="a", status="completed", output={"of": "a"})
    handle = await runs.start(graph(*steps, edges="start>a a>b b>c"), seeds=[seed])
    assert (await failure(handle)).node_key == "b"
    assert await undone(temporal_client, handle) == []


async def test_a_compensation_that_fails_keeps_no_other_from_running(
    temporal_client: Client, runs: Runs
) -> None:
    steps = [
        *step("a"),
        *step("b", name="fatal"),
        *step("c", inputs={"was": "{{ nodes.c.output.absent }}"}),
        *step("d", name="flaky", options={"times": 1}),
    ]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>c c>d d>bad"))
    error = await failure(handle)
    assert (error.node_key, error.code) == ("bad", "Fatal")
    assert await undone(temporal_client, handle) == ["und", "unb", "una"]
    # What failed before its activity is told by a record, as ever.
    assert await statuses(handle) == {"unc": "failed"}
    ends = await attempts(handle)
    assert ends["und"] == ("completed", 2)
    assert ends["unb"] == ("failed", 1)
    assert ends["una"] == ("completed", 1)


async def attempts(handle: Handle) -> dict[str, tuple[str, int]]:
    """How each tool ended, and in which attempt."""
    names: dict[int, str] = {}
    numbers: dict[int, int] = {}
    found = {}
    for event in (await handle.fetch_history()).events:
        scheduled = event.activity_task_scheduled_event_attributes
        started = event.activity_task_started_event_attributes
        completed = event.activity_task_completed_event_attributes
        failed = event.activity_task_failed_event_attributes
        if scheduled.activity_id:
            names[event.event_id] = scheduled.activity_id
        elif started.attempt:
            numbers[started.scheduled_event_id] = started.attempt
        elif completed.scheduled_event_id:
            number = completed.scheduled_event_id
            found[names[number]] = ("completed", numbers[number])
        elif failed.scheduled_event_id:
            number = failed.scheduled_event_id
            found[names[number]] = ("failed", numbers[number])
    return found


async def test_a_cancelled_run_undoes_and_a_second_cancel_changes_nothing(
    temporal_client: Client, runs: Runs
) -> None:
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 2})]
    handle = await runs.start(graph(*steps, SLOW, edges="start>a a>b b>slow"))
    await until_runs(handle, "slow")
    await handle.cancel()
    await until_runs(handle, "unb")
    await handle.cancel()
    assert await cancelled(handle)
    assert await undone(temporal_client, handle) == ["unb", "una"]
    assert (await attempts(handle))["unb"] == ("completed", 1)


async def test_a_cancel_while_a_failed_run_undoes_leaves_its_error(
    temporal_client: Client, runs: Runs
) -> None:
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 2})]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>bad"))
    await until_runs(handle, "unb")
    await handle.cancel()
    assert (await failure(handle)).node_key == "bad"
    assert await undone(temporal_client, handle) == ["unb", "una"]


async def test_a_terminated_run_undoes_no_more(temporal_client: Client, runs: Runs) -> None:
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 60})]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>bad"))
    await until_runs(handle, "unb")
    await handle.terminate()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    assert await undone(temporal_client, handle) == ["unb"]


async def test_a_paused_run_undoes_once_it_is_resumed(temporal_client: Client, runs: Runs) -> None:
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 1})]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>bad"))
    await until_runs(handle, "unb")
    await handle.signal(PAUSE_SIGNAL)
    await asyncio.sleep(3)
    assert await undone(temporal_client, handle) == ["unb"]
    await handle.signal(RESUME_SIGNAL)
    assert (await failure(handle)).node_key == "bad"
    assert await undone(temporal_client, handle) == ["unb", "una"]


async def test_a_cancel_lets_a_paused_run_undo(temporal_client: Client, runs: Runs) -> None:
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 1})]
    handle = await runs.start(graph(*steps, FATAL, edges="start>a a>b b>bad"))
    await until_runs(handle, "unb")
    await handle.signal(PAUSE_SIGNAL)
    await handle.cancel()
    assert (await failure(handle)).node_key == "bad"
    assert await undone(temporal_client, handle) == ["unb", "una"]


@pytest.mark.parametrize("kind", ["parallel", "loop"])
async def test_each_pass_is_undone_with_its_own_values(
    temporal_client: Client, runs: Runs, kind: str
) -> None:
    given = {
        "was": "{{ nodes.a.output.of }}",
        "item": "{{ item }}",
        "n": "{{ nodes.top.output.of }}",
    }
    done, undo = (node | {"parent": "inner"} for node in step("a", inputs=given))
    limit = {"max_concurrency": 1} if kind == "parallel" else {}
    outer = {"key": "outer", "type": kind, "config": {"items": [["x", "y"], ["z"]]} | limit}
    inner = {"key": "inner", "type": "loop", "parent": "outer", "config": {"items": "{{ item }}"}}
    document = graph(
        *step("top"), outer, inner, done, undo, FATAL, edges="start>top top>outer outer>bad"
    )
    handle = await runs.start(document)
    await failure(handle)
    found = [each for each in await events(temporal_client, handle) if each[0].startswith("un")]
    assert found == [
        ("una@1.0", {"was": "a", "item": "z", "n": "top"}),
        ("una@0.1", {"was": "a", "item": "y", "n": "top"}),
        ("una@0.0", {"was": "a", "item": "x", "n": "top"}),
        ("untop", {"was": "top"}),
    ]


async def test_a_failure_that_the_run_survives_undoes_nothing(
    temporal_client: Client, runs: Runs
) -> None:
    done, undo = (node | {"parent": "each"} for node in step("a"))
    each = {"key": "each", "type": "parallel", "config": {"items": [1, 2]}, "on_error": "continue"}
    document = graph(each, done, undo, FATAL | {"parent": "each"}, edges="start>each a>bad")
    handle = await runs.start(document)
    await handle.result()
    assert await undone(temporal_client, handle) == []


async def test_a_run_without_an_output_undoes_too(temporal_client: Client, runs: Runs) -> None:
    document = graph(*step("a"), edges="start>a", output="{{ nodes.a.output.absent }}")
    handle = await runs.start(document)
    assert (await failure(handle)).code == "ExpressionFailed"
    assert await undone(temporal_client, handle) == ["una"]


async def test_a_sub_workflow_is_undone_by_its_nodes_compensation_only(
    temporal_client: Client, runs: Runs
) -> None:
    child = graph(*step("inner"), edges="start>inner", name="booking")
    called = {"key": "a", "type": "workflow", "config": {"workflow": "booking"}}
    undo = {"key": "una", "type": "workflow", "config": {"workflow": "unbooking"}}
    undo["inputs"] = {"was": "{{ nodes.a.output.inner.of }}"}
    cleared = graph(
        tool("clear", "echo", inputs={"of": "{{ input.was }}"}),
        edges="start>clear",
        name="unbooking",
    )
    document = graph(called | {"compensation": "una"}, undo, FATAL, edges="start>a a>bad")
    handle = await runs.start(document, children=[child, cleared])
    await failure(handle)
    booking, unbooking = [
        event.start_child_workflow_execution_initiated_event_attributes.workflow_id
        for event in (await handle.fetch_history()).events
        if event.HasField("start_child_workflow_execution_initiated_event_attributes")
    ]
    assert await undone(temporal_client, await first_run(temporal_client, booking)) == []
    below = await first_run(temporal_client, unbooking)
    assert await events(temporal_client, below) == [("clear", {"of": "inner"})]


async def test_a_sub_workflow_that_fails_undoes_what_it_did(
    temporal_client: Client, runs: Runs
) -> None:
    child = graph(*step("inner"), FATAL, edges="start>inner inner>bad", name="booking")
    called = {"key": "a", "type": "workflow", "config": {"workflow": "booking"}}
    undo = tool("una", "echo")
    document = graph(called | {"compensation": "una"}, undo, edges="start>a")
    handle = await runs.start(document, children=[child])
    await failure(handle)
    assert await undone(temporal_client, handle) == []
    (booking,) = [
        event.start_child_workflow_execution_initiated_event_attributes.workflow_id
        for event in (await handle.fetch_history()).events
        if event.HasField("start_child_workflow_execution_initiated_event_attributes")
    ]
    assert await undone(temporal_client, await first_run(temporal_client, booking)) == ["uninner"]


async def first_run(client: Client, workflow_id: str) -> Handle:
    """A handle that names the run, as one of a start does."""
    run_id = (await client.get_workflow_handle(workflow_id).describe()).run_id
    return client.get_workflow_handle(workflow_id, first_execution_run_id=run_id)


async def test_undoing_goes_on_in_the_next_histories(temporal_client: Client, runs: Runs) -> None:
    given = {"was": "{{ nodes.a.output.of }}", "index": "{{ index }}"}
    done, undo = (node | {"parent": "often"} for node in step("a", inputs=given))
    often = {"key": "often", "type": "loop", "config": {"items": list(range(25))}}
    document = graph(often, done, undo, FATAL, edges="start>often often>bad")
    handle = await runs.start(document, max_events=60)
    assert (await failure(handle)).node_key == "bad"
    found = await events(temporal_client, handle)
    assert [each for each in found if each[0].startswith("un")] == [
        (f"una@{index}", {"was": "a", "index": index}) for index in reversed(range(25))
    ]
    histories = await chain(temporal_client, handle)
    begins = [await first_tool(temporal_client, handle.id, run_id) for run_id in histories]
    assert sum(name.startswith("una") for name in begins) >= 2


async def first_tool(client: Client, workflow_id: str, run_id: str) -> str:
    history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
    names = [each.activity_task_scheduled_event_attributes.activity_id for each in history.events]
    return next((name for name in names if name), "")


async def test_a_run_that_is_cancelled_while_it_loads_its_state_undoes_what_is_in_it(
    temporal_client: Client, tmp_path: Path
) -> None:
    document = graph(*step("a"), SLOW, edges="start>a a>slow")
    scheduler = Scheduler(Graph.model_validate(document))
    scheduler.start()
    completed = Outcome(NodeRecord(node_key="a", status="completed").status, {"of": "a"})
    scheduler.finish(Place("start"), completed)
    scheduler.finish(Place("a"), completed)
    artifacts = Artifacts.from_url(tmp_path.as_uri())
    stored = await artifacts.of("").put(
        str(uuid4()), json.dumps(scheduler.dump()).encode(), content_type="text/plain", name="state"
    )
    runs = Runs(temporal_client, f"late-{uuid4().hex}")
    handle = await runs.start(document, state=RunState(chunks=[stored]))
    await handle.cancel()
    async with build_worker(
        temporal_client,
        tools=TOOLS,
        artifacts=artifacts,
        hints=Hints(None),
        task_queue=runs.task_queue,
    ):
        assert await cancelled(handle)
    assert await undone(temporal_client, handle) == ["una"]


async def test_a_worker_that_is_killed_while_it_undoes(
    temporal_client: Client, tmp_path: Path
) -> None:
    """The next one goes on: each compensation is scheduled once, the interrupted one tried again."""
    address = temporal_client.service_client.config.target_host
    steps = [*step("a"), *step("b", name="sleep", options={"seconds": 2}), *step("c")]
    first = start_worker(address, str(tmp_path))
    handle = await Runs(temporal_client, QUEUE).start(
        graph(*steps, FATAL, edges="start>a a>b b>c c>bad")
    )
    await until_runs(handle, "unb")
    os.kill(first.pid or 0, signal.SIGKILL)
    second = start_worker(address, str(tmp_path))
    try:
        error = await asyncio.wait_for(failure(handle), 60)
    finally:
        second.kill()
    assert error.node_key == "bad"
    assert await undone(temporal_client, handle) == ["unc", "unb", "una"]
    ends = await attempts(handle)
    assert {name: ends[name][0] for name in ("unc", "unb", "una")} == dict.fromkeys(
        ("unc", "unb", "una"), "completed"
    )
    assert ends["unb"][1] == 2
