"""The product as clients see it: start to finish, the mirror's lag, its cost, and its idle cost."""

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from bench.accepted import Acceptor, environment
from bench.bed import Bed, bench_worker
from bench.figures import Figure, percentile
from bench.handwritten import Plan
from chaos.client import Client, signed_in
from chaos.graphs import chain
from chaos.sink import Sink
from chaos.stack import Stack, live_stack

WATCHED = 20
CALL_SECONDS = 1.0
IDLE_RUNS = 10_000
IDLE_SECONDS = 20


async def run(rounds: int) -> AsyncIterator[Figure]:
    """All on one embedded stack with one worker."""
    with tempfile.TemporaryDirectory() as folder, Sink(Path(folder, "effects")) as sink:
        env = {"PASTETRADER_HTTP_ALLOW": sink.authority}
        async with live_stack(Path(folder), env=env) as stack, signed_in(stack) as client:
            for figure in await _start_to_finish(stack, client, rounds * 10):
                yield figure
            calls, _ = chain(f"http://{sink.authority}", 20, CALL_SECONDS)
            for figure in await _lag(client, calls, live=WATCHED, every=0.5, p50=25, p99=150):
                yield figure
            for figure in await _lag(client, _steps(20), live=200, every=0.05, p50=250, p99=1_000):
                yield figure
            yield await _throughput(stack, client, max(rounds // 5, 3))
            yield await _idle(stack, client)


def _steps(length: int) -> dict[str, Any]:
    """A trigger and a row of the cheapest remote tools the product ships."""
    keys = [f"n{number}" for number in range(length)]
    config = {"kind": "builtin", "name": "date"}
    nodes = [{"key": key, "type": "tool", "config": config} for key in keys]
    edges = [
        {"source": source, "target": target}
        for source, target in zip(["start", *keys], keys, strict=False)
    ]
    start = {"key": "start", "type": "trigger"}
    return {"name": f"steps-{length}", "nodes": [start, *nodes], "edges": edges}


async def _events(client: Client, execution_id: str) -> AsyncIterator[tuple[float, str, Any]]:
    """(Unix time of arrival, kind, data) of a run's server-sent events, to their end."""
    kind = ""
    async with client.stream(f"/executions/{execution_id}/events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                yield time.time(), kind, json.loads(line.removeprefix("data:"))
                if kind == "end":
                    return


@asynccontextmanager
async def _hand_worker(stack: Stack) -> AsyncIterator[Bed]:
    """A worker for hand-written code on the product's own Temporal."""
    found = environment(stack.pids["api"])
    address, artifacts = found["TEMPORAL_ADDRESS"], found["PASTETRADER_ARTIFACTS"]
    async with bench_worker(address, artifacts) as bed:
        yield bed


async def _start_to_finish(stack: Stack, client: Client, times: int) -> list[Figure]:
    """One-node runs through the API, each after the same written by hand on the same server."""
    workflow_id = await client.publish(_steps(1))
    by_hand, seen = [], []
    async with _hand_worker(stack) as bed:
        for _ in range(times + 5):
            by_hand.append(await bed.hand(Plan(columns=1, rows=1)) * 1000)
            seen.append(await _seconds_seen(client, workflow_id) * 1000)
    by_hand, seen = by_hand[5:], seen[5:]  # the first ones warm up
    note = f"{times} runs of one node, over server-sent events"
    beside = f"by hand {median(by_hand):.0f} ms, its result awaited on Temporal"
    return [
        Figure("start to finish seen, p50", median(seen), "ms", at_most=45, note=note),
        Figure("start to finish seen, p95", percentile(seen, 95), "ms", at_most=100),
        Figure("start to finish seen / by hand", median(seen) / median(by_hand), "×", note=beside),
    ]


async def _seconds_seen(client: Client, workflow_id: str) -> float:
    began = time.perf_counter()
    execution_id = await client.start(workflow_id)
    async for _, kind, data in _events(client, execution_id):
        if kind == "execution" and data["status"] == "completed":
            break
    return time.perf_counter() - began


async def _lag(
    client: Client,
    document: dict[str, Any],
    *,
    live: int,
    every: float = 0,
    p50: float,
    p99: float,
) -> list[Figure]:
    """Temporal's time of a node's end to its arrival, over the last `WATCHED` of `live` runs.

    They start `every` so many seconds; all at once is more than two cores can do.
    """
    workflow_id = await client.publish(document)

    async def watched(number: int) -> list[float]:
        await asyncio.sleep(number * every)
        execution_id = await client.start(workflow_id)
        return await _lags(client, execution_id) if number >= live - WATCHED else []

    lags = await asyncio.gather(*(watched(number) for number in range(live)))
    await _until_idle(client)
    found = [lag * 1000 for run_lags in lags for lag in run_lags]
    name = f"mirror lag, {live} live runs"
    note = f"{len(found)} nodes of {document['name']}"
    return [
        Figure(f"{name}, p50", median(found), "ms", at_most=p50, note=note),
        Figure(f"{name}, p99", percentile(found, 99), "ms", at_most=p99, note=note),
    ]


async def _lags(client: Client, execution_id: str) -> list[float]:
    found: list[float] = []
    connected = time.time()
    async for at, kind, data in _events(client, execution_id):
        if kind == "node" and data["ended_at"]:
            ended = datetime.fromisoformat(data["ended_at"]).timestamp()
            if ended > connected:  # what ended before is history, not lag
                found.append(at - ended)
    return found


async def _throughput(stack: Stack, client: Client, rounds: int) -> Figure:
    """The same batch with the API, and so the mirror, running and stopped."""
    acceptor = await Acceptor.of(stack, client, _steps(10))
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(rounds * 2):
        mirrored = turn % 2 == 0
        if not mirrored:
            os.kill(stack.pids["api"], signal.SIGSTOP)
        try:
            seconds[mirrored].append(await acceptor.batch(100))
        finally:
            os.kill(stack.pids["api"], signal.SIGCONT)
        await _until_idle(client)
    on, off = (1000 / median(seconds[mirrored]) for mirrored in (True, False))
    note = f"{on:.0f} and {off:.0f} nodes/s, {rounds} pairs of 100 runs"
    return Figure("throughput, mirror on / off", on / off, "×", at_least=0.8, note=note)


async def _until_idle(client: Client) -> None:
    """Wait for the mirror to have ended every run."""
    async with asyncio.timeout(120):
        while True:
            params = {"status": "running", "limit": 1}
            pending = params | {"status": "pending"}
            running = await client.send("GET", "/executions", params=params)
            waiting = await client.send("GET", "/executions", params=pending)
            if not running["items"] and not waiting["items"]:
                return
            await asyncio.sleep(0.2)


async def _idle(stack: Stack, client: Client) -> Figure:
    """The API's share of one core while ten thousand runs wait for a timer."""
    wait = {"key": "wait", "type": "delay", "config": {"seconds": 36_000}}
    document = {
        "name": "waiting",
        "nodes": [{"key": "start", "type": "trigger"}, wait],
        "edges": [{"source": "start", "target": "wait"}],
    }
    acceptor = await Acceptor.of(stack, client, document)
    ids = await acceptor.start_many(IDLE_RUNS)
    await _until_waiting(client, ids[-1])
    await asyncio.sleep(10)
    before, began = _cpu_seconds(stack.pids["api"]), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    share = (_cpu_seconds(stack.pids["api"]) - before) / (time.perf_counter() - began) * 100
    note = f"API process over {IDLE_SECONDS} s"
    return Figure(f"{IDLE_RUNS:,} waiting runs", share, "% of a core", at_most=5, note=note)


async def _until_waiting(client: Client, execution_id: UUID) -> None:
    async with asyncio.timeout(300):
        while True:
            found = await client.execution(str(execution_id))
            if {"wait", "start"} <= {node["node_key"] for node in found["nodes"]}:
                return
            await asyncio.sleep(0.5)


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, see proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
