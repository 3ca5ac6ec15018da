"""Keys stay in the worker: not in errors, not in logs, not with others; nothing of ours leaks."""

import logging
import os
import subprocess
import sys
import traceback
from typing import Any

import pytest

from activities.llm.errors import ModelAuthFailed, ModelError
from models.enums import ModelProvider
from tests.activities.llm.conftest import Serve
from tests.activities.llm.served import KEY, served

PROXY = "http://127.0.0.1:9"


def spelled(error: BaseException) -> str:
    """Everything that a log, or Temporal, could take from an error."""
    found = [*traceback.format_exception(error), repr(error), str(vars(error))]
    if error.__cause__ is not None:
        found.append(spelled(error.__cause__))
    return "\n".join(found)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_a_server_that_repeats_the_key_does_not_get_it_into_an_error(
    serve: Serve, status: int
) -> None:
    fault = {"kind": "status", "status": status, "echo": True, "message": "Incorrect key:"}
    async with serve({"default": {"fault": fault}}) as found:
        with pytest.raises(ModelError) as caught:
            await found.ask()
        assert KEY in str(found.server.ledger.requests[-1].headers), "it was sent"
    assert KEY not in spelled(caught.value)
    if not isinstance(caught.value, ModelAuthFailed):
        assert "Incorrect key:" in caught.value.message


async def test_nothing_of_a_conversation_is_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with serve({"default": "the answer of answers"}) as found:
            await found.ask("a secret question")
    ours = [each for each in caplog.records if not each.name.startswith(("asyncio", "uvicorn"))]
    text = "\n".join(f"{each.name} {each.getMessage()} {each.args}" for each in ours)
    assert KEY not in text
    assert "secret question" not in text
    assert "answer of answers" not in text


ENVIRONMENT = {
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"), PROXY),
    "OPENAI_API_KEY": "sk-of-the-worker",
    "OPENAI_ADMIN_KEY": "sk-of-the-worker",
    "OPENAI_ORG_ID": "org-of-the-worker",
    "OPENAI_PROJECT_ID": "project-of-the-worker",
    "OPENAI_BASE_URL": PROXY,
    "OPENAI_CUSTOM_HEADERS": "X-Own: of-the-worker\nAuthorization: Bearer of-the-worker",
    "OPENAI_LOG": "debug",
    "ANTHROPIC_API_KEY": "sk-of-the-worker",
    "ANTHROPIC_AUTH_TOKEN": "token-of-the-worker",
    "ANTHROPIC_BASE_URL": PROXY,
    "ANTHROPIC_CUSTOM_HEADERS": "X-Own: of-the-worker\nx-api-key: of-the-worker",
    "ANTHROPIC_LOG": "debug",
}


@pytest.mark.parametrize("key", [KEY, None], ids=["with_key", "without_key"])
async def test_the_environment_changes_nothing_of_what_is_sent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    async with serve({}, key=key) as found:
        assert (await found.ask()).content == "Done."
        headers = found.server.ledger.requests[-1].headers
    assert "worker" not in str(headers)
    credentials = {name for name in headers if name in {"authorization", "x-api-key", "cookie"}}
    assert len(credentials) == (0 if key is None else 1)
    known = {"host", "accept", "accept-encoding", "connection", "content-length", "content-type",
             "user-agent", "anthropic-version"}  # fmt: skip
    assert set(headers) - credentials <= known
    assert headers["user-agent"].startswith("PasteTrader/")


@pytest.mark.parametrize("provider", [ModelProvider.OPENAI, ModelProvider.ANTHROPIC])
async def test_a_library_told_to_log_everything_logs_no_conversation(
    provider: ModelProvider,
) -> None:
    code = f"""
import asyncio
from models.enums import ModelProvider
from tests.activities.llm.served import served, servers

async def main():
    for streamed in (False, True):
        async with served(ModelProvider({provider.value!r}), {{}}, streamed=streamed) as found:
            await found.ask("a secret question")
    await servers.stop()

asyncio.run(main())
"""
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    said = done.stdout + done.stderr
    assert KEY not in said
    assert "secret question" not in said


async def test_what_one_agent_is_given_no_other_sends(provider: ModelProvider) -> None:
    cookie: dict[str, Any] = {
        "kind": "status", "status": 503, "headers": {"set-cookie": "session=mine; Path=/"},
    }  # fmt: skip
    script = {"rules": [{"reply": {"fault": cookie}, "times": 1}]}
    async with served(provider, script) as found:
        with pytest.raises(ModelError):
            await found.ask()
        await found.ask()
        assert "cookie" not in found.server.ledger.requests[-1].headers


def test_the_libraries_are_loaded_by_the_first_request_only() -> None:
    code = (
        "import sys, activities.llm.providers; print(*{'openai', 'anthropic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
