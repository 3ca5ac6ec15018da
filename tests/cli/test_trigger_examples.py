"""The examples of each kind of trigger, by their commands, on the whole product."""

import ast
import asyncio
import json
import re
import shlex
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos.stack import live_stack
from tests.cli.commands import LOOK_SECONDS, command

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SECRET = "what-only-the-sender-knows"


@dataclass(frozen=True, slots=True)
class Shell:
    """Commands for one product."""

    data: Path

    async def told(self, *arguments: str) -> Any:
        """What a command says to machines."""
        return json.loads(await self.said(*arguments, "--json"))

    async def said(self, *arguments: str, code: int = 0, typed: str = "") -> str:
        """What a command says to people, or why it ends with `code`."""
        done = await command(*arguments, data_dir=self.data, typed=typed)
        assert done.code == code, (arguments, done.err)
        return done.out or done.err

    async def create(self, kind: str) -> Any:
        """The trigger of an example, whose workflow is published."""
        await self.said("workflow", "import", str(EXAMPLES / kind / "workflow.yaml"))
        await self.said("workflow", "publish", f"example-{kind}")
        file = EXAMPLES / kind / "trigger.yaml"
        return await self.told("trigger", "create", str(file))

    async def output_of_first(self, trigger: Any) -> Any:
        """What the first run of a trigger's workflow made, once it did."""
        async with asyncio.timeout(60):
            while True:
                found = await self.told("execution", "list", "--workflow", trigger["workflow_id"])
                if found and found[-1]["status"] == "completed":
                    return found[-1]["output"]
                await asyncio.sleep(LOOK_SECONDS)


@pytest.fixture(scope="module")
async def shell(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shell]:
    """A shell beside a running product."""
    data = tmp_path_factory.mktemp("product")
    async with live_stack(data):
        yield Shell(data)


async def test_a_webhook(shell: Shell) -> None:
    await shell.said("secrets", "set", "ALERT_SECRET", typed=SECRET)
    hook = await shell.create("webhook")
    body = '{"symbol": "MSFT", "price": 120.5}'
    answer = json.loads(await shell.said("trigger", "test", "price alert", "--body", body))
    assert answer["output"] == {"line": "MSFT is at 120.5"}
    line = await shell.said("trigger", "test", hook["id"], "--body", "-", "--curl", typed=body)
    words = shlex.split(line)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        sent = await http.post(words[3], headers=headers, content=words[-1].encode())
        assert sent.json()["output"] == {"line": "MSFT is at 120.5"}
        assert (await http.post(words[3], json={})).status_code == 401
    shown = await documented_sender(words[3])
    assert shown["output"] == {"line": "MSFT is at 120.5"}
    refused = await shell.said("trigger", "test", "price alert", "--body", "[]", code=1)
    assert "422 EXPRESSION_FAILED" in refused
    accepted = ("trigger", "deliveries", hook["id"], "--status", "accepted")
    assert len(await shell.told(*accepted)) == 3, "the call that was sent again is no fourth"
    assert "refused" in await shell.said("trigger", "deliveries", "price alert")


async def documented_sender(url: str) -> Any:
    """What the sender in the documentation is answered by the webhook at `url`."""
    text = (EXAMPLES.parent / "docs" / "triggers.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program = program.replace("https://pastetrader.example/api/v1/hooks/ID", url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=PIPE, env={"NO_PROXY": "*"}
    )
    out, _ = await process.communicate()
    return json.loads(ast.literal_eval(out.decode()))


async def test_an_event(shell: Shell) -> None:
    made = await shell.create("event-trigger")
    publish = ("event", "send", "prices.complete", "--payload", '{"day": "2026-03-06"}')
    first = await shell.told(*publish, "--id", "prices-1")
    assert (first["triggers"], first["duplicate"]) == (1, False)
    assert "told before" in await shell.said(*publish, "--id", "prices-1")
    assert await shell.output_of_first(made) == {"told": "The prices of 2026-03-06 are complete"}
    [listed] = await shell.told("event", "list", "--name", "prices.complete")
    assert listed["event_id"] == "prices-1"
    assert "prices.complete" in await shell.said("event", "list")


async def test_a_schedule(shell: Shell) -> None:
    file = str(EXAMPLES / "schedule" / "trigger.yaml")
    times = (await shell.told("trigger", "preview", "--file", file, "--count", "3"))["times"]
    made = await shell.create("schedule")
    assert made["next_run_at"] == times[0]
    fired = await shell.told("trigger", "fire", "after the close")
    assert (await shell.output_of_first(made))["note"].startswith("The close of 20")
    [firing] = await shell.told("trigger", "history", "after the close")
    assert firing["execution_id"] == fired["id"]
