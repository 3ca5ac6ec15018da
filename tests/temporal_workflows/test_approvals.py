"""Questions to people: what the run itself refuses, and how long it remembers."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.hints import Hints
from activities.worker import build_worker
from cli.embedded.temporal import find_program
from models.enums import ToolType
from models.graph.tool import BuiltinConfig
from models.graph.values import Json
from temporal_workflows.contracts import (
    DECIDE_UPDATE,
    TASK_QUEUE,
    Decision,
    DecisionTaken,
    workflow_id,
)
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool

DAY = 86_400.0
PEOPLE = ["a@example.org", "b@example.org", "c@example.org"]


def graph(*nodes: dict[str, Any], **config: Any) -> dict[str, Any]:
    """A question and whatever runs beside it, which comes one after the other."""
    ask = {"key": "ask", "type": "approval", "config": {"message": "Yes?", **config}}
    chain = ["start", *(node["key"] for node in nodes)]
    pairs = [("start", "ask"), *itertools.pairwise(chain)]
    return {
        "name": "asks",
        "output": "{{ nodes.ask.output }}",
        "nodes": [{"key": "start", "type": "trigger"}, ask, *nodes],
        "edges": [{"source": source, "target": target} for source, target in pairs],
    }


async def say(handle: WorkflowHandle[Any, Any], by: str, approve: bool = True) -> str:
    """What the run makes of a decision."""
    decision = Decision(place="ask", approve=approve, by=by)
    taken = await handle.execute_update(DECIDE_UPDATE, decision, result_type=DecisionTaken)
    return str(taken.status)


async def refused(handle: WorkflowHandle[Any, Any], by: str) -> str:
    """Why the run does not take a decision."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await say(handle, by)
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "AlreadyDecided"
    return cause.message


async def asked(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until the run waits for people."""
    async with asyncio.timeout(20):
        while True:
            events = [event async for event in handle.fetch_history_events()]
            if any(event.event_type == EventType.EVENT_TYPE_TIMER_STARTED for event in events):
                return
            await asyncio.sleep(0.05)


async def test_a_person_counts_once_and_nobody_after_the_end(runs: Runs) -> None:
    slow = tool("beside", "sleep", options={"seconds": 2})
    handle = await runs.start(graph(slow, assignees=PEOPLE, required=2))
    await asked(handle)
    assert await say(handle, "a") == "pending"
    assert "decided already" in await refused(handle, "a")
    assert await say(handle, "b") == "approved"
    for by in ("a", "b", "c"):
        assert "does not wait" in await refused(handle, by)
    output = (await handle.result()).output
    assert [each["by"] for each in output["decisions"]] == ["a", "b"]
    times = [datetime.fromisoformat(each["at"]) for each in output["decisions"]]
    assert times == sorted(times)


async def test_one_no_is_the_end(runs: Runs) -> None:
    document = graph(assignees=PEOPLE, required=3)
    document["nodes"][1]["on_error"] = "continue"
    handle = await runs.start(document)
    await asked(handle)
    assert await say(handle, "a") == "pending"
    assert await say(handle, "b", approve=False) == "rejected"
    assert (await handle.result()).output["error"]["code"] == "Rejected"


async def test_too_few_are_told_as_such(runs: Runs) -> None:
    document = graph(assignees=PEOPLE, required=3, approval_seconds=1.5)
    document["nodes"][1]["on_error"] = "continue"
    handle = await runs.start(document)
    await asked(handle)
    await say(handle, "a")
    error = (await handle.result()).output["error"]
    assert (error["code"], error["message"]) == ("ApprovalExpired", "1 of 3 approved in time")


async def test_a_long_history_goes_on_with_what_was_decided(runs: Runs) -> None:
    passes = {"key": "busy", "type": "loop", "config": {"while": "{{ index < 30 }}"}}
    inner = tool("inner", "echo", parent="busy")
    document = graph(passes, assignees=PEOPLE, required=2)
    document["nodes"].append(inner)
    handle = await runs.start(document, max_events=60)
    await asked(handle)
    assert await say(handle, "a") == "pending"
    first = handle.first_execution_run_id
    async with asyncio.timeout(30):
        while (await handle.describe()).run_id == first:
            await asyncio.sleep(0.05)
    newest = runs.client.get_workflow_handle(handle.id)
    async with asyncio.timeout(20):
        while True:
            try:
                status = await say(newest, "b")
                break
            except WorkflowUpdateFailedError:
                await asyncio.sleep(0.05)
    assert status == "approved"
    output = (await handle.result()).output
    assert [each["by"] for each in output["decisions"]] == ["a", "b"]


@asynccontextmanager
async def skipping(decide: Any) -> AsyncIterator[Runs]:
    """Runs on a server that skips time, with a tool that decides as people do."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(find_program()),
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        ],
    ) as environment:
        client: Client = environment.client

        async def scripted(
            config: BuiltinConfig, inputs: dict[str, Json], context: ToolContext
        ) -> Json:
            answers: Json = await decide(client, str(inputs["run"]))
            return answers

        worker = build_worker(
            client,
            tools={ToolType.BUILTIN: scripted},
            artifacts=Artifacts.from_url("memory:///"),
            hints=Hints(None),
        )
        async with worker:
            yield Runs(client, TASK_QUEUE)


async def test_two_people_decide_after_thirty_days_and_a_reminder() -> None:
    async def decide(client: Client, run: str) -> list[str]:
        handle = client.get_workflow_handle(workflow_id(run))
        return [await say(handle, "a"), await say(handle, "b")]

    month = {"key": "month", "type": "delay", "config": {"seconds": 30 * DAY}}
    people = tool("people", "decide", inputs={"run": "{{ run.id }}"})
    document = graph(
        month,
        people,
        assignees=PEOPLE,
        required=2,
        approval_seconds=31 * DAY,
        reminder_seconds=10 * DAY,
    )
    async with skipping(decide) as runs:
        handle = await runs.start(document)
        output = (await handle.result()).output
        events = [event async for event in handle.fetch_history_events()]
    began = events[0].event_time.ToDatetime()
    assert (output["approved"], len(output["decisions"])) == (True, 2)
    fired = [
        event.event_time.ToDatetime() - began
        for event in events
        if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
    ]
    assert [round(passed / timedelta(days=1)) for passed in fired] == [10, 30]
    assert (events[-1].event_time.ToDatetime() - began).days == 30
