"""`pastetrader agent`, on the whole product."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from tests.cli.commands import Done, command

pytestmark = pytest.mark.slow

ANALYST = """
name: analyst
description: Reads prices.
config:
  provider: openai_compatible
  model: qwen3
  base_url: http://127.0.0.1:9/v1
  system: You know prices.
"""
TOOL = """
name: load prices
config: {kind: python, code: "def main(symbol): return [1, 2]"}
"""
SELL = {"config": {"kind": "python", "code": "def main(): pass"}, "sensitive": True}


async def fed(given: str, *arguments: str, data_dir: Path) -> Done:
    """`pastetrader …` with something on its standard input."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PASTETRADER_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=clean | {"PASTETRADER_DATA_DIR": str(data_dir), "XDG_CONFIG_HOME": str(data_dir)},
    )
    out, err = await asyncio.wait_for(process.communicate(given.encode()), 60)
    return Done(process.returncode or 0, out.decode(), err.decode())


async def test_agents_are_registered_given_tools_and_deleted(tmp_path: Path) -> None:
    data, tool, sell = tmp_path / "data", tmp_path / "tool.yaml", tmp_path / "sell.json"
    tool.write_text(TOOL)
    sell.write_text(json.dumps(SELL))

    async def ok(*arguments: str) -> str:
        done = await command(*arguments, data_dir=data)
        assert done.code == 0, (arguments, done.err)
        return done.out + done.err

    async def shown(name: str) -> dict[str, Any]:
        return dict(json.loads(await ok("agent", "show", name)))

    async with live_stack(data):
        made = await fed(ANALYST, "agent", "create", "-", "--json", data_dir=data)
        assert made.code == 0, made.err
        first = json.loads(made.out)
        assert first == await shown("analyst") == await shown(first["id"])
        file = tmp_path / "analyst.yaml"
        file.write_text(ANALYST.replace("qwen3", "qwen4"))
        assert "Changed 'analyst'" in await ok("agent", "create", str(file))
        file.write_text(ANALYST.replace("analyst", "trader"))
        assert "Registered 'trader'" in await ok("agent", "create", str(file))
        assert "qwen4" in await ok("agent", "list")
        assert {each["name"] for each in json.loads(await ok("agent", "list", "--json"))} == {
            "analyst",
            "trader",
        }

        await ok("tool", "add", str(tool))
        await ok("agent", "bind", "analyst", "--tool", "load prices", "--description=Prices.")
        await ok("agent", "bind", "trader", "--agent", "analyst", "--as", "ask")
        table = await ok("agent", "bind", "trader", "--file", str(sell), "--as", "sell")
        assert "python of its own, sensitive" in table
        bound = (await shown("analyst"))["config"]["tools"][0]
        assert (bound["name"], bound["tool"]) == ("load_prices", "load prices")
        assert bound["description"] == "Prices."
        tools = (await shown("trader"))["config"]["tools"]
        assert [(each["name"], each["agent"]) for each in tools] == [
            ("ask", "analyst"),
            ("sell", None),
        ]
        for arguments, code, why in (
            (("bind", "trader"), 2, "give one of"),
            (("bind", "trader", "--tool", "a", "--agent", "b"), 2, "give one of"),
            (("bind", "trader", "--workflow", "nothing"), 2, "INVALID_REFERENCE"),
            (("unbind", "trader", "buy"), 2, "has no tool 'buy'"),
            (("show", "nobody"), 2, "no agent is named 'nobody'"),
            (("delete", "analyst"), 2, "used by 'trader'"),
        ):
            refused = await command("agent", *arguments, data_dir=data)
            assert (refused.code, why in refused.err) == (code, True), (arguments, refused)

        assert "Took 'ask' from 'trader'" in await ok("agent", "unbind", "trader", "ask")
        assert "Deleted 'analyst'" in await ok("agent", "delete", "analyst")
        assert "analyst" not in await ok("agent", "list")
