"""The product as clients see it: start to finish, the mirror's lag, its cost, and its idle cost."""

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from bench.accepted import Acceptor
from bench.figures import Figure, percentile
from chaos.client import Client, signed_in
from chaos.stack import Stack, live_stack

WATCHED = 20
IDLE_RUNS = 10_000
IDLE_SECONDS = 20


async def run(rounds: int) -> AsyncIterator[Figure]:
    """All on one embedded stack with one worker."""
    with tempfile.TemporaryDirectory() as folder:
        async with live_stack(Path(folder)) as stack, signed_in(stack) as client:
            for figure in await _start_to_finish(client, rounds * 10):
                yield figure
            for figure in await _lag(client, live=WATCHED, p50=25, p99=150):
                yield figure
            for figure in await _lag(client, live=200, p50=250, p99=1_000):
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


async def _start_to_finish(client: Client, times: int) -> list[Figure]:
    workflow_id = await client.publish(_steps(1))
    found = []
    for _ in range(times + 5):
        began = time.perf_counter()
        execution_id = await client.start(workflow_id)
        async for _, kind, data in _events(client, execution_id):
            if kind == "execution" and data["status"] == "completed":
                break
        found.append((time.perf_counter() - began) * 1000)
    found = found[5:]  # the first ones warm up
    note = f"{times} runs of one node, over server-sent events"
    return [
        Figure("start to finish seen, p50", median(found), "ms", at_most=45, note=note),
        Figure("start to finish seen, p95", percentile(found, 95), "ms", at_most=100),
    ]


async def _lag(client: Client, *, live: int, p50: float, p99: float) -> list[Figure]:
    """Temporal's time of a node's end to its arrival; up to `WATCHED` of `live` runs are watched."""
    workflow_id = await client.publish(_steps(20))
    ids = await asyncio.gather(*(client.start(workflow_id) for _ in range(live)))
    lags = await asyncio.gather(*(_lags(client, one) for one in ids[-WATCHED:]))
    await _until_idle(client)
    found = [lag * 1000 for run_lags in lags for lag in run_lags]
    name = f"mirror lag, {live} live runs"
    note = f"{len(found)} nodes"
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
