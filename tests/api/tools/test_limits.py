"""Limits of tools with the whole stack: who runs, who waits, and who is forgotten."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowHistory

from activities.limits import LEASE_SECONDS
from api.settings import Settings
from tests.api.fixtures import Api, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.api.tools.workshop import Workshop, open_workshop
from tests.databases import NewDatabase, migrate
from tests.temporal_workflows.replaying import failures

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
ONCE = {"retry": {"max_attempts": 1}}


@pytest.fixture(scope="module")
async def settings(
    new_database: NewDatabase, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Of every stack here."""
    url = await new_database()
    await migrate(url)
    return settings_for(url, temporal_address, tmp_path_factory.mktemp("artifacts"))


@pytest.fixture
async def stack(settings: Settings) -> AsyncIterator[Stack]:
    """An API without workers, on a task queue of its own."""
    async with Stack(settings).serving() as serving:
        yield serving


@pytest.fixture
async def owner(stack: Stack) -> AsyncIterator[Api]:
    """Who owns the tools and the runs."""
    async with stack.signed_in() as client:
        yield client


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    """Where the tools work."""
    with open_workshop() as opened:
        yield opened


async def new_tool(client: Api, workshop: Workshop, **limit: Any) -> tuple[str, str]:
    """(id, name) of a tool that visits the workshop, at most so often."""
    config = {
        "kind": "http",
        "url": f"{workshop.url}/{{{{ inputs.who }}}}",
        "query": {"seconds": "{{ inputs.seconds }}", "status": "{{ inputs.status }}"},
    }
    body = {"name": f"visit {uuid4().hex}", "config": config, "rate_limit": limit or None}
    answer = await client.post("/tools", json=body | {"is_public": True})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["name"]


def visit(tool: str, key: str = "visit", **more: Any) -> dict[str, Any]:
    inputs = {
        "who": "{{ input.who }}",
        "seconds": "{{ input.seconds }}",
        "status": "{{ input.status | default(200) }}",
    }
    return {"key": key, "type": "tool", "tool": tool, "inputs": inputs, **more}


def graph(*nodes: dict[str, Any]) -> dict[str, Any]:
    edges = [{"source": "start", "target": node["key"]} for node in nodes if "parent" not in node]
    start = {"key": "start", "type": "trigger"}
    return {"name": f"visits {uuid4().hex}", "nodes": [start, *nodes], "edges": edges}


async def visiting(
    client: Api, tool: str, who: str, seconds: float = 60, status: int = 200, **more: Any
) -> str:
    """A run that visits the workshop once."""
    flow = await published(client, graph(visit(tool, **more)))
    return await started(client, flow, {"who": who, "seconds": seconds, "status": status})


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    """Wait for something to become true; `condition` may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.05)


async def queue(stack: Stack, tool_id: str) -> dict[str, bool]:
    """Execution ids in the tool's queue, and whether their turn has come."""
    connection = await asyncpg.connect(stack.settings.database_url)
    rows = await connection.fetch(
        "SELECT holder, granted_at IS NOT NULL AS granted FROM tool_leases"
        " WHERE tool_id::text = $1 ORDER BY id",
        tool_id,
    )
    await connection.close()
    return {row["holder"].split("/")[0]: row["granted"] for row in rows}


async def history(stack: Stack, execution: str) -> WorkflowHistory:
    client = await stack.client()
    return await client.get_workflow_handle(f"exec-{execution}").fetch_history()


async def test_a_parallel_never_overlaps_more_than_its_tool_allows(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=2)
    each = {"key": "each", "type": "parallel", "config": {"items": "{{ input.xs }}"}}
    inputs = {"who": "v{{ item }}", "seconds": 0.1, "status": 200}
    inner = {"key": "visit", "type": "tool", "tool": name, "inputs": inputs, "parent": "each"}
    flow = await published(owner, graph(each, inner))
    async with stack.worker():
        run = await ended(owner, await started(owner, flow, {"xs": list(range(20))}), 90)
    assert run["status"] == "completed", run
    assert sorted(workshop.begun) == sorted(f"v{n}" for n in range(20))
    assert workshop.most == 2
    assert await queue(stack, tool_id) == {}


async def test_without_a_limit_all_run_at_once(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    _, name = await new_tool(owner, workshop)
    async with stack.worker():
        runs = [await visiting(owner, name, f"v{n}") for n in range(4)]
        await until(lambda: workshop.running == 4)
        workshop.close()
        for run in runs:
            assert (await ended(owner, run))["status"] == "completed"


async def test_a_limit_holds_across_workflows_and_accounts(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker(), stack.signed_in() as other:
        first = await visiting(owner, name, "first")
        await until(lambda: workshop.running == 1)
        second = await visiting(other, name, "second", 0)
        third = await visiting(owner, name, "third", 0)
        await until(lambda: _length(stack, tool_id, 3))
        workshop.let_go("first")
        for client, run in ((owner, first), (other, second), (owner, third)):
            assert (await ended(client, run))["status"] == "completed"
    assert workshop.begun == ["first", "second", "third"]
    assert workshop.most == 1


async def _length(stack: Stack, tool_id: str, length: int) -> bool:
    return len(await queue(stack, tool_id)) == length


async def test_a_cancelled_node_leaves_the_queue(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        first = await visiting(owner, name, "first")
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        third = await visiting(owner, name, "third", 0)
        await until(lambda: _length(stack, tool_id, 3))
        await owner.post(f"/executions/{second}/cancel")
        assert (await ended(owner, second))["status"] == "cancelled"
        assert list(await queue(stack, tool_id)) == [first, third]
        workshop.let_go("first")
        assert (await ended(owner, third))["status"] == "completed"
    assert workshop.begun == ["first", "third"]


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_run_that_is_stopped_frees_its_place_in_seconds(
    stack: Stack, owner: Api, workshop: Workshop, how: str
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        first = await visiting(owner, name, "first", 120)
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        await until(lambda: _length(stack, tool_id, 2))
        await owner.post(f"/executions/{first}/{how}")
        # Far less than a lease lasts, or than the waiting one looks by itself.
        assert (await ended(owner, second, LEASE_SECONDS * 0.7))["status"] == "completed"
        assert (await ended(owner, first))["status"] == "cancelled"


async def test_a_waiting_run_that_is_terminated_is_passed_over(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        first = await visiting(owner, name, "first")
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        third = await visiting(owner, name, "third", 0)
        await until(lambda: _length(stack, tool_id, 3))
        await owner.post(f"/executions/{second}/terminate")
        await ended(owner, second)
        workshop.let_go("first")
        assert (await ended(owner, third, LEASE_SECONDS * 0.7))["status"] == "completed"
        await ended(owner, first)
    assert workshop.begun == ["first", "third"]


async def test_failing_attempts_keep_their_place_and_give_it_up_at_the_end(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    retry = {"retry": {"max_attempts": 3, "initial_interval": 1, "backoff": 1}}
    async with stack.worker():
        first = await visiting(owner, name, "first", 0.2, 500, **retry)
        await until(lambda: workshop.begun == ["first"])
        second = await visiting(owner, name, "second", 0)
        assert (await ended(owner, second))["status"] == "completed"
        failed = await ended(owner, first)
    assert (failed["status"], failed["error"]["attempt"]) == ("failed", 3)
    assert workshop.begun == ["first"] * 3 + ["second"]
    assert await queue(stack, tool_id) == {}


@pytest.mark.parametrize("final", [{"non_retryable": ["HttpStatus"]}, {"max_attempts": 1}])
async def test_a_failure_that_is_not_tried_again_frees_the_place_at_once(
    stack: Stack, owner: Api, workshop: Workshop, final: dict[str, Any]
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    retry = {"max_attempts": 5, "initial_interval": 30, **final}
    async with stack.worker():
        first = await visiting(owner, name, "first", 3, 500, retry=retry)
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        await until(lambda: _length(stack, tool_id, 2))
        assert (await ended(owner, first))["status"] == "failed"
        assert (await ended(owner, second, LEASE_SECONDS * 0.7))["status"] == "completed"


async def test_a_run_cancelled_between_two_attempts_frees_its_place(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    _, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        retry = {"max_attempts": 5, "initial_interval": 60}
        first = await visiting(owner, name, "first", 0, 500, retry=retry)
        await until(lambda: workshop.ended == ["first"])
        second = await visiting(owner, name, "second", 0)
        await owner.post(f"/executions/{first}/cancel")
        assert (await ended(owner, first))["status"] == "cancelled"
        try:
            await ended(owner, second, LEASE_SECONDS * 0.7)
        finally:
            await owner.post(f"/executions/{second}/cancel")
            await ended(owner, second)


async def test_a_try_obeys_the_limit(stack: Stack, owner: Api, workshop: Workshop) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        run = await visiting(owner, name, "run")
        await until(lambda: workshop.running == 1)
        body = {"inputs": {"who": "try", "seconds": 0, "status": 200}}
        trying = asyncio.create_task(owner.post(f"/tools/{tool_id}/test", json=body, timeout=90))
        await until(lambda: _length(stack, tool_id, 2))
        assert "try" not in workshop.begun
        workshop.let_go("run")
        assert (await trying).json()["ok"], (await trying).text
        assert (await ended(owner, run))["status"] == "completed"
    assert workshop.begun == ["run", "try"]
    assert workshop.most == 1


async def test_a_run_waits_for_a_try(stack: Stack, owner: Api, workshop: Workshop) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        body = {"inputs": {"who": "try", "seconds": 60, "status": 200}}
        trying = asyncio.create_task(owner.post(f"/tools/{tool_id}/test", json=body, timeout=90))
        await until(lambda: workshop.running == 1)
        run = await visiting(owner, name, "run", 0)
        await until(lambda: _length(stack, tool_id, 2))
        workshop.let_go("try")
        assert (await ended(owner, run, LEASE_SECONDS * 0.7))["status"] == "completed"
        assert (await trying).json()["ok"]
    assert workshop.most == 1


# Lost workers ------------------------------------------------------------------------------------


@asynccontextmanager
async def worker_process(stack: Stack, log: Path) -> AsyncIterator[Process]:
    """A worker that can be killed."""
    settings = stack.settings
    assert settings.encryption_keys is not None
    environment = {
        "TEMPORAL_ADDRESS": str(settings.temporal_address),
        "DATABASE_URL": settings.database_url,
        "PASTETRADER_ARTIFACTS": settings.artifacts,
        "PASTETRADER_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "PASTETRADER_HTTP_ALLOW": "127.0.0.1",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "worker", "--queue", stack.queue),
            stdout=output,
            stderr=output,
            env=environment,
            cwd=ROOT,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_lease_of_a_killed_worker_ends(
    stack: Stack, owner: Api, workshop: Workshop, tmp_path: Path
) -> None:
    """Its run has no attempt left, so that nobody else gives the place up."""
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with worker_process(stack, tmp_path / "log") as lost:
        first = await visiting(owner, name, "first", 120, **ONCE)
        await until(lambda: workshop.running == 1, 60)
        async with stack.worker():
            second = await visiting(owner, name, "second", 0)
            await until(lambda: _length(stack, tool_id, 2))
            lost.kill()
            await lost.wait()
            found = await ended(owner, first)
            assert (found["status"], found["error"]["code"]) == ("failed", "WorkerLost")
            assert (await ended(owner, second, 3 * LEASE_SECONDS))["status"] == "completed"
    assert workshop.begun == ["first", "second"]


async def test_another_attempt_of_a_killed_worker_keeps_the_place(
    stack: Stack, owner: Api, workshop: Workshop, tmp_path: Path
) -> None:
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with worker_process(stack, tmp_path / "log") as lost:
        first = await visiting(owner, name, "first", 4)
        await until(lambda: workshop.running == 1, 60)
        async with stack.worker():
            second = await visiting(owner, name, "second", 0)
            await until(lambda: _length(stack, tool_id, 2))
            lost.kill()
            await lost.wait()
            assert (await ended(owner, first, 60))["status"] == "completed"
            assert (await ended(owner, second))["status"] == "completed"
    assert workshop.begun == ["first", "first", "second"]


async def test_a_worker_that_shuts_down_leaves_the_place_to_the_next(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    """Its attempt goes on elsewhere, before those that waited behind it."""
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1)
    async with stack.worker():
        first = await visiting(owner, name, "first", 12)
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        await until(lambda: _length(stack, tool_id, 2))
    assert (await queue(stack, tool_id))[first]
    workshop.let_go("first")
    async with stack.worker():
        assert (await ended(owner, first))["status"] == "completed"
        assert (await ended(owner, second))["status"] == "completed"
    assert workshop.begun == ["first", "first", "second"]


# Histories ---------------------------------------------------------------------------------------


async def test_waiting_writes_little_history_and_replays(
    stack: Stack, owner: Api, workshop: Workshop, tmp_path: Path
) -> None:
    """One that waits longer than the next in line waits before it looks again, and the others."""
    tool_id, name = await new_tool(owner, workshop, max_concurrent=1, max_calls=100, per_seconds=1)
    async with stack.worker():
        first = await visiting(owner, name, "first", LEASE_SECONDS + 5)
        await until(lambda: workshop.running == 1)
        second = await visiting(owner, name, "second", 0)
        third = await visiting(owner, name, "third", 0)
        gone = await visiting(owner, name, "gone", 0)
        failing = await visiting(owner, name, "failing", 0, 400)
        await until(lambda: _length(stack, tool_id, 5))
        await owner.post(f"/executions/{gone}/cancel")
        runs = (first, second, third, gone, failing)
        statuses = [(await ended(owner, run, 60))["status"] for run in runs]
        assert statuses == ["completed", "completed", "completed", "cancelled", "failed"]
        histories = {run: await history(stack, run) for run in runs}
    lengths = [len(found.events) for found in histories.values()]
    assert max(lengths) < 50, lengths
    paths = []
    for run, found in histories.items():
        path = tmp_path / f"{run}.json"
        path.write_text(found.to_json())
        paths.append(path)
    assert await failures(paths) == {}


async def test_calls_of_a_period_wait_for_their_time(
    stack: Stack, owner: Api, workshop: Workshop
) -> None:
    _, name = await new_tool(owner, workshop, max_calls=1, per_seconds=1.5)
    async with stack.worker():
        flow = await published(owner, graph(visit(name, "a"), visit(name, "b"), visit(name, "c")))
        run = await ended(owner, await started(owner, flow, {"who": "v", "seconds": 0}))
    times = sorted(float(run["output"][key]["body"]) for key in "abc")
    # The first may begin late, but the last never begins early.
    assert times[2] - times[0] > 1.5
    assert run["status"] == "completed"
