"""`pastetrader rollout`: runs that wait go from build to build and back, and none is lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkerDeploymentVersion
from temporalio.exceptions import is_cancelled_exception

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.worker import build_worker
from cli.commands.rollout import runs_of
from temporal_workflows.contracts import (
    DECIDE_UPDATE,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    Decision,
    GraphResult,
)
from tests.cli.commands import command
from tests.temporal_workflows.runs import Runs
from tests.tools import TOOLS

pytestmark = pytest.mark.slow
RUNS = 200
ASK = {"type": "approval", "config": {"message": "Go on?"}}
WAITS: list[list[dict[str, Any]]] = [
    [{"key": "wait", **ASK}],
    [{"key": "wait", "type": "delay", "config": {"seconds": 3600}}],
    [
        {"key": "wait", "type": "loop", "config": {"items": [1]}},
        {"key": "inner", "parent": "wait", **ASK},
    ],
    [{"key": "wait", "type": "delay", "config": {"seconds": 1}}],  # and paused
]
Run = WorkflowHandle[Any, GraphResult]


def graph(number: int) -> dict[str, Any]:
    return {
        "name": "waits",
        "output": "{{ nodes.after.output }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            *WAITS[number % len(WAITS)],
            {"key": "after", "type": "adapter", "config": {"output": number}},
        ],
        "edges": [{"source": "start", "target": "wait"}, {"source": "wait", "target": "after"}],
    }


async def begun(runs: Runs, number: int) -> Run:
    run = await runs.start(graph(number))
    if number % 4 == 3:
        await run.signal(PAUSE_SIGNAL)
    return run


async def settled(run: Run, number: int) -> Any:
    """Give the run what it waits for; its output, or `cancelled`."""
    if number % 4 == 1:
        await run.cancel()
    elif number % 4 == 3:
        await run.signal(RESUME_SIGNAL)
    else:
        await approve(run, "wait" if number % 4 == 0 else "inner@0")
    try:
        return (await run.result()).output
    except WorkflowFailureError as failure:
        return "cancelled" if is_cancelled_exception(failure.cause) else failure


async def approve(run: Run, place: str) -> None:
    decision = Decision(place=place, approve=True, by="")
    while True:
        try:
            await run.execute_update(DECIDE_UPDATE, decision)
        except WorkflowUpdateFailedError:  # it has just moved, and has not asked again yet
            await asyncio.sleep(0.2)
        else:
            return


async def test_two_hundred_waiting_runs_go_on_with_a_newer_build_and_back(
    temporal_client: Client, temporal_address: str, tmp_path: Path
) -> None:
    name = f"rollout-{uuid4().hex[:8]}"

    @asynccontextmanager
    async def worker(build: str) -> AsyncIterator[None]:
        async with build_worker(
            temporal_client,
            tools=TOOLS,
            artifacts=Artifacts.from_url(tmp_path.as_uri()),
            hints=Hints(None),
            task_queue=name,
            build=WorkerDeploymentVersion(name, build),
        ):
            yield

    async def rollout(*arguments: str, code: int = 0) -> Any:
        options = ("--deployment", name, "--json")
        async with asyncio.timeout(60):
            while True:
                done = await command(
                    "rollout", *arguments, *options, TEMPORAL_ADDRESS=temporal_address
                )
                if done.code == code:
                    return json.loads(done.out) if done.out else done.err
                await asyncio.sleep(0.5)  # Temporal does not know the build yet

    async def running(build: str, count: int) -> None:
        async with asyncio.timeout(150):
            while (await temporal_client.count_workflows(runs_of(name, build))).count != count:
                await asyncio.sleep(0.5)

    assert "start its workers first" in await rollout("promote", "none", code=2)
    async with worker("2"):
        async with worker("1"):
            await rollout("promote", "1")
            runs = [await begun(Runs(temporal_client, name), number) for number in range(RUNS)]
            await rollout("promote", "2")
            await running("1", RUNS)
            assert (await rollout("move", "--from", "1")) == {"asked": RUNS}
            await running("1", 0)
        async with worker("1"):
            await rollout("promote", "1")
            await rollout("move", "--from", "2")
            await running("2", 0)
            shown = await rollout("status")
            assert {each["build"]: each["new_runs"] for each in shown} == {"1": "100 %", "2": "0 %"}
            outputs = await asyncio.gather(
                *(settled(run, number) for number, run in enumerate(runs))
            )
    assert outputs == ["cancelled" if number % 4 == 1 else number for number in range(RUNS)]
