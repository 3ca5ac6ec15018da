"""Records the history of every shape into tests/histories: `python -m tests.temporal_workflows.record_histories`.

Existing files stay: the corpus only grows, so that old histories keep replaying on new code.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import sysconfig
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.worker import build_worker
from cli.embedded.temporal import EmbeddedTemporal
from models.graph.graph import Graph
from temporal_workflows.contracts import (
    DECIDE_UPDATE,
    EVENT_SIGNAL,
    PAUSE_SIGNAL,
    RESUME_SIGNAL,
    STATUS_QUERY,
    UPGRADE_UPDATE,
    Decision,
    EventArrival,
    ReceivedEvent,
    Upgrade,
)
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import Shape, shapes, tool
from tests.tools import TOOLS

HISTORIES = Path(__file__).parent.parent / "histories"
QUEUE = "record"
APPROVAL_FILE = HISTORIES / "graph-approval.json"
ASKING = Graph.model_validate(
    {
        "name": "asking",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "yes", "type": "approval", "config": {"message": "Yes?"}},
            {"key": "no", "type": "approval", "config": {"message": "No?"}},
            {
                "key": "late",
                "type": "approval",
                "config": {"message": "When?", "approval_seconds": 3},
                "on_error": "continue",
            },
            {"key": "said_no", "type": "adapter", "config": {"output": "no"}},
        ],
        "edges": [
            {"source": "start", "target": "yes"},
            {"source": "start", "target": "no"},
            {"source": "start", "target": "late"},
            {"source": "no", "target": "said_no", "source_handle": "rejected"},
        ],
    }
)
COMPENSATION = "graph-compensation"
UNDONE = Graph.model_validate(
    {
        "name": "undone",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "often", "type": "loop", "config": {"items": [1, 2, 3, 4, 5, 6]}},
            tool("before", "echo", parent="often", compensation="unbefore"),
            tool("unbefore", "echo", parent="often", inputs={"item": "{{ item }}"}),
            tool("last", "echo", inputs={"of": "last"}, compensation="unlast"),
            tool("unlast", "fatal", inputs={"was": "{{ nodes.last.output.of }}"}),
            tool("first", "echo", compensation="unfirst"),
            tool("unfirst", "echo", inputs={"was": "{{ nodes.first.output.absent }}"}),
            tool("after", "sleep", options={"seconds": 1.0}),
            tool("bad", "fatal"),
        ],
        "edges": [
            {"source": "start", "target": "often"},
            {"source": "often", "target": "first"},
            {"source": "first", "target": "last"},
            {"source": "last", "target": "after"},
            {"source": "after", "target": "bad"},
        ],
    }
)
UPGRADE_FILE = HISTORIES / "graph-upgrade.json"
EVENT_FILE = HISTORIES / "graph-event.json"
AWAITING = Graph.model_validate(
    {
        "name": "awaiting",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "each", "type": "parallel", "config": {"items": [1, 2]}},
            {
                "key": "paid",
                "type": "event",
                "parent": "each",
                "config": {"event": "paid", "key": "{{ item }}"},
            },
            {"key": "late", "type": "event", "config": {"event": "never", "wait_seconds": 3}},
            {
                "key": "bad",
                "type": "event",
                "config": {"event": "never", "wait_seconds": 3},
                "on_error": "continue",
            },
            {"key": "nothing", "type": "adapter", "config": {"output": "nothing came"}},
        ],
        "edges": [
            {"source": "start", "target": "each"},
            {"source": "start", "target": "late"},
            {"source": "start", "target": "bad"},
            {"source": "late", "target": "nothing", "source_handle": "timeout"},
        ],
    }
)
PEOPLE_FILE = HISTORIES / "graph-people.json"
PEOPLE = ["a@example.org", "b@example.org", "role:admin"]
DECIDING = Graph.model_validate(
    {
        "name": "deciding",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {
                "key": "two",
                "type": "approval",
                "config": {
                    "message": "Yes?",
                    "assignees": PEOPLE,
                    "required": 2,
                    "reminder_seconds": 1,
                },
            },
            {
                "key": "soon",
                "type": "approval",
                "config": {"message": "And this?", "reminder_seconds": 3_600},
            },
            {
                "key": "late",
                "type": "approval",
                "config": {
                    "message": "When?",
                    "assignees": PEOPLE,
                    "required": 2,
                    "approval_seconds": 6,
                    "reminder_seconds": 5,
                },
                "on_error": "continue",
            },
        ],
        "edges": [{"source": "start", "target": key} for key in ("two", "soon", "late")],
    }
)
PAUSE_FILE = HISTORIES / "graph-pause.json"
PAUSED = Graph.model_validate(
    {
        "name": "paused",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "wait", "type": "delay", "config": {"seconds": 1}},
            {"key": "after", "type": "adapter", "config": {"output": "done"}},
        ],
        "edges": [{"source": "start", "target": "wait"}, {"source": "wait", "target": "after"}],
    }
)


def _portable(history: str) -> str:
    """Without the folders of this machine, which stack traces name."""
    for folder in (Path(__file__).resolve().parents[2], Path(sysconfig.get_path("stdlib")).parent):
        history = history.replace(f"{folder}/", "")
    return history


async def _work(address: str, folder: str) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    artifacts = Artifacts.from_url(Path(folder).as_uri())
    async with build_worker(
        client, tools=TOOLS, artifacts=artifacts, hints=Hints(None), task_queue=QUEUE
    ):
        await asyncio.Event().wait()


def _worker(address: str, folder: str) -> None:
    asyncio.run(_work(address, folder))


async def _record(shape: Shape, address: str, folder: str, client: Client) -> None:
    workers = [_start_worker(address, folder)]
    handle = await Runs(client, QUEUE).start(shape.graph, max_events=shape.max_events)
    if shape.scenario in ("cancel", "kill"):
        await _until_running(handle)
    if shape.scenario == "cancel":
        await handle.cancel()
    if shape.scenario == "kill":
        os.kill(workers[0].pid or 0, signal.SIGKILL)
        workers.append(_start_worker(address, folder))
    with suppress(WorkflowFailureError):
        await asyncio.wait_for(handle.result(), 60)
    await _write_chain(shape.name, client, handle)
    for worker in workers:
        worker.kill()


async def _write_chain(name: str, client: Client, handle: WorkflowHandle[object, object]) -> None:
    for number, run_id in enumerate(await _chain(client, handle)):
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        suffix = f"-{number}" if number else ""
        (HISTORIES / f"{name}{suffix}.json").write_text(
            _portable(history.to_json()), encoding="utf-8"
        )


def _start_worker(address: str, folder: str) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=_worker, args=(address, folder))
    process.start()
    return process


async def _until_running(handle: WorkflowHandle[object, object]) -> None:
    """Until a node is in the middle of its work."""
    for _ in range(200):
        await asyncio.sleep(0.1)
        with suppress(Exception):
            running = await handle.query(STATUS_QUERY)
            if any(name.split("@")[0] in ("body", "after") for name in running):
                return
    raise TimeoutError("nothing started")


async def _chain(client: Client, handle: WorkflowHandle[object, object]) -> list[str]:
    """Run ids of a chain of continue-as-new, first first."""
    found = [handle.first_execution_run_id or ""]
    while True:
        history = await client.get_workflow_handle(handle.id, run_id=found[-1]).fetch_history()
        last = history.events[-1]
        if not last.HasField("workflow_execution_continued_as_new_event_attributes"):
            return found
        attributes = last.workflow_execution_continued_as_new_event_attributes
        found.append(attributes.new_execution_run_id)


async def _record_pause(address: str, folder: str, client: Client) -> None:
    """A run that is paused, and then goes on."""
    worker = _start_worker(address, folder)
    handle = await Runs(client, QUEUE).start(PAUSED)
    await handle.signal(PAUSE_SIGNAL)
    await asyncio.sleep(5)
    await handle.signal(RESUME_SIGNAL)
    await asyncio.wait_for(handle.result(), 60)
    history = await handle.fetch_history()
    PAUSE_FILE.write_text(_portable(history.to_json()), encoding="utf-8")
    worker.kill()


async def _record_upgrade(address: str, folder: str, client: Client) -> None:
    """A run that waits, and goes on in another history with a newer graph."""
    worker = _start_worker(address, folder)
    handle = await Runs(client, QUEUE).start(PAUSED)
    await asyncio.sleep(0.5)
    document = PAUSED.model_dump(mode="json", exclude_unset=True)
    document["nodes"].append({"key": "more", "type": "adapter", "config": {"output": 1}})
    document["edges"].append({"source": "start", "target": "more"})
    newer = Upgrade(workflow_version=2, graph=Graph.model_validate(document))
    await handle.execute_update(UPGRADE_UPDATE, newer)
    await asyncio.wait_for(handle.result(), 60)
    await _write_chain(UPGRADE_FILE.stem, client, handle)
    worker.kill()


async def _record_compensations(address: str, folder: str, client: Client) -> None:
    """Runs that undo what they did: after a failure, in one history and in several, and cancelled."""
    worker = _start_worker(address, folder)
    for suffix, max_events in (("", 4_000), ("-cancel", 4_000), ("-long", 30)):
        handle = await Runs(client, QUEUE).start(UNDONE, max_events=max_events)
        if suffix == "-cancel":
            await _until_running(handle)
            await handle.cancel()
        with suppress(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), 60)
        await _write_chain(COMPENSATION + suffix, client, handle)
    worker.kill()


async def _record_approvals(address: str, folder: str, client: Client) -> None:
    """Nodes that wait for a person: a yes, a no with a branch, and nobody's word."""
    worker = _start_worker(address, folder)
    handle = await Runs(client, QUEUE).start(ASKING)
    for place, approve in (("yes", True), ("no", False)):
        await _decide(handle, Decision(place=place, approve=approve, by="", form={"n": 1}))
    await asyncio.wait_for(handle.result(), 60)
    history = await handle.fetch_history()
    APPROVAL_FILE.write_text(_portable(history.to_json()), encoding="utf-8")
    worker.kill()


async def _decide(handle: WorkflowHandle[Any, Any], decision: Decision) -> None:
    """Say it as soon as it is asked."""
    while True:
        try:
            await handle.execute_update(DECIDE_UPDATE, decision)
        except WorkflowUpdateFailedError:
            await asyncio.sleep(0.1)
        else:
            return


async def _record_people(address: str, folder: str, client: Client) -> None:
    """Several people decide, are reminded, and go on deciding in the run's next history."""
    worker = _start_worker(address, folder)
    handle = await Runs(client, QUEUE).start(DECIDING)
    for place, by in (("two", "a"), ("soon", "a"), ("late", "b")):
        await _decide(handle, Decision(place=place, approve=True, by=by, form={"n": 1}))
    await asyncio.sleep(2)
    newer = Upgrade(workflow_version=2, graph=DECIDING.model_copy(update={"output": "done"}))
    await handle.execute_update(UPGRADE_UPDATE, newer)
    await asyncio.sleep(1)
    await _decide(handle, Decision(place="two", approve=True, by="b"))
    await asyncio.wait_for(handle.result(), 60)
    await _write_chain(PEOPLE_FILE.stem, client, handle)
    worker.kill()


async def _record_events(address: str, folder: str, client: Client) -> None:
    """Nodes that wait for an event: two passes, doubles and strangers, and time that is up."""
    worker = _start_worker(address, folder)
    handle = await Runs(client, QUEUE).start(AWAITING)
    running: list[str] = []
    while "paid@1" not in running:
        await asyncio.sleep(0.5)
        with suppress(Exception):
            running = await handle.query(STATUS_QUERY)
    await asyncio.sleep(0.5)
    for place in ("paid@1", "paid@1", "paid@7", "paid@0"):
        event = ReceivedEvent(
            id=place, event="paid", key="1", payload={"n": 1}, received_at=datetime.now(UTC)
        )
        await handle.signal(EVENT_SIGNAL, EventArrival(place=place, event=event))
    await asyncio.wait_for(handle.result(), 60)
    history = await handle.fetch_history()
    EVENT_FILE.write_text(_portable(history.to_json()), encoding="utf-8")
    worker.kill()


async def main() -> None:
    """Record what is missing."""
    HISTORIES.mkdir(exist_ok=True)
    missing = [shape for shape in shapes() if not (HISTORIES / f"{shape.name}.json").exists()]
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedTemporal(Path(folder, "temporal"), with_ui=False)
        await server.start()
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        for shape in missing:
            sys.stdout.write(f"{shape.name}\n")
            await _record(shape, server.address, folder, client)
        if not PAUSE_FILE.exists():
            await _record_pause(server.address, folder, client)
        if not UPGRADE_FILE.exists():
            await _record_upgrade(server.address, folder, client)
        if not (HISTORIES / f"{COMPENSATION}.json").exists():
            await _record_compensations(server.address, folder, client)
        if not APPROVAL_FILE.exists():
            await _record_approvals(server.address, folder, client)
        if not PEOPLE_FILE.exists():
            await _record_people(server.address, folder, client)
        if not EVENT_FILE.exists():
            await _record_events(server.address, folder, client)
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
