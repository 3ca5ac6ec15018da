"""Budgets count what the model's server counted, also when the worker dies over an answer."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from cli.scripted_model.ledger import Received
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.keys import VARIABLE as KEYS
from tests.api.fixtures import Api, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.chaos.gate import Gate
from tests.databases import NewDatabase, migrate

pytestmark = pytest.mark.slow
# Dollars per million tokens: with the usage below a turn costs exactly ten cents.
PRICES = {"openai_compatible": {"scripted-1": {"input": "900", "output": "1000"}}}
READ, WRITTEN, DOLLARS = 100, 10, 0.1
STRUCK = 3


@dataclass
class Bed:
    """An API, gates before its servers, and a worker process behind them that may be killed."""

    stack: Stack
    temporal: Gate
    postgres: Gate
    environment: dict[str, str]
    worker: Process | None = None

    async def start(self) -> None:
        """Start a worker."""
        command = ("-m", "cli.main", "worker", "--queue", self.stack.queue)
        self.worker = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=os.environ | self.environment
        )

    async def kill(self) -> None:
        """SIGKILL it; what it sent through a shut gate never arrives."""
        assert self.worker is not None
        self.worker.kill()
        await self.worker.wait()
        await self.temporal.drop()
        await self.postgres.drop()


@pytest.fixture(scope="module")
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model(Script()) as server:
        yield server


@pytest.fixture(scope="module")
async def bed(
    new_database: NewDatabase,
    temporal_address: str,
    model: ScriptedModel,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bed]:
    url = make_url(await new_database())
    await migrate(url.render_as_string(hide_password=False))
    folder = tmp_path_factory.mktemp("budgets")
    (folder / "prices.json").write_text(json.dumps(PRICES))
    settings = settings_for(
        url.render_as_string(hide_password=False), temporal_address, folder / "artifacts"
    )
    assert settings.encryption_keys is not None
    async with AsyncExitStack() as opened:
        host, _, port = temporal_address.rpartition(":")
        temporal = await opened.enter_async_context(Gate(host, int(port)).serving())
        gate = Gate(url.host or "127.0.0.1", url.port or 5432)
        postgres = await opened.enter_async_context(gate.serving())
        behind = url.set(host="127.0.0.1", port=postgres.port)
        environment = {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal.port}",
            "DATABASE_URL": behind.render_as_string(hide_password=False),
            "PASTETRADER_ARTIFACTS": settings.artifacts,
            "PASTETRADER_MODEL_PRICES": str(folder / "prices.json"),
            "PASTETRADER_HTTP_ALLOW": model.url.removeprefix("http://"),
            KEYS: settings.encryption_keys.get_secret_value(),
        }
        stack = await opened.enter_async_context(Stack(settings).serving())
        bed = Bed(stack, temporal, postgres, environment)
        await bed.start()
        yield bed
        assert bed.worker is not None
        bed.worker.kill()
        await bed.worker.wait()


def graph(model: ScriptedModel, budgets: dict[str, Any]) -> dict[str, Any]:
    """An agent that never has an answer, and where its run goes when a budget is spent."""
    note = {
        "name": "note",
        "description": "Writes a line to the run's log.",
        "config": {"kind": "builtin", "name": "log"},
        "input_schema": {"type": "object", "properties": {"message": {"type": "string"}}},
    }
    agent = {
        "provider": "openai_compatible",
        "model": "scripted-1",
        "base_url": f"{model.url}/v1",
        "prompt": f"[conversation: {uuid4().hex}] Note it.",
        "tools": [note],
        "budgets": budgets,
    }
    return {
        "name": f"budget {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "ask", "type": "agent", "config": agent},
            {"key": "answered", "type": "adapter", "config": {"output": "answered"}},
            {"key": "spent", "type": "adapter", "config": {"output": "{{ nodes.ask.output }}"}},
        ],
        "edges": [
            {"source": "start", "target": "ask"},
            {"source": "ask", "target": "answered"},
            {"source": "ask", "target": "spent", "source_handle": "budget"},
        ],
    }


def script() -> Script:
    """Two calls a turn; the one that is struck gives time to shut a gate, and costs more."""
    calls = [{"name": "note", "arguments": {"message": each}} for each in ("one", "two")]
    reply = {"tool_calls": calls, "usage": {"input": READ, "output": WRITTEN}}
    struck = {**reply, "slow": {"first": 0.5}, "usage": {"input": READ * 2, "output": WRITTEN}}
    return Script.model_validate(
        {
            "rules": [{"when": {"turn": STRUCK, "attempt": 1}, "reply": struck}],
            "default": reply,
        }
    )


async def strike(bed: Bed, model: ScriptedModel, *, before_row: bool, began: int) -> None:
    """Kill the worker once it has the answer: before its row, or between row and completion."""
    gate = bed.postgres if before_row else bed.temporal
    asked = await until_asked(model, began)
    gate.shut()
    async with asyncio.timeout(30):
        while not asked.answered or not gate.held:
            await asyncio.sleep(0.01)
        while not before_row and not await has_row(bed):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # it is done with all that it can do
    assert await has_row(bed) is not before_row
    await bed.kill()
    await bed.start()


async def until_asked(model: ScriptedModel, began: int) -> Received:
    """The request for the turn that is struck."""
    async with asyncio.timeout(60):
        while True:
            for each in list(model.ledger.requests)[began:]:
                if each.asked.turn == STRUCK:
                    return each
            await asyncio.sleep(0.005)


async def has_row(bed: Bed) -> bool:
    """Whether the answer that is struck stands in the newest conversation."""
    connection = await asyncpg.connect(bed.stack.settings.database_url.replace("+asyncpg", ""))
    try:
        found = await connection.fetchval(
            "SELECT count(*) FILTER (WHERE role = 'assistant') FROM agent_messages WHERE "
            "conversation_id = (SELECT conversation_id FROM agent_messages "
            "ORDER BY created_at DESC LIMIT 1)"
        )
    finally:
        await connection.close()
    return bool(found == STRUCK)


def tokens(turns: int, *, struck: bool) -> int:
    """Of so many turns; `struck` when the first answer to the costly one counts."""
    return turns * (READ + WRITTEN) + (READ if struck and turns >= STRUCK else 0)


@pytest.mark.parametrize("before_row", [True, False], ids=["before its row", "after its row"])
@pytest.mark.parametrize(
    ("budget", "turns"),
    [
        ("turns", 4),
        ("tokens", 4),
        ("cost", 4),
        # Eight times ten cents, added up in binary, are less than eighty cents.
        ("cost", 8),
    ],
)
async def test_a_budget_is_exact_although_the_worker_died_over_an_answer(
    bed: Bed, model: ScriptedModel, before_row: bool, budget: str, turns: int
) -> None:
    struck = not before_row  # the answer that was lost is not in the conversation
    cost = turns * DOLLARS + (READ * 900 / 1e6 if struck else 0)
    most = {"turns": turns, "tokens": tokens(turns, struck=struck), "cost": round(cost, 6)}
    budgets: dict[str, Any] = {"max_turns": 50}
    budgets["max_cost_usd" if budget == "cost" else f"max_{budget}"] = most[budget]
    model.script, began = script(), len(model.ledger.requests)
    async with bed.stack.signed_in() as client:
        striking = asyncio.create_task(strike(bed, model, before_row=before_row, began=began))
        spent = await spent_by(client, graph(model, budgets))
        await striking
    requests = list(model.ledger.requests)[began:]
    assert [spent[name] for name in ("ended", "budget", "turns", "calls")] == [
        "budget",
        budget,
        turns,
        2 * turns,
    ]
    kept = {each.asked.turn: each for each in requests}
    assert sorted(kept) == list(range(1, turns + 1)), "no turn beyond the budget was asked for"
    asked = [each.asked.turn for each in requests]
    assert asked.count(STRUCK) == (2 if before_row else 1)
    assert len(asked) == turns + (1 if before_row else 0)
    usage = spent["usage"]
    assert usage["tokens_in"] + usage["tokens_out"] == tokens(turns, struck=struck)
    assert usage["tokens_out"] == turns * WRITTEN
    assert usage["cost_usd"] == round(cost, 6)


async def spent_by(client: Api, document: dict[str, Any]) -> dict[str, Any]:
    """What the branch `budget` got."""
    run = await ended(client, await started(client, await published(client, document)), 90)
    assert run["status"] == "completed", run["error"]
    assert list(run["output"]) == ["spent"]
    found: dict[str, Any] = run["output"]["spent"]
    return found
