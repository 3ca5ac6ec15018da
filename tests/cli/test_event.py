"""`pastetrader event`, on the whole product: a run waits through a kill, and is woken from a shell."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from tests.cli.commands import LOOK_SECONDS, command, ended, spawn

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "event" / "workflow.yaml"


async def test_an_event_that_is_sent_wakes_a_run(tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = tmp_path / "payload.json"
    file.write_text('{"close": 120.5}')

    async def event(*arguments: str) -> Any:
        done = await command("event", *arguments, "--json", data_dir=data)
        assert done.code == 0, (arguments, done.err)
        return json.loads(done.out)

    async with live_stack(data) as stack:
        given = ("--input", '{"symbol": "MSFT"}')
        running = await spawn("run", str(EXAMPLE), *given, "--json", data_dir=data)
        async with asyncio.timeout(60):
            while not await waits(data):
                await asyncio.sleep(LOOK_SECONDS)
        await stack.kill("worker-1")
        await stack.kill("api")
        payload = ("--payload", f"@{file}", "--id", "check-1")
        told = await event("send", "prices.checked", "--key", "MSFT", *payload)
        assert (told["duplicate"], told["key"]) == (False, "MSFT")
        assert (await event("send", "prices.checked", "--id", "check-1"))["duplicate"] is True
        done = await ended(running)
        assert done.code == 0, done.err
        assert "MSFT closed at 120.5" in done.out
        (listed,) = await event("list", "--name", "prices.checked", "--key", "MSFT")
        assert (listed["payload"], listed["deliveries"]) == ({"close": 120.5}, 1)
        assert "prices.checked" in (await command("event", "list", data_dir=data)).out
        refused = await command("event", "send", "execution.finished", data_dir=data)
        assert refused.code == 2
        assert "execution." in refused.err


async def waits(data: Path) -> bool:
    """Whether a run waits."""
    done = await command("execution", "list", "--json", data_dir=data)
    return done.code == 0 and any(run["status"] == "waiting" for run in json.loads(done.out))
