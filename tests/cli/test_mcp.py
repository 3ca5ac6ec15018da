"""`pastetrader mcp`, on the whole product."""

import json
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from chaos.stack import live_stack
from tests.activities.mcp.hostile_http import hostile_http
from tests.cli.commands import command

pytestmark = pytest.mark.slow


def programs_with(mark: str) -> list[str]:
    """Command lines of running processes that hold `mark`."""
    lines = [
        file.read_bytes().replace(b"\x00", b" ").decode(errors="replace")
        for file in Path("/proc").glob("[0-9]*/cmdline")
        if file.exists()
    ]
    return [line for line in lines if mark in line]


async def test_servers_are_registered_approved_called_and_removed(tmp_path: Path) -> None:
    data, mark = tmp_path / "data", f"Etc/{uuid4().hex}"
    time = {
        "command": sys.executable,
        "args": ["-m", "mcp_server_time", "--local-timezone=UTC"],
        "env": {"TZ": "UTC"},
        "description": "Times around the world",
    }
    marked = {"command": sys.executable, "args": ["-c", "import time; time.sleep(600)", mark]}
    operator_file = tmp_path / "mcp.json"
    operator_file.write_text(json.dumps({"mcpServers": {"time": time, "marked": marked}}))
    env = {
        "PASTETRADER_MCP_SERVERS": str(operator_file),
        "PASTETRADER_HTTP_ALLOW": "127.0.0.1",
    }
    async with hostile_http() as remote, live_stack(data, env=env):

        async def mcp(*arguments: str) -> str:
            done = await command("mcp", *arguments, data_dir=data)
            assert done.code == 0, (arguments, done.err)
            return done.out

        listed = json.loads(await mcp("list", "--json"))
        assert {each["name"] for each in listed} == {"time", "marked"}
        assert "operator" in await mcp("list")

        added = json.loads(await mcp("add", "remote", remote.url, "--header=X-A: b", "--json"))
        assert (added["approved"], added["headers"]) == (0, {"X-A": "•••"})
        assert "new" in await mcp("tools", "remote")
        await mcp("approve", "remote", "echo", "pid")
        approved = json.loads(await mcp("approve", "remote", "pid", "--take-back", "--json"))
        assert approved["approved"] == 1
        tools = {t["name"]: t["state"] for t in json.loads(await mcp("tools", "remote", "--json"))}
        assert (tools["echo"], tools["pid"]) == ("approved", "new")

        assert "convert_time" in await mcp("refresh", "time", "--approve-all")
        document = tmp_path / "flow.yaml"
        document.write_text(FLOW)
        ran = await command("run", str(document), data_dir=data)
        assert ran.code == 0, ran.err
        assert "+9.0h" in ran.out

        failed = await command("mcp", "refresh", "marked", data_dir=data)
        assert failed.code == 1
        assert "McpServerUnavailable" in failed.err
        assert programs_with(mark)

        assert (await command("mcp", "approve", "remote", data_dir=data)).code == 2
        assert (await command("mcp", "tools", "nobody", data_dir=data)).code == 2
        await mcp("remove", "remote")
        assert "remote" not in await mcp("list")
    assert not programs_with(mark), "the worker's servers end with it"


FLOW = """
name: what time is it there
nodes:
  - {key: start, type: trigger}
  - key: there
    type: tool
    config: {kind: mcp, server: time, tool: convert_time}
    inputs: {source_timezone: UTC, time: "12:00", target_timezone: Asia/Seoul}
edges:
  - {source: start, target: there}
"""
