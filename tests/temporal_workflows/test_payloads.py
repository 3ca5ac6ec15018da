"""Payloads that travel encrypted: what Temporal keeps of a run that it cannot read."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.hints import Hints
from activities.worker import build_worker
from models.enums import ToolType
from models.graph.tool import BuiltinConfig
from models.graph.values import Json
from models.keys import KeySource, new_key
from temporal_workflows.contracts import FailureDetail, LiveLog
from temporal_workflows.payloads import ENCODING, EncryptionCodec, PayloadUnreadable, data_converter
from temporal_workflows.registry import WORKFLOWS, workflow_runner
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import Shape, shapes
from tests.tools import scripted

OLD, NEW = new_key("old"), new_key("new")
KEYS = KeySource(OLD)
MARK = f"marker{uuid4().hex}"
PAYLOADS = [
    Payload(metadata={"encoding": b"json/plain", "x": b"\x00\xff"}, data=b'{"a": 1}'),
    Payload(metadata={"encoding": b"binary/null"}),
    Payload(),
    Payload(metadata={"encoding": b"json/plain"}, data=b'"' + b"x" * 1_000_000 + b'"'),
]


# The codec ---------------------------------------------------------------------------------------


async def test_payloads_come_back_as_they_were() -> None:
    codec = EncryptionCodec(KEYS)
    sealed = await codec.encode(PAYLOADS)
    assert [payload.metadata["encoding"] for payload in sealed] == [ENCODING] * len(PAYLOADS)
    assert {payload.metadata["key"] for payload in sealed} == {b"old"}
    assert b'{"a": 1}' not in sealed[0].SerializeToString()
    assert b"json/plain" not in sealed[0].SerializeToString()
    assert await codec.decode(sealed) == PAYLOADS
    assert await codec.decode(await codec.encode(sealed)) == sealed
    assert await codec.encode([]) == await codec.decode([]) == []


async def test_the_same_payload_is_never_encrypted_into_the_same_bytes() -> None:
    one, other = await EncryptionCodec(KEYS).encode([PAYLOADS[0], PAYLOADS[0]])
    assert one.data != other.data


async def test_payloads_that_are_not_encrypted_pass() -> None:
    """So that runs which began before are read on."""
    assert await EncryptionCodec(KEYS).decode(PAYLOADS) == PAYLOADS


async def test_older_keys_still_read_and_the_newest_writes() -> None:
    old = await EncryptionCodec(KEYS).encode(PAYLOADS)
    both = EncryptionCodec(KeySource(f"{NEW},{OLD}"))
    assert await both.decode(old) == PAYLOADS
    fresh = await both.encode(PAYLOADS)
    assert {payload.metadata["key"] for payload in fresh} == {b"new"}
    assert await EncryptionCodec(KeySource(NEW)).decode(fresh) == PAYLOADS
    with pytest.raises(PayloadUnreadable, match="'old'"):
        await EncryptionCodec(KeySource(NEW)).decode(old)


async def test_a_rotated_key_file_is_read_by_a_running_process(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(OLD)
    codec = EncryptionCodec(KeySource(file=file))
    old = await codec.encode(PAYLOADS[:1])
    file.write_text(f"{NEW}\n{OLD}\n")
    assert (await codec.encode(PAYLOADS[:1]))[0].metadata["key"] == b"new"
    assert await codec.decode(old) == PAYLOADS[:1]


@pytest.mark.parametrize("part", ["data", "key", "empty", "short", "no-key", "bad-key"])
async def test_what_was_changed_is_noticed(part: str) -> None:
    (sealed,) = await EncryptionCodec(KEYS).encode([PAYLOADS[0]])
    if part == "data":
        sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    elif part == "empty":
        sealed.data = b""
    elif part == "short":
        sealed.data = sealed.data[:11]
    elif part == "no-key":
        del sealed.metadata["key"]
    else:
        sealed.metadata["key"] = b"other" if part == "key" else b"\xff\xfe"
    with pytest.raises(PayloadUnreadable):
        await EncryptionCodec(KEYS).decode([sealed])


def test_without_keys_nothing_is_encrypted() -> None:
    assert data_converter(None).payload_codec is None


# Runs --------------------------------------------------------------------------------------------


async def speaking(config: BuiltinConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """`speak` logs what it must not tell and stays a while; `break` fails as nobody expects."""
    if config.name == "break":
        raise RuntimeError(f"broken {MARK}")
    if config.name != "speak":
        return await scripted(config, inputs, context)
    context.log(f"line {MARK}", data={MARK: MARK})
    await asyncio.sleep(config.options.get("seconds", 0))  # type: ignore[arg-type]
    return inputs


@asynccontextmanager
async def running(
    address: str, keys: KeySource | None, folder: Path, queue: str | None = None
) -> AsyncIterator[Runs]:
    """A worker and a client of the same keys, on a task queue of their own."""
    client = await Client.connect(address, data_converter=data_converter(keys))
    queue = queue or f"test-{uuid4().hex}"
    worker = build_worker(
        client,
        tools={ToolType.BUILTIN: speaking},
        artifacts=Artifacts.from_url(folder.as_uri()),
        hints=Hints(None),
        task_queue=queue,
    )
    async with worker:
        yield Runs(client, queue)


@pytest.fixture(scope="module")
async def encrypted(
    temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runs]:
    """Everything encrypted."""
    folder = tmp_path_factory.mktemp("encrypted")
    async with running(temporal_address, KEYS, folder) as runs:
        yield runs


async def bytes_of(client: Client, handle: WorkflowHandle[Any, Any]) -> bytes:
    """What Temporal has of a run and those that it started: histories and descriptions."""
    found, waiting = b"", [(handle.id, handle.first_execution_run_id or "")]
    while waiting:
        name, run_id = waiting.pop()
        described = await client.get_workflow_handle(name, run_id=run_id or None).describe()
        found += described.raw_description.SerializeToString()
        answer = await client.workflow_service.get_workflow_execution_history(
            GetWorkflowExecutionHistoryRequest(
                namespace="default",
                execution=WorkflowExecution(workflow_id=name, run_id=run_id),
                maximum_page_size=10_000,
            )
        )
        found += answer.SerializeToString()
        for event in answer.history.events:
            child = event.start_child_workflow_execution_initiated_event_attributes
            following = event.workflow_execution_continued_as_new_event_attributes
            if child.workflow_id:
                waiting.append((child.workflow_id, ""))
            if following.new_execution_run_id:
                waiting.append((name, following.new_execution_run_id))
    return found


def node(key: str, kind: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "name": f"{key} {MARK}", "type": kind, "config": config, **more}


def builtin(key: str, name: str, **more: Any) -> dict[str, Any]:
    options = more.pop("options", {})
    config = {"kind": "builtin", "name": name, "options": options}
    return node(key, "tool", config, **{"retry": {"max_attempts": 1}} | more)


INNER = {
    "name": f"inner {MARK}",
    "nodes": [{"key": "start", "type": "trigger"}, builtin("deep", "speak", inputs={"x": MARK})],
    "edges": [{"source": "start", "target": "deep"}],
}
EVERYTHING: list[dict[str, Any]] = [
    builtin("say", "speak", inputs={"x": MARK}),
    builtin("large", "echo", inputs={"x": MARK * 10_000}),
    builtin("unexpected", "break", on_error="continue"),
    builtin("unknown", f"no {MARK}", on_error="continue"),
    builtin("flaky", "flaky", inputs={"x": MARK}, options={"times": 1}, retry={"max_attempts": 2, "initial_interval": 0.01}),
    node("reshape", "adapter", {"output": {MARK: ["{{ input.x }}", MARK]}}),
    node("refused", "adapter", {"output": f"{{{{ input.{MARK} }}}}"}, on_error="continue"),
    node("wait", "delay", {"seconds": 0.05}),
    node("each", "parallel", {"items": [MARK, MARK]}),
    node("in_each", "adapter", {"output": f"{{{{ item }}}} {MARK}"}, parent="each"),
    node("loop", "loop", {"while": "{{ index < 9 }}"}),
    builtin("in_loop", "echo", inputs={"x": MARK}, parent="loop"),
    node("call", "workflow", {"workflow": INNER["name"]}, inputs={"x": MARK}),
    node("pick", "condition", {"branches": [{"handle": "a", "when": f"{{{{ input.x == '{MARK}' }}}}"}]}),
]  # fmt: skip


def everything(**more: Any) -> dict[str, Any]:
    edges = [{"source": "start", "target": n["key"]} for n in EVERYTHING if "parent" not in n]
    nodes = [{"key": "start", "type": "trigger"}, *EVERYTHING]
    return {"name": f"all {MARK}", "nodes": nodes, "edges": edges, "variables": {"v": MARK}, **more}


@pytest.mark.parametrize("max_events", [4_000, 40])
async def test_temporal_has_nothing_to_read_of_a_run(encrypted: Runs, max_events: int) -> None:
    handle = await encrypted.start(
        everything(), {"x": MARK}, children=[INNER], max_events=max_events
    )
    result = await handle.result()
    assert result.output["say"] == {"x": MARK}
    assert result.output["call"] == {"deep": {"x": MARK}}
    assert result.output["unexpected"]["error"]["message"] == f"RuntimeError: broken {MARK}"
    found = await bytes_of(encrypted.client, handle)
    assert MARK.encode() not in found
    assert found.count(ENCODING) > 30
    runs_on = (await handle.describe()).run_id != handle.first_execution_run_id
    assert runs_on == (max_events == 40)


async def test_the_same_run_without_encryption_can_be_read(
    temporal_address: str, tmp_path: Path
) -> None:
    """The search above finds something where there is something."""
    async with running(temporal_address, None, tmp_path) as runs:
        handle = await runs.start(everything(), {"x": MARK}, children=[INNER])
        await handle.result()
        assert (await bytes_of(runs.client, handle)).count(MARK.encode()) > 30


@pytest.mark.parametrize("name", ["break", f"no {MARK}"], ids=["breaks", "unknown"])
async def test_a_failed_run_is_told_to_us_and_not_to_temporal(encrypted: Runs, name: str) -> None:
    failing = builtin("fails", name)
    handle = await encrypted.start(
        {
            "nodes": [{"key": "start", "type": "trigger"}, failing],
            "edges": [{"source": "start", "target": "fails"}],
        }
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert MARK in cause.message
    detail = FailureDetail.model_validate(cause.details[0])
    assert MARK in detail.error.message
    raw = await bytes_of(encrypted.client, handle)
    assert MARK.encode() not in raw
    # Neither where it happened.
    assert b"Traceback" not in raw
    assert b".py" not in raw


async def test_lines_of_a_running_tool_travel_encrypted(encrypted: Runs) -> None:
    speak = builtin("say", "speak", options={"seconds": 20})
    handle = await encrypted.start(
        {
            "nodes": [{"key": "start", "type": "trigger"}, speak],
            "edges": [{"source": "start", "target": "say"}],
        }
    )
    async with asyncio.timeout(20):
        while True:
            description = (await handle.describe()).raw_description
            pending = list(description.pending_activities)
            if pending and pending[0].heartbeat_details.payloads:
                break
            await asyncio.sleep(0.1)
    assert MARK.encode() not in description.SerializeToString()
    payloads = pending[0].heartbeat_details.payloads
    (live,) = await encrypted.client.data_converter.decode(payloads, [LiveLog])
    assert live.lines[0].message == f"line {MARK}"
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()


@pytest.fixture(scope="module")
async def plain(
    temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runs]:
    """The same without encryption."""
    async with running(temporal_address, None, tmp_path_factory.mktemp("plain")) as runs:
        yield runs


ENDING = [shape for shape in shapes() if shape.scenario in {"success", "failure", "retry"}]


@pytest.mark.parametrize("shape", ENDING, ids=lambda shape: shape.name)
async def test_every_shape_ends_as_it_does_without_encryption(
    encrypted: Runs, plain: Runs, shape: Shape
) -> None:
    ends = [await _end(runs, shape) for runs in (plain, encrypted)]
    assert ends[0][:2] == ends[1][:2]
    await _replays(ends[1][2], data_converter(KEYS))


async def _end(runs: Runs, shape: Shape) -> tuple[Any, Any, WorkflowHistory]:
    handle = await runs.start(shape.graph, max_events=shape.max_events)
    output = error = None
    try:
        output = (await handle.result()).output
    except WorkflowFailureError as failure:
        error = (getattr(failure.cause, "type", None), str(failure.cause))
    if isinstance(output, dict):
        output = {key: value for key, value in output.items() if "until" not in str(value)}
    return output, error, await handle.fetch_history()


async def _replays(history: WorkflowHistory, converter: DataConverter) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=workflow_runner(), data_converter=converter
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is None


# Changes of keys under running work --------------------------------------------------------------


def waiting(seconds: float) -> dict[str, Any]:
    nodes: Sequence[dict[str, Any]] = [
        {"key": "start", "type": "trigger"},
        builtin("before", "echo", inputs={"x": MARK}),
        node("wait", "delay", {"seconds": seconds}),
        node("after", "adapter", {"output": "{{ nodes.before.output.x }}"}),
    ]
    keys = [each["key"] for each in nodes]
    edges = [{"source": a, "target": b} for a, b in pairwise(keys)]
    return {"nodes": list(nodes), "edges": edges, "output": "{{ nodes.after.output }}"}


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, OLD), (OLD, f"{NEW},{OLD}")],
    ids=["encryption is switched on", "the key is rotated"],
)
async def test_running_work_outlives_a_change_of_keys(
    temporal_address: str, tmp_path: Path, before: str | None, after: str
) -> None:
    first = KeySource(before) if before else None
    async with running(temporal_address, first, tmp_path) as runs:
        handle = await runs.start(waiting(3))
        async with asyncio.timeout(20):
            while b"wait" not in (await bytes_of(runs.client, handle)):
                await asyncio.sleep(0.05)
    async with running(temporal_address, KeySource(after), tmp_path, runs.task_queue) as later:
        found = await later.client.get_workflow_handle(handle.id).result()
    assert found["output"] == MARK


async def test_a_worker_with_the_wrong_keys_breaks_no_run(
    temporal_address: str, tmp_path: Path
) -> None:
    """It cannot begin what it cannot read; the next one that can does."""
    async with running(temporal_address, KeySource(NEW), tmp_path) as wrong:
        client = await Client.connect(temporal_address, data_converter=data_converter(KEYS))
        handle = await Runs(client, wrong.task_queue).start(waiting(0.01))
        await asyncio.sleep(2)
        assert (await handle.describe()).close_time is None
    async with running(temporal_address, KEYS, tmp_path, wrong.task_queue):
        assert (await asyncio.wait_for(handle.result(), 60)).output == MARK
