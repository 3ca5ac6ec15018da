"""The operator's file: the only place that commands come from."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.mcp.operator_file import OperatorFileInvalid, StdioServer, read_operator_file
from activities.mcp.process import INHERITED, child_environment
from activities.worker import SettingsInvalid, WorkerSettings
from models.keys import new_key


def test_it_has_the_form_of_other_hosts(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    entry = {"command": "uvx", "args": ["x"], "env": {"A": "1"}, "cwd": "/srv", "type": "stdio"}
    file.write_text(json.dumps({"mcpServers": {"time": entry}, "other": 1}))
    found = read_operator_file(str(file))
    assert found == {"time": StdioServer(command="uvx", args=["x"], env={"A": "1"}, cwd="/srv")}
    assert read_operator_file(None) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "valid dictionary"),
        ({"servers": {}}, "mcpServers: Field required"),
        ({"mcpServers": {"time": {}}}, r"mcpServers\.time\.command: Field required"),
        ({"mcpServers": {"time": {"url": "https://x"}}}, r"time\.command"),
        ({"mcpServers": {"time": {"command": ""}}}, r"time\.command"),
        ({"mcpServers": {"time": {"command": "a\x00b"}}}, r"time\.command"),
        ({"mcpServers": {"time": {"command": "a", "args": "b"}}}, r"time\.args"),
        ({"mcpServers": {"time": {"command": "a", "env": {"A=B": "c"}}}}, r"time\.env"),
        ({"mcpServers": {"time": {"command": "a", "env": {"A": 1}}}}, r"time\.env\.A"),
        ({"mcpServers": {" ": {"command": "a"}}}, "mcpServers"),
    ],
)
def test_a_worker_does_not_start_with_a_file_that_is_wrong(
    tmp_path: Path, content: Any, message: str
) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    environ = {
        "PASTETRADER_ARTIFACTS": "memory:///",
        "PASTETRADER_ENCRYPTION_KEYS": new_key("1"),
        "PASTETRADER_MCP_SERVERS": str(file),
    }
    with pytest.raises(SettingsInvalid, match=message) as problem:
        WorkerSettings.from_env(environ)
    assert "PASTETRADER_MCP_SERVERS" in str(problem.value)
    assert str(file) in str(problem.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorFileInvalid, match=r"none\.json cannot be read: No such file"):
        read_operator_file(str(tmp_path / "none.json"))


def test_what_the_file_says_comes_before_what_is_inherited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/worker")
    monkeypatch.setenv("PASTETRADER_SECRET_KEY", "canary")
    found = child_environment({"HOME": "/srv", "TOKEN": "t"})
    assert (found["HOME"], found["TOKEN"]) == ("/srv", "t")
    assert found.keys() <= {*INHERITED, "TOKEN"}
