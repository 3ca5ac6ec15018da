"""`pastetrader approval`, on the whole product, with people who come back to restarted servers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from tests.cli.commands import command, ended, spawn

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


async def test_calls_are_listed_approved_and_rejected(tmp_path: Path) -> None:
    data = tmp_path / "data"
    script = Script.model_validate({"turns": [CALL], "default": "Enough."})
    env = {"PASTETRADER_HTTP_ALLOW": "127.0.0.1"}
    async with scripted_model(script) as model, live_stack(data, env=env) as stack:

        async def approval(*arguments: str) -> Any:
            done = await command("approval", *arguments, "--json", data_dir=data)
            assert done.code == 0, (arguments, done.err)
            return json.loads(done.out)

        async def asked() -> dict[str, Any]:
            async with asyncio.timeout(60):
                while not (found := await approval("list")):
                    await asyncio.sleep(0.2)
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
