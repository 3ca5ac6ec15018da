"""`python -m cli.scripted_model` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = [sys.executable, "-m", "cli.scripted_model"]
HELLO = {"model": "m", "messages": [{"role": "user", "content": "CALL jump {}"}]}


@contextmanager
def running(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen([*PROGRAM, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_it_prints_its_url_and_answers_by_the_script(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"default": "From the file."}))
    with running("--script", str(script)) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        answer = httpx.post(f"{url}/v1/chat/completions", json=HELLO, trust_env=False)
        assert answer.json()["choices"][0]["message"]["content"] == "From the file."
        assert httpx.get(f"{url}/count", trust_env=False).json()["answered"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) is not None


def test_it_obeys_when_it_is_told_to() -> None:
    with running("--obey") as (_, url):
        answer = httpx.post(f"{url}/v1/chat/completions", json=HELLO, trust_env=False)
        calls = answer.json()["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["jump"]


@pytest.mark.parametrize("content", ['{"defualt": "x"}', "{", "\xff"])
def test_a_script_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.json"
    script.write_bytes(content.encode("latin-1"))
    done = subprocess.run(
        [*PROGRAM, "--script", str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"COLUMNS": "300"},  # so that no path is cut into lines
    )
    assert done.returncode == 2
    assert "script.json" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
