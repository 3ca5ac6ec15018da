"""Moves large bodies through the tool, alone in its process, and tells what memory that took.

Usage: memory_program.py URL FOLDER, with the tool's configurations as JSON lines on stdin, the
first of which only warms up. For each other one a JSON line comes back:
`{"grown": bytes above the state before, "error": code or null}`. The text `LARGE` in them stands
for an artifact of `SIZE` bytes.
"""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from uuid import uuid4

from activities.addresses import parse_openings
from activities.context import ArtifactStore, ToolContext
from activities.errors import ToolError
from activities.http_client import HttpClient
from activities.tools.http import HttpTool
from models.graph.http import HttpConfig
from models.graph.values import Json

SIZE = 50_000_000


def peak() -> int:
    """The most memory that was ever resident since `reset`, in bytes."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1)) * 1_024


def reset() -> None:
    Path("/proc/self/clear_refs").write_text("5")


class Folder(ArtifactStore):
    """Artifacts as plain files: the buffers of a real store are not what is measured here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put_file(
        self, execution_id: str, file: Path, *, content_type: str, name: str | None = None
    ) -> Json:
        artifact_id = uuid4().hex
        shutil.copyfile(file, self._folder / artifact_id)
        return {"$artifact": {"id": artifact_id, "content_type": content_type}}

    async def fetch(self, reference: Json, file: Path) -> None:
        assert isinstance(reference, dict)
        facts = reference["$artifact"]
        assert isinstance(facts, dict)
        shutil.copyfile(self._folder / str(facts["id"]), file)


async def large_artifact(store: Folder, folder: Path) -> Json:
    file = folder / "large"
    with file.open("wb") as target:
        for _ in range(SIZE // 100_000):
            target.write(bytes(100_000))
    return await store.put_file("", file, content_type="application/octet-stream")


async def cost(tool: HttpTool, config: HttpConfig, store: Folder) -> Json:
    context = ToolContext(
        execution_id=str(uuid4()),
        node_key="node",
        path="",
        attempt=1,
        idempotency_key="run:node:",
        timeout_seconds=60,
        log=lambda *_: None,
        artifacts=store,
    )
    reset()
    before, error = peak(), None
    try:
        await tool(config, {}, context)
    except ToolError as failed:
        error = failed.code
    context.scratch.remove()
    return {"grown": peak() - before, "error": error}


async def main(url: str, folder: Path) -> None:
    store = Folder(folder)
    large = json.dumps(await large_artifact(store, folder))
    client = HttpClient(parse_openings(url.removeprefix("http://")))
    tool = HttpTool(client)
    for number, line in enumerate(sys.stdin):
        config = HttpConfig.model_validate_json(line.replace('"LARGE"', large))
        found = await cost(tool, config, store)
        if number > 0:
            sys.stdout.write(json.dumps(found) + "\n")
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
