"""Runs that are stopped at the odd moments: before they began, while they rotate, all at once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import CancelledError

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.worker import build_worker
from temporal_workflows.contracts import (
    DECIDE_UPDATE,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    Decision,
    RunState,
)
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool
from tests.temporal_workflows.test_graph_workflow import failure, graph, statuses
from tests.tools import TOOLS


async def cancelled(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the run ends as cancelled, soon."""
    with pytest.raises(WorkflowFailureError) as caught:
        await asyncio.wait_for(handle.result(), 20)
    return isinstance(caught.value.cause, CancelledError)


@pytest.mark.parametrize(
    "state", [None, RunState(chunks=[{"$artifact": {"id": "gone", "size": 1}}])]
)
async def test_a_run_that_is_cancelled_before_its_first_task(
    temporal_client: Client, tmp_path: Any, state: RunState | None
) -> None:
    runs = Runs(temporal_client, f"late-{uuid4().hex}")
    document = graph(tool("slow", "sleep", options={"seconds": 60}), edges="start>slow")
    handle = await runs.start(document, state=state)
    await handle.cancel()
    async with build_worker(
        temporal_client,
        tools=TOOLS,
        artifacts=Artifacts.from_url(tmp_path.as_uri()),
        hints=Hints(None),
        task_queue=runs.task_queue,
    ):
        assert await cancelled(handle)


async def test_fail_fast_drops_what_waits_for_the_next_run(runs: Runs) -> None:
    """The chain is held back when the failure comes; the next run must not start it after all."""
    slow = tool("slow", "sleep", options={"seconds": 30}, timeout_seconds=1.5)
    slow["retry"] = {"max_attempts": 1}
    chain = [tool(f"n{number}", "echo") for number in range(30)]
    edges = " ".join(f"n{number}>n{number + 1}" for number in range(29))
    document = graph(slow, *chain, edges=f"start>slow start>n0 {edges}", failure_mode="fail_fast")
    handle = await runs.start(document, max_events=30)
    assert (await failure(handle)).code == "Timeout"
    assert "cancelled" in (await statuses(handle)).values()
    description = await handle.describe()
    assert description.run_id == handle.first_execution_run_id


async def test_what_is_stopped_before_its_command_was_sent_is_told(runs: Runs) -> None:
    document = graph(
        tool("bad", "echo", inputs={"x": "{{ input.absent }}"}),
        tool("slow", "sleep", options={"seconds": 60}),
        {"key": "wait", "type": "delay", "config": {"seconds": 60}},
        {"key": "pure", "type": "adapter", "config": {"output": 1}},
        edges="start>bad start>slow start>wait start>pure",
        failure_mode="fail_fast",
    )
    handle = await runs.start(document)
    assert (await failure(handle)).node_key == "bad"
    found = await statuses(handle)
    assert found == {"bad": "failed", "slow": "cancelled", "wait": "cancelled", "pure": "cancelled"}


async def test_a_run_stays_paused_in_its_next_history(runs: Runs) -> None:
    """It is long enough to continue as new, and must not begin again by that."""
    slow = tool("slow", "sleep", options={"seconds": 1})
    chain = [tool(f"n{number}", "echo") for number in range(3)]
    document = graph(slow, *chain, edges="start>slow slow>n0 n0>n1 n1>n2")
    handle = await runs.start(document, max_events=4)
    await handle.signal(PAUSE_SIGNAL)
    await asyncio.sleep(3)
    assert set((await statuses(handle)).values()) <= {"completed"}
    await handle.signal(RESUME_SIGNAL)
    await asyncio.wait_for(handle.result(), 30)
    description = await handle.describe()
    assert description.run_id != handle.first_execution_run_id


async def test_a_question_is_asked_again_in_the_next_history(runs: Runs) -> None:
    """A run that continues as new while a node waits for a person goes on waiting."""
    review = {"key": "review", "type": "approval", "config": {"message": "Go on?"}}
    chain = [tool(f"n{number}", "echo") for number in range(6)]
    edges = " ".join(f"n{number}>n{number + 1}" for number in range(5))
    document = graph(review, *chain, edges=f"start>review start>n0 {edges}")
    handle = await runs.start(document, max_events=20)
    decision = Decision(place="review", approve=True, by="", comment="yes")
    first = handle.first_execution_run_id
    async with asyncio.timeout(30):
        while (await handle.describe()).run_id == first:
            await asyncio.sleep(0.1)
        while True:
            try:
                await handle.execute_update(DECIDE_UPDATE, decision)
            except WorkflowUpdateFailedError:
                await asyncio.sleep(0.1)
            else:
                break
        result = await handle.result()
    assert result.output["review"]["comment"] == "yes"
