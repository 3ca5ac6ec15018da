"""An agent whose workers are killed again and again: nothing lost, nothing paid for twice."""

import asyncio
import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client as Temporal

from chaos.client import Client, signed_in
from chaos.history import finished_tools
from chaos.stack import Stack, live_stack
from cli.scripted_model.ledger import Received
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from temporal_workflows.contracts import workflow_id
from tests.chaos.orders import Order, Orders

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TURNS = int(os.environ.get("AGENT_TURNS", "50"))
KILLS = int(os.environ.get("AGENT_KILLS", "6"))
SEED = int(os.environ.get("AGENT_SEED", "0")) or random.randrange(1, 10**9)  # noqa: S311
CALLS = 5
RECEIPT = 1_800  # characters: 500 receipts, those of 100 turns, are 225,000 tokens
WORKERS = ("worker-1", "worker-2")
MAX_RUN_BYTES = 10 * 1024 * 1024
MAX_RUN_EVENTS = 10_000
# So many turns do not fit into one run.
CONTINUED = 150
# What a worker may grow by while it works, in MiB.
MAX_GROWTH = 160
STARTED = 30  # looks; by then it is ready
# The clock of a row is read before it is visible to others.
SLACK_SECONDS = 0.05


@pytest.fixture(scope="module")
def orders() -> Iterator[Orders]:
    """The service that the agent's tool calls."""
    with Orders(RECEIPT, wait=0.03) as orders:
        yield orders


@pytest.fixture(scope="module")
async def model() -> AsyncIterator[ScriptedModel]:
    """The agent's model."""
    async with scripted_model(script()) as model:
        yield model


@pytest.fixture(scope="module")
async def workers(
    orders: Orders, model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """The whole product, with two workers that may call both."""
    env = {"PASTETRADER_HTTP_ALLOW": f"{orders.authority},{model.url.removeprefix('http://')}"}
    folder = tmp_path_factory.mktemp("product")
    async with live_stack(folder, workers=len(WORKERS), env=env) as stack:
        yield stack


def script() -> Script:
    """`TURNS` turns of calls that say what the model knows by then, and an answer that does."""
    turns: list[Any] = [
        {
            "tool_calls": [
                {"name": "order", "arguments": {"number": number, "seen": "$results"}}
                for number in numbers(turn)
            ]
        }
        for turn in range(1, TURNS + 1)
    ]
    return Script.model_validate({"turns": [*turns, "Known: $results"], "default": "Lost."})


def numbers(turn: int) -> range:
    """The orders of a turn."""
    return range((turn - 1) * CALLS + 1, turn * CALLS + 1)


def document(model_url: str, authority: str) -> dict[str, Any]:
    """A graph with one agent."""
    order = {
        "name": "order",
        "description": "Places an order.",
        "config": {
            "kind": "http",
            "method": "POST",
            "url": f"http://{authority}/",
            "json_body": {"number": "{{ inputs.number }}", "seen": "{{ inputs.seen }}"},
        },
        "input_schema": {
            "type": "object",
            "required": ["number", "seen"],
            "properties": {"number": {"type": "integer"}, "seen": {"type": "string"}},
            "additionalProperties": False,
        },
    }
    agent = {
        "provider": "openai_compatible",
        "model": "scripted-1",
        "base_url": f"{model_url}/v1",
        "prompt": "[conversation: kill] Place the orders.",
        "tools": [order],
        "budgets": {"max_turns": TURNS + 1},
    }
    return {
        "name": "killed agent",
        "output": "{{ nodes.work.output }}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "work", "type": "agent", "config": agent},
        ],
        "edges": [{"source": "start", "target": "work"}],
    }


@dataclass
class Memory:
    """Peak resident memory of every worker process in MiB: soon after its start, and at its end."""

    peaks: dict[int, list[float]] = field(default_factory=dict)

    def look(self, stack: Stack) -> None:
        """Note what those that live have used."""
        for name in WORKERS:
            pid = stack.pids[name]
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
            if peak is not None:
                self.peaks.setdefault(pid, []).append(int(peak.split()[1]) / 1024)

    @asynccontextmanager
    async def watched(self, stack: Stack) -> AsyncIterator["Memory"]:
        """Looks ten times a second within the block."""
        watching = asyncio.create_task(self._watch(stack))
        try:
            yield self
        finally:
            watching.cancel()

    async def _watch(self, stack: Stack) -> None:
        while True:
            self.look(stack)
            await asyncio.sleep(0.1)


async def kills(stack: Stack, model: ScriptedModel, chance: random.Random) -> None:
    """SIGKILL one worker or the other, `KILLS` times, at moments spread over the whole run."""
    for number in range(KILLS):
        after = (number + chance.random()) * TURNS / KILLS
        while len(turns_asked(model)) < after:
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(0, 0.3))
        await stack.kill(chance.choice(WORKERS))


def turns_asked(model: ScriptedModel) -> Counter[int]:
    """How often each turn was asked for."""
    return Counter(each.asked.turn for each in model.ledger.requests)


async def test_an_agent_outlives_its_workers_and_nothing_is_done_twice(
    workers: Stack, model: ScriptedModel, orders: Orders
) -> None:
    print(f"AGENT_SEED={SEED}")  # noqa: T201 - shown when it fails, to see the same again
    chance = random.Random(SEED)  # noqa: S311 - moments, no secrets
    async with signed_in(workers) as client, Memory().watched(workers) as memory:
        published = await client.publish(document(model.url, orders.authority))
        run_id = await client.start(published)
        killing = asyncio.create_task(kills(workers, model, chance))
        run = await client.until_ended(run_id, 500)
        await killing
        assert run["status"] == "completed", run["error"]
        agent_id = run["output"]["execution_id"]
        said = await messages(client, agent_id)
        the_answer_is_right(run["output"], said, orders)
        no_answer_was_asked_for_again(model, said)
        assert turns_asked(model).total() <= TURNS + 1 + KILLS
        the_output_is_what_the_answers_say(run["output"], list(model.ledger.requests))
        rows = await client.nodes(agent_id)
        assert any(row["attempt"] > 1 for row in rows), (
            "a kill that interrupts nothing shows nothing"
        )
        await every_order_arrived_once(client, agent_id, orders.arrived)
        await histories_stay_small(workers, agent_id)
        memory_stays_bounded(memory)


async def messages(client: Client, agent_id: str) -> list[dict[str, Any]]:
    """The conversation."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = await client.send("GET", f"/executions/{agent_id}/messages", params=params)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def the_answer_is_right(output: dict[str, Any], said: list[dict[str, Any]], orders: Orders) -> None:
    """Every result stands in the conversation, in its place, and the model read all of them."""
    results = [each for each in said if each["role"] == "tool"]
    wanted = [orders.receipt(number) for turn in range(1, TURNS + 1) for number in numbers(turn)]
    assert [json.loads(each["content"])["body"] for each in results] == wanted
    asked = [call["id"] for each in said for call in each["tool_calls"]]
    assert [each["tool_call_id"] for each in results] == asked
    known = digests([each["content"] for each in results])
    assert output["text"] == f"Known: {known[TURNS + 1]}"
    assert (output["turns"], output["calls"]) == (TURNS + 1, TURNS * CALLS)
    for order in orders.arrived:
        assert order.seen == known[(order.number - 1) // CALLS + 1]
    assert sum(len(each["content"]) for each in said) / 4 >= TURNS * CALLS * RECEIPT / 4


def digests(results: list[str]) -> dict[int, str]:
    """What the model knows in each turn, worked out from what stands in the database."""
    digest = hashlib.sha256()
    known = {1: digest.hexdigest()}
    for place, content in enumerate(results, 1):
        digest.update(f"{content}\n".encode())
        if place % CALLS == 0:
            known[place // CALLS + 1] = digest.hexdigest()
    return known


def no_answer_was_asked_for_again(model: ScriptedModel, said: list[dict[str, Any]]) -> None:
    """No request for a turn came after its answer stood in the database."""
    answers = [each for each in said if each["role"] == "assistant"]
    written = {
        turn: datetime.fromisoformat(each["created_at"]).timestamp()
        for turn, each in enumerate(answers, 1)
    }
    assert len(written) == TURNS + 1
    late = [
        each.asked.turn
        for each in model.ledger.requests
        if each.at > written[each.asked.turn] + SLACK_SECONDS
    ]
    assert late == []


def the_output_is_what_the_answers_say(output: dict[str, Any], requests: list[Received]) -> None:
    """The tokens of one answer a turn, as the server counted them."""
    read = {each.asked.turn: -(-each.asked.characters // 4) for each in requests}
    assert output["usage"]["tokens_in"] == sum(read.values())
    if TURNS >= 100:
        assert read[TURNS + 1] >= 200_000


async def every_order_arrived_once(client: Client, agent_id: str, arrived: list[Order]) -> None:
    """One key an order, repeated only by what a kill interrupted, and never after its end."""
    keys = {each.number: each.key for each in arrived}
    assert set(keys) == set(range(1, TURNS * CALLS + 1))
    assert {(each.number, each.key) for each in arrived} == set(keys.items())
    assert len(set(keys.values())) == len(keys)
    assert len(arrived) - len(keys) <= KILLS * CALLS
    ends = {each.node: each.at for each in finished_tools(await client.history(agent_id))}
    for each in arrived:
        turn, place = divmod(each.number - 1, CALLS)
        end = ends.get(f"call_{turn + 1}_{place + 1}")
        assert end is None or each.at <= end + SLACK_SECONDS


async def histories_stay_small(stack: Stack, agent_id: str) -> None:
    """Of all runs together, and of each."""
    temporal = await Temporal.connect(stack.urls["temporal"])
    async with asyncio.timeout(30):
        while True:
            query = f'WorkflowId = "{workflow_id(agent_id)}"'
            runs = [each async for each in temporal.list_workflows(query)]
            if runs and all(each.close_time for each in runs):
                break
            await asyncio.sleep(0.2)  # its index lags behind
    assert max(each.history_length for each in runs) < MAX_RUN_EVENTS
    assert sum(each.raw_info.history_size_bytes for each in runs) < MAX_RUN_BYTES
    if TURNS >= CONTINUED:
        assert len(runs) > 1


def memory_stays_bounded(memory: Memory) -> None:
    """No worker grows with the conversation."""
    lived = {pid: peaks for pid, peaks in memory.peaks.items() if len(peaks) > STARTED}
    grown = {pid: peaks[-1] - peaks[STARTED] for pid, peaks in lived.items()}
    assert lived
    assert max(grown.values()) < MAX_GROWTH
