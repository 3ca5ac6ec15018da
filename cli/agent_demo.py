"""An agent that is killed in the middle: what it had done stays done, and no turn is paid twice."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from cli.client import ApiClient
from cli.data_folder import DataFolder
from cli.exits import CommandError
from cli.output import console, print_value, status_text, talk
from cli.runs import start_run
from cli.stack.borrowed import any_server
from models.enums import ExecutionStatus

SECRET = "DEMO_MODEL_KEY"  # noqa: S105 - a name, no secret
_SYMBOLS = ("AAPL", "IBM", "MSFT")
_SECONDS = 300.0
# Each model is asked for by the variable that holds its provider's key.
_KEYS = {
    "OPENAI_API_KEY": ("openai", "gpt-5.4-mini"),
    "ANTHROPIC_API_KEY": ("anthropic", "claude-haiku-4-5"),
}
_SLOW = """
import time

def main(symbol, close):
    time.sleep(3)  # long enough to be killed in
    return {"symbol": symbol, "gain_percent": round(100 * (close[-1] / close[0] - 1), 1)}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """The model of the demo; `url` only for the scripted one, which counts what it is asked."""

    provider: str
    model: str
    key: str | None = None
    url: str | None = None

    def requests(self) -> dict[str, int] | None:
        """How often each turn was asked for; None when nobody counts."""
        if self.url is None:
            return None
        found = httpx.get(f"{self.url}/count", trust_env=False, timeout=10).json()
        return {
            turn: counted["requests"]
            for turns in found["conversations"].values()
            for turn, counted in turns.items()
        }


def run_agent_demo() -> None:
    """Run an agent with three tools on servers of its own, and kill its worker in the middle."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pastetrader-demo-")))
        served = stack.enter_context(_model(root))
        if served.url is not None:
            os.environ["PASTETRADER_HTTP_ALLOW"] = served.url.removeprefix("http://")
        folder = DataFolder(root / "data")
        with any_server(folder, talk) as client:
            talk.print(f"The model is {served.model} ({served.provider}).", highlight=False)
            run, agent = _run(client, folder, served)
            _show(client, served, run, agent)


def _run(
    client: ApiClient, folder: DataFolder, served: Served
) -> tuple[dict[str, Any], dict[str, Any]]:
    if served.key is not None:
        client.put(f"/secrets/{SECRET}", {"value": served.key})
    workflow = client.post("/workflows/import", _document(served))
    client.post(f"/workflows/{workflow['id']}/publish", None)
    run_id = start_run(client, workflow["id"], {"symbols": list(_SYMBOLS)})["id"]
    agent_id = _wait(lambda: _agent_of(client, run_id))
    _wait(lambda: _works_at(client, agent_id))
    running = folder.running()
    pid = running.pids["worker-1"] if running else 0
    if pid:
        os.kill(pid, signal.SIGKILL)
        talk.print(f"[yellow]kill -9 {pid}[/]: the worker is dead in the middle of its calls.")
    _wait(lambda: _ended(client, run_id))
    return client.get(f"/executions/{run_id}"), client.get(f"/executions/{agent_id}")


def _agent_of(client: ApiClient, run_id: str) -> str | None:
    found = (row for row in client.items("/executions", 20) if row["parent_execution_id"] == run_id)
    return next((row["id"] for row in found), None)


def _works_at(client: ApiClient, agent_id: str) -> bool:
    """Whether the slow calls run now, or all is over already."""
    agent = client.get(f"/executions/{agent_id}")
    running = [n for n in agent["nodes"] if n["name"] == "gain" and n["status"] == "running"]
    return bool(running) or ExecutionStatus(agent["status"]).is_terminal


def _ended(client: ApiClient, run_id: str) -> bool:
    return ExecutionStatus(client.get(f"/executions/{run_id}")["status"]).is_terminal


def _wait(found: Any) -> Any:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    raise CommandError(f"the demo did not end within {_SECONDS:g} seconds")


def _show(client: ApiClient, served: Served, run: dict[str, Any], agent: dict[str, Any]) -> None:
    table = Table("step", "attempts", "status", "tokens")
    for node in client.get(f"/executions/{agent['id']}")["nodes"]:
        usage = node["usage"] or {}
        tokens = usage.get("tokens_in", 0) + usage.get("tokens_out", 0)
        row = (node["name"], str(node["attempt"]), status_text(node["status"]))
        table.add_row(*row, str(tokens) if tokens else "")
    console.print(table)
    if run["status"] != "completed":
        raise CommandError(f"the run ended {run['status']}: {(run['error'] or {}).get('message')}")
    print_value(run["output"])
    counted = served.requests()
    if counted is not None:
        again = {turn: times for turn, times in counted.items() if times > 1}
        if again:
            raise CommandError(f"turns were asked for more than once: {again}")
        console.print(
            f"{len(counted)} turns, each asked for once: what was answered stayed answered."
        )


def _document(served: Served) -> dict[str, Any]:
    symbol = {"symbol": {"type": "string"}}
    close = {"close": {"type": "array", "items": {"type": "number"}}}
    tools = [
        _tool("prices", "Monthly closes of a share.", symbol,
              {"kind": "builtin", "name": "dataset", "options": {"name": "stocks"}}),
        _tool("gain", "Its gain over these closes, in percent.", symbol | close,
              {"kind": "python", "code": _SLOW}),
        _tool("note", "Writes a line to the run's log.", {"message": {"type": "string"}},
              {"kind": "builtin", "name": "log"}),
    ]  # fmt: skip
    config: dict[str, Any] = {
        "provider": served.provider,
        "model": served.model,
        "system": "You compare shares by their prices. Use the tools; guess nothing.",
        "prompt": "Which of {{ input.symbols | join(', ') }} gained most from its first to its last "
        "close? Pass `gain` the first and the last close, note the winner, then answer in one line.",
        "tools": tools,
        "budgets": {"max_turns": 12},
    }
    if served.url is not None:
        config["base_url"] = f"{served.url}/v1"
    if served.key is not None:
        config["api_key"] = f"{{{{ secrets.{SECRET} }}}}"
    return {
        "name": "agent demo",
        "output": "{{ nodes.compare.output.text }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "compare", "type": "agent", "config": config},
        ],
        "edges": [{"source": "start", "target": "compare"}],
    }


def _tool(
    name: str, description: str, properties: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
    return {"name": name, "description": description, "input_schema": schema, "config": config}


@contextmanager
def _model(folder: Path) -> Iterator[Served]:
    """The model whose key the environment has, else one that follows a script."""
    for variable, (provider, model) in _KEYS.items():
        if key := os.environ.get(variable):
            yield Served(provider, model, key=key)
            return
    script = folder / "script.json"
    script.write_text(json.dumps(_SCRIPT), encoding="utf-8")
    command = [sys.executable, "-m", "cli.scripted_model", "--script", str(script)]
    with subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if process.stdout is None or not (url := process.stdout.readline().strip()):
                raise CommandError("the scripted model did not start")
            yield Served("openai_compatible", "a scripted model", url=url)
        finally:
            process.terminate()


def _calls(name: str, arguments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": each} for each in arguments]}


# First and last closes are those of the shipped data set.
_SCRIPT: dict[str, Any] = {
    "turns": [
        _calls("prices", [{"symbol": symbol} for symbol in _SYMBOLS]),
        _calls(
            "gain",
            [
                {"symbol": "AAPL", "close": [25.94, 223.02]},
                {"symbol": "IBM", "close": [100.52, 125.55]},
                {"symbol": "MSFT", "close": [39.81, 28.8]},
            ],
        ),
        _calls("note", [{"message": "AAPL gained most"}]),
        "AAPL gained most: 759.8 % from its first close to its last.",
    ]
}
