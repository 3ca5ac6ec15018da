"""`pastetrader up` and the commands that speak to it, as processes."""

import asyncio
import json
import signal
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos.stack import Stack, live_stack
from tests.cli.commands import command, ended, spawn

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SECOND_START_SECONDS = 10  # what the README promises
BROKEN = """
name: broken
nodes:
  - {key: start, type: trigger}
  - {key: boom, type: tool, config: {kind: python, code: "def main():\\n    return 1 / 0"}, retry: {max_attempts: 1}}
edges:
  - {source: start, target: boom}
"""
WAITS = """
name: waits
output: "{{ nodes.after.output }}"
nodes:
  - {key: start, type: trigger}
  - {key: pause, type: delay, config: {seconds: "{{ input.seconds | default(4) }}"}}
  - {key: after, type: adapter, config: {output: "{{ input.n }}"}}
edges:
  - {source: start, target: pause}
  - {source: pause, target: after}
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder."""
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture(scope="module")
async def stack(data_dir: Path) -> AsyncIterator[Stack]:
    """`up`, for the commands below."""
    async with live_stack(data_dir) as stack:
        yield stack


async def test_up_tells_where_everything_is(stack: Stack, data_dir: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        base = stack.urls["api"].removesuffix("/api/v1")
        assert (await client.get(f"{base}/healthz")).status_code == 200
        assert (await client.get(stack.urls["docs"])).status_code == 200
    assert stat.S_IMODE((data_dir / "admin.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


async def test_a_second_up_on_the_folder_is_refused(stack: Stack, data_dir: Path) -> None:
    done = await command("up", "--json", data_dir=data_dir)
    assert done.code == 3
    assert str(data_dir) in done.err


@pytest.mark.parametrize("name", ["condition", "parallel", "tool-python"])
async def test_run_follows_a_file_to_its_end(stack: Stack, data_dir: Path, name: str) -> None:
    folder = EXAMPLES / name
    arguments = ["run", str(folder / "workflow.yaml"), "--input", f"@{folder / 'input.json'}"]
    done = await command(*arguments, "--json", data_dir=data_dir)
    assert done.code == 0, done.err
    assert json.loads(done.out)["output"] == json.loads((folder / "expected.json").read_text())
    followed = await command(*arguments, "--follow", data_dir=data_dir)
    assert followed.code == 0
    assert "completed" in followed.err


async def test_exit_codes(stack: Stack, data_dir: Path, tmp_path: Path) -> None:
    failing = tmp_path / "failing.yaml"
    failing.write_text(BROKEN)
    done = await command("run", str(failing), data_dir=data_dir)
    assert done.code == 1
    assert "boom" in done.err
    assert "division by zero" in done.err
    invalid = tmp_path / "invalid.yaml"
    invalid.write_text(BROKEN.replace("target: boom", "target: bom"))
    done = await command("run", str(invalid), data_dir=data_dir)
    assert done.code == 2
    assert "NODE_NOT_FOUND" in done.err
    done = await command("run", "no such name", data_dir=data_dir)
    assert (done.code, "no workflow is named" in done.err) == (2, True)
    done = await command("run", str(failing), "--input", "{", data_dir=data_dir)
    assert (done.code, "not JSON" in done.err) == (2, True)
    done = await command(
        "workflow", "list", PASTETRADER_URL="http://127.0.0.1:9", data_dir=data_dir
    )
    assert (done.code, "does not answer" in done.err) == (3, True)
    wrong = {"PASTETRADER_URL": stack.urls["api"], "PASTETRADER_API_KEY": "pt_wrong"}
    done = await command("workflow", "list", data_dir=data_dir, **wrong)
    assert (done.code, "login" in done.err) == (3, True)


async def test_workflows_tools_executions_and_keys(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    file = EXAMPLES / "adapter" / "workflow.yaml"
    done = await command("workflow", "import", str(file), "--json", data_dir=data_dir)
    assert done.code == 0, done.err
    again = await command("workflow", "import", str(file), data_dir=data_dir)
    assert (again.code, "already" in again.err) == (2, True)
    name = json.loads(done.out)["name"]
    assert (await command("workflow", "publish", name, data_dir=data_dir)).code == 0
    copy = tmp_path / "copy.yaml"
    assert (await command("workflow", "export", name, "-o", str(copy), data_dir=data_dir)).code == 0
    assert (await command("workflow", "validate", str(copy))).code == 0
    given = f"@{EXAMPLES / 'adapter' / 'input.json'}"
    run = await command("run", name, "--input", given, "--json", data_dir=data_dir)
    execution_id = json.loads(run.out)["id"]
    shown = await command("execution", "show", execution_id, "--json", data_dir=data_dir)
    assert json.loads(shown.out)["status"] == "completed"
    listed = await command("execution", "list", "--json", data_dir=data_dir)
    assert execution_id in {row["id"] for row in json.loads(listed.out)}
    assert (await command("execution", "logs", execution_id, data_dir=data_dir)).code == 0
    retried = await command("execution", "retry", execution_id, data_dir=data_dir)
    assert retried.code == 0, retried.err
    assert (await command("tool", "list", "--json", data_dir=data_dir)).out.strip() == "[]"
    file = tmp_path / "tool.yaml"
    file.write_text("{name: double, config: {kind: python, code: 'def main(n): return 2 * n'}}")
    for says in ("Registered", "Changed"):
        added = await command("tool", "add", str(file), data_dir=data_dir)
        assert (added.code, says in added.err) == (0, True), added
    tried = await command("tool", "test", "double", "-i", '{"n": 21}', data_dir=data_dir)
    assert (tried.code, tried.out.strip()) == (0, "42"), tried.err
    assert (await command("tool", "delete", "double", data_dir=data_dir)).code == 0
    made = await command("api-key", "create", "ci", "--scope", "read", data_dir=data_dir)
    key = made.out.strip()
    env = {"PASTETRADER_URL": stack.urls["api"], "PASTETRADER_API_KEY": key}
    assert (await command("workflow", "list", **env)).code == 0
    assert (await command("workflow", "publish", name, **env)).code == 3, "it may only read"
    keys = json.loads((await command("api-key", "list", "--json", data_dir=data_dir)).out)
    key_id = next(found["id"] for found in keys if found["name"] == "ci")
    assert (await command("api-key", "revoke", key_id, data_dir=data_dir)).code == 0
    assert (await command("workflow", "list", **env)).code == 3, "it stopped working"


async def test_ctrl_c_ends_the_waiting_and_not_the_run(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "waits.yaml"
    file.write_text(WAITS)
    process = await spawn(
        "run", str(file), "-i", '{"n": 3, "seconds": 12}', "-f", data_dir=data_dir
    )
    seen = await asyncio.wait_for(process.stderr.readuntil(b"pause waiting"), 60)
    process.send_signal(signal.SIGINT)
    done = await ended(process)
    assert done.code == 130
    assert "was not stopped" in done.err, (seen, done)
    execution_id = done.err.partition("Run ")[2].split()[0]
    found = await at_its_end(execution_id, data_dir)
    assert (found["status"], found["output"]) == ("completed", 3)


async def test_validate_names_line_and_fix(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("name: x\nnodes: [")
    done = await command("workflow", "validate", str(file))
    assert (done.code, "w.yaml:2" in done.err) == (2, True)
    file.write_text("name: x\nnodes: [{key: a, type: tol}]\n")
    done = await command("workflow", "validate", str(file))
    assert (done.code, "did you mean `tool`" in done.err) == (2, True)


async def test_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    done = await command("doctor", "--json", data_dir=tmp_path / "new")
    found = {each["name"]: each for each in json.loads(done.out)}
    assert found["Python"]["ok"]
    assert all(each["ok"] or each["fix"] for each in found.values())


async def test_the_next_start_resumes_what_ran_and_a_taken_port_is_told(tmp_path: Path) -> None:
    """A run waits on a timer while everything is stopped and started again."""
    data_dir, file = tmp_path / "data", tmp_path / "waits.yaml"
    file.write_text(WAITS)
    async with live_stack(data_dir) as first:
        assert (await command("workflow", "import", str(file), data_dir=data_dir)).code == 0
        assert (await command("workflow", "publish", "waits", data_dir=data_dir)).code == 0
        port = int(first.urls["api"].removesuffix("/api/v1").rpartition(":")[2])
        taken = await command("up", "--port", str(port), data_dir=tmp_path / "other")
        assert (taken.code, f"port {port} is taken" in taken.err) == (3, True)
        started = await start_run(first, data_dir, "waits", {"n": 7})
        assert await first.stop() == 0
    for pid in first.pids.values():
        assert not Path(f"/proc/{pid}").exists(), "everything is gone after SIGTERM"
    began = time.monotonic()
    async with live_stack(data_dir):
        assert time.monotonic() - began < SECOND_START_SECONDS
        found = await at_its_end(started, data_dir)
        assert (found["status"], found["output"]) == ("completed", 7)


async def at_its_end(execution_id: str, data_dir: Path) -> dict[str, Any]:
    """A run, once it has ended."""
    async with asyncio.timeout(60):
        while True:
            shown = await command("execution", "show", execution_id, "--json", data_dir=data_dir)
            found: dict[str, Any] = json.loads(shown.out)
            if found["status"] not in {"pending", "running", "waiting"}:
                return found


async def start_run(stack: Stack, data_dir: Path, name: str, given: dict[str, Any]) -> str:
    """Start a run without waiting for it; its id."""
    key = json.loads((data_dir / "admin.json").read_text())["api_key"]
    async with httpx.AsyncClient(trust_env=False, headers={"X-API-Key": key}) as client:
        listed = (await client.get(f"{stack.urls['api']}/workflows")).json()["items"]
        workflow = next(row for row in listed if row["name"] == name)
        answer = await client.post(
            f"{stack.urls['api']}/workflows/{workflow['id']}/executions", json={"input": given}
        )
        return str(answer.json()["id"])
