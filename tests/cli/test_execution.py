"""`pastetrader execution`, on the whole product: what steers runs that go on, and runs them again."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from tests.cli.commands import LOOK_SECONDS, command, ended, spawn

pytestmark = pytest.mark.slow
DOCUMENT = """
name: steered
nodes:
  - {key: start, type: trigger}
  - key: note
    type: tool
    config: {kind: http, url: "http://127.0.0.1:9/"}
    retry: {max_attempts: 1}
    on_error: continue
  - {key: wait, type: delay, config: {seconds: 600}}
edges:
  - {source: start, target: note}
  - {source: note, target: wait}
"""


async def test_runs_are_checked_ended_and_run_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    graph = tmp_path / "steered.yaml"
    graph.write_text(DOCUMENT)
    async with live_stack(data):

        async def execution(*arguments: str, code: int = 0) -> Any:
            done = await command("execution", *arguments, "--json", data_dir=data)
            assert done.code == code, (arguments, done.err)
            return json.loads(done.out)

        async def waiting() -> str:
            async with asyncio.timeout(60):
                while not (found := await execution("list", "--status", "waiting")):
                    await asyncio.sleep(LOOK_SECONDS)
            return str(found[0]["id"])

        running = await spawn("run", str(graph), "--json", data_dir=data)
        run_id = await waiting()
        report = await execution("upgrade", run_id, "--version", "1", "--check", code=1)
        assert [reason["code"] for reason in report["reasons"]] == ["SAME_VERSION"]
        assert report["waiting"] == ["wait"]
        await execution("terminate", run_id, "--reason", "enough")
        assert (await ended(running)).code != 0

        again = await spawn("execution", "retry", run_id, "--from", "note", data_dir=data)
        second = await waiting()
        assert second != run_id
        await execution("cancel", second)
        done = await ended(again)
        assert done.code != 0
        assert "note (1 ×)" in done.err, "what reaches the world is named first"
