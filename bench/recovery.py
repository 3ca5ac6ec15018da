"""How long a run stands still when a part of the product is killed."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.figures import Figure
from chaos import graphs
from chaos.client import Client, signed_in
from chaos.history import longest_silence
from chaos.sink import Sink
from chaos.stack import Stack, live_stack

KILLS = 3


async def run(_rounds: int) -> AsyncIterator[Figure]:
    """Medians of a few kills each; a silence is the longest pause in Temporal's history."""
    async with _product(workers=1) as (stack, client, sink):
        limits = {"worker-1": 4.0, "temporal": 2.0, "postgres": 5.0}
        for part, at_most in limits.items():
            found = [await _silence(stack, client, sink, part) for _ in range(KILLS)]
            yield _figure(f"silence after kill -9 of {part}", found, at_most)
        found = [await _catching_up(stack, client, sink) for _ in range(KILLS)]
        yield _figure("mirror caught up after the API's restart", found, 2.0)
    async with _product(workers=2) as (stack, client, sink):
        found = [await _silence(stack, client, sink, "worker-1") for _ in range(KILLS)]
        yield _figure("silence after kill -9 of one worker of two", found, 2.0)


@asynccontextmanager
async def _product(workers: int) -> AsyncIterator[tuple[Stack, Client, Sink]]:
    with tempfile.TemporaryDirectory() as folder, Sink(Path(folder, "effects.jsonl")) as sink:
        env = {"PASTETRADER_HTTP_ALLOW": sink.authority}
        async with (
            live_stack(Path(folder, "data"), workers=workers, env=env) as stack,
            signed_in(stack) as client,
        ):
            yield stack, client, sink


async def _struck(stack: Stack, client: Client, sink: Sink, part: str) -> str:
    """Id of a run of 40 calls whose fifteenth saw `part` killed and come back."""
    document, _ = graphs.chain(f"http://{sink.authority}/", 40, 0.05)
    workflow_id = await client.publish(document)
    before = len(sink.effects())
    execution_id = await client.start(workflow_id)
    async with asyncio.timeout(60):
        while len(sink.effects()) < before + 15:  # noqa: ASYNC110 - a file changes, not an event
            await asyncio.sleep(0.01)
    await stack.kill(part)
    return execution_id


async def _silence(stack: Stack, client: Client, sink: Sink, part: str) -> float:
    execution_id = await _struck(stack, client, sink, part)
    await client.until_ended(execution_id)
    return longest_silence(await client.history(execution_id))


async def _catching_up(stack: Stack, client: Client, sink: Sink) -> float:
    """Seconds from the API's first answer until it shows a node that ended after that, or the end."""
    execution_id = await _struck(stack, client, sink, "api")
    began = time.time()
    async with asyncio.timeout(60):
        while True:
            found = await client.execution(execution_id)
            ends = [node["ended_at"] for node in found["nodes"] if node["ended_at"]]
            if found["ended_at"] or (ends and max(map(_seconds, ends)) >= began - 0.2):
                break
            await asyncio.sleep(0.02)
    took = time.time() - began
    await client.until_ended(execution_id)
    return took


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


def _figure(name: str, found: list[float], at_most: float) -> Figure:
    note = f"{len(found)} kills, longest {max(found):.2f} s"
    return Figure(name, median(found), "s", at_most=at_most, note=note)
