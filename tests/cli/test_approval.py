"""`pastetrader approval`, on the whole product, with people who come back to restarted servers."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from chaos.stack import Stack, live_stack
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from tests.cli.commands import LOOK_SECONDS, command, ended, spawn

pytestmark = pytest.mark.slow
DOCUMENT = """
name: buys {name}
output: "{{{{ nodes.ask.output.text }}}}"
nodes:
  - {{key: start, type: trigger}}
  - key: ask
    type: agent
    config:
      provider: openai_compatible
      model: scripted
      base_url: {url}/v1
      prompt: Buy it.
      tools:
        - name: order
          sensitive: true
          config: {{kind: builtin, name: log}}
          input_schema: {{type: object, properties: {{message: {{type: string}}}}}}
edges:
  - {{source: start, target: ask}}
"""
CALL = {"tool_calls": [{"name": "order", "arguments": {"message": "buy MSFT"}}]}


ASKS = """
name: asks
output: "{{ nodes.review.output }}"
nodes:
  - {key: start, type: trigger}
  - key: review
    type: approval
    config:
      message: Right?
      form: {type: object, required: [n], properties: {n: {type: integer}}}
      assignees: ["role:admin", "somebody@example.org"]
      required: %s
edges:
  - {source: start, target: review}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder."""
    return tmp_path / "data"


@pytest.fixture
async def stack(data: Path) -> AsyncIterator[Stack]:
    """The whole product, whose agents may ask a model on this machine."""
    async with live_stack(data, env={"PASTETRADER_HTTP_ALLOW": "127.0.0.1"}) as stack:
        yield stack


async def test_what_is_mine_is_listed_and_decided_by_a_link(
    stack: Stack, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "asks.yaml"

    async def mine() -> Any:
        done = await command("approval", "list", "--mine", "--json", data_dir=data)
        assert done.code == 0, done.err
        return json.loads(done.out)

    async def asked() -> str:
        async with asyncio.timeout(60):
            while not (found := await mine()):
                await asyncio.sleep(LOOK_SECONDS)
        return str(found[0]["id"])

    file.write_text(ASKS % 1)
    running = await spawn("run", str(file), "--json", data_dir=data)
    name = await asked()
    arguments = ("approval", "link", name, "--expires", "2h")
    made = await command(*arguments, data_dir=data)
    assert made.code == 0, made.err
    url = urlsplit(made.out.strip())
    assert (url.scheme, url.path) == ("http", "/approve")
    token = url.query.removeprefix("token=")
    async with httpx.AsyncClient(base_url=f"http://{url.netloc}/api/v1") as anybody:
        body = {"approve": True, "form": {"n": 3}}
        answer = await anybody.post(f"/approval-links/{token}", json=body)
        assert answer.status_code == 200, answer.text
        assert (await anybody.get(f"/approval-links/{token}")).status_code == 410
    done = await ended(running)
    assert done.code == 0, done.err
    assert '"n": 3' in done.out
    assert await mine() == []

    file.write_text(ASKS % 2)
    running = await spawn("run", str(file), "--json", data_dir=data)
    name = await asked()
    first = await command("approval", "approve", name, "--form", '{"n": 4}', data_dir=data)
    assert "1 of 2 approved" in first.err
    assert await mine() == []
    table = (await command("approval", "list", data_dir=data)).out
    assert "1 of 2" in table
    again = await command("approval", "approve", name, "--form", '{"n": 4}', data_dir=data)
    assert (again.code, "decided already" in again.err) == (2, True)
    other = ("approval", "link", name, "--email", "somebody@example.org")
    assert (await command(*other, data_dir=data)).code == 2
    assert (await command(*arguments[:-1], "soon", data_dir=data)).code == 2
    execution = json.loads((await command("approval", "list", "--json", data_dir=data)).out)
    run = execution[0]["execution_id"]
    assert (await command("execution", "cancel", run, data_dir=data)).code == 0
    await ended(running)


async def test_calls_are_listed_approved_and_rejected(
    stack: Stack, data: Path, tmp_path: Path
) -> None:
    script = Script.model_validate({"turns": [CALL], "default": "Enough."})
    async with scripted_model(script) as model:

        async def approval(*arguments: str) -> Any:
            done = await command("approval", *arguments, "--json", data_dir=data)
            assert done.code == 0, (arguments, done.err)
            return json.loads(done.out)

        async def asked() -> dict[str, Any]:
            async with asyncio.timeout(60):
                while not (found := await approval("list")):
                    await asyncio.sleep(LOOK_SECONDS)
            return dict(found[0])

        for word, status in (("approve", "approved"), ("reject", "rejected")):
            file = tmp_path / f"{word}.yaml"
            file.write_text(DOCUMENT.format(name=word, url=model.url))
            running = await spawn("run", str(file), "--json", data_dir=data)
            found = await asked()
            table = (await command("approval", "list", data_dir=data)).out
            assert "order" in table
            assert "MSFT" in table
            await stack.kill("worker-1")
            await stack.kill("api")
            decided = await approval(word, found["id"], "--comment", "as you like")
            assert (decided["status"], decided["comment"]) == (status, "as you like")
            done = await ended(running)
            assert done.code == 0, done.err
            again = await command("approval", word, found["id"], data_dir=data)
            assert again.code == 2
            assert "waits no more" in again.err
        assert await approval("list") == []
        assert {each["status"] for each in await approval("list", "--all")} == {
            "approved",
            "rejected",
        }
        assert (await command("approval", "approve", "nothing", data_dir=data)).code == 2
        told = json.dumps(model.ledger.requests[-1].body)
        assert "as you like" in told
