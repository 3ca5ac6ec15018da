"""Large values travel by reference: a run's input, outputs in part, files through many nodes."""

import asyncio
import os
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from temporalio.client import Client

from models.graph.values import is_artifact
from temporal_workflows.contracts import workflow_id
from tests.api.fixtures import Api, ended, published, started

MIB = 1024 * 1024
MEGABYTES = int(os.environ.get("LARGE_MEGABYTES", "60"))


def graph(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A chain of nodes behind a trigger."""
    found = [{"key": "start", "type": "trigger"}, *nodes]
    edges = [{"source": one["key"], "target": two["key"]} for one, two in pairwise(found)]
    return {"name": f"large {uuid4().hex}", "nodes": found, "edges": edges, **more}


def python(key: str, code: str, **inputs: Any) -> dict[str, Any]:
    """A Python tool with `inputs`."""
    config = {"kind": "python", "code": code}
    return {"key": key, "type": "tool", "config": config, "inputs": inputs}


async def test_the_large_part_of_a_runs_input_is_a_reference_and_the_rest_is_read(
    editor: Api, temporal_client: Client
) -> None:
    rows = [{"n": number, "text": "x" * 20} for number in range(20_000)]
    document = graph(
        python(
            "total",
            "def main(rows):\n    return sum(row['n'] for row in rows)",
            rows="{{ input.rows }}",
        ),
        output={"total": "{{ nodes.total.output }}", "label": "{{ input.label }}"},
    )
    document["nodes"][0]["config"] = {
        "input_schema": {
            "type": "object",
            "required": ["rows", "label"],
            "properties": {"rows": {"type": "array", "minItems": 20_000}},
        }
    }
    run_id = await started(editor, await published(editor, document), {"rows": rows, "label": "a"})
    run = await ended(editor, run_id)
    assert run["output"] == {"total": sum(range(20_000)), "label": "a"}, run["error"]
    assert is_artifact(run["input"]["rows"])
    handle = temporal_client.get_workflow_handle(workflow_id(run_id))
    described = await handle.describe()
    assert described.raw_description.workflow_execution_info.history_size_bytes < 200_000
    artifact = run["input"]["rows"]["$artifact"]
    stored = await editor.get(f"/artifacts/{artifact['id']}")
    assert stored.json() == rows
    again = await editor.post(f"/executions/{run_id}/retry", json={"from_node": "total"})
    assert again.status_code == 202, again.text
    second = await ended(editor, again.json()["id"])
    assert second["output"] == run["output"]


async def test_a_large_field_of_an_output_is_a_reference_and_the_others_are_read(
    editor: Api,
) -> None:
    code = "def main():\n    return {'status': 200, 'body': 'x' * 300_000, 'note': 'short'}"
    document = graph(
        python("call", code),
        python("length", "def main(body, status):\n    return [len(body), status]",
               body="{{ nodes.call.output.body }}", status="{{ nodes.call.output.status }}"),
    )  # fmt: skip
    run = await ended(editor, await started(editor, await published(editor, document)))
    assert run["output"] == {"length": [300_000, 200]}, run["error"]
    call = next(node for node in run["nodes"] if node["node_key"] == "call")
    assert call["output"]["note"] == "short"
    assert is_artifact(call["output"]["body"])


async def test_nobody_reads_anothers_artifact_by_its_reference(editor: Api, stranger: Api) -> None:
    made = graph(python("make", "def main():\n    return 'x' * 300_000"))
    run = await ended(editor, await started(editor, await published(editor, made)))
    reference = run["output"]["make"]
    assert is_artifact(reference)
    read = graph(python("read", "def main(x):\n    return len(x)", x="{{ input.x }}"))
    theirs = await ended(
        stranger, await started(stranger, await published(stranger, read), {"x": reference})
    )
    assert theirs["error"]["code"] == "InvalidInput"
    assert "does not exist" in theirs["error"]["message"]
    mine = await ended(
        editor, await started(editor, await published(editor, read), {"x": reference})
    )
    assert mine["output"] == {"read": 300_000}
    artifact_id = reference["$artifact"]["id"]
    assert (await stranger.get(f"/artifacts/{artifact_id}")).status_code == 404


@pytest.mark.slow
async def test_a_large_file_passes_through_twenty_nodes(
    editor: Api, app: FastAPI, temporal_client: Client
) -> None:
    size = MEGABYTES * MIB
    make = {
        "key": "make",
        "type": "tool",
        "config": {
            "kind": "shell",
            "script": f'head -c {size} /dev/zero | tr "\\0" "a" > "$OUT/big.txt"',
            "disk_mb": 128,
        },
    }
    code = (
        "import os\n"
        "def main(big, number):\n"
        f"    assert os.path.getsize(big) == {size}\n"
        "    return {'big': number}"
    )
    passing = [
        python(f"n{number}", code, big="{{ nodes.make.output.files['big.txt'] }}", number=number)
        for number in range(18)
    ]
    last = python(
        "last", "def main(big):\n    return big", big="{{ nodes.make.output.files['big.txt'] }}"
    )
    last["config"]["disk_mb"] = 128
    workflow = await published(editor, graph(make, *passing, last))
    before = _memory_mib()
    highest = before
    run_id = await started(editor, workflow)
    watching = asyncio.create_task(ended(editor, run_id, seconds=150))
    while not watching.done():
        highest = max(highest, _memory_mib())
        await asyncio.sleep(0.05)
    run = watching.result()
    assert run["status"] == "completed", run["error"]
    result = run["output"]["last"]["$artifact"]
    made = next(node for node in run["nodes"] if node["node_key"] == "make")
    assert result["size"] == size
    assert result["sha256"] == made["output"]["files"]["big.txt"]["$artifact"]["sha256"]
    # The worker, the API and this test share a process; one copy of the file would show.
    assert highest - before < 0.8 * MEGABYTES, f"{before} → {highest} MiB"
    handle = temporal_client.get_workflow_handle(workflow_id(run_id))
    described = await handle.describe()
    assert described.raw_description.workflow_execution_info.history_size_bytes < MIB


async def test_too_large_fails_that_node(editor: Api) -> None:
    script = 'head -c 300000000 /dev/zero > "$OUT/big"'
    config = {"kind": "shell", "script": script, "disk_mb": 512, "memory_mb": 1024}
    document = graph({"key": "make", "type": "tool", "config": config})
    run = await ended(editor, await started(editor, await published(editor, document)), 60)
    assert (run["status"], run["error"]["code"]) == ("failed", "PayloadTooLarge")
    assert run["error"]["node_key"] == "make"


def _memory_mib() -> float:
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB
