"""What interpreting a graph costs over writing the same workflow by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.bed import Bed, make_bed
from bench.figures import Figure
from bench.graphs import fan_out, grid, pure_sequence, sequence
from bench.handwritten import Plan

LIVE = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A graph, the same by hand, and the most that the ratio of their times may be."""

    name: str
    document: dict[str, Any]
    plan: Plan
    at_most: float


FORTY = Case("40 nodes in sequence", sequence(40), Plan(columns=1, rows=40), 1.10)
HUNDRED = Case("100 nodes at once", fan_out(100), Plan(columns=100, rows=1), 1.10)
FIVE_HUNDRED = Case("500 nodes", grid(25, 20), Plan(columns=25, rows=20), 1.20)


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Each ratio is the median over `rounds` pairs that ran one right after the other."""
    async with make_bed() as bed:
        await _pairs(bed, sequence(10), Plan(columns=1, rows=10), 5)  # warms both up
        few = max(rounds // 3, 5)
        yield await _ratio(bed, FORTY, rounds)
        yield await _ratio(bed, HUNDRED, rounds)
        yield await _many(bed, max(rounds // 5, 3))
        yield await _ratio(bed, FIVE_HUNDRED, few)
        yield await _growth(bed, few)
        yield await _pure(bed, max(rounds // 5, 3))


async def _pairs(
    bed: Bed, document: dict[str, Any], plan: Plan, rounds: int
) -> list[tuple[float, float]]:
    found = []
    for turn in range(rounds):
        if turn % 2:
            ours, theirs = await bed.graph(document), await bed.hand(plan)
        else:
            theirs, ours = await bed.hand(plan), await bed.graph(document)
        found.append((ours, theirs))
    return found


async def _ratio(bed: Bed, case: Case, rounds: int) -> Figure:
    pairs = await _pairs(bed, case.document, case.plan, rounds)
    return _figure(case.name, pairs, case.at_most)


def _figure(name: str, pairs: list[tuple[float, float]], at_most: float) -> Figure:
    ours, theirs = (median(values) * 1000 for values in zip(*pairs, strict=True))
    note = f"{ours:.0f} ms, by hand {theirs:.0f} ms, {len(pairs)} pairs"
    return Figure(f"{name}: graph / by hand", ours / theirs, "×", at_most=at_most, note=note)


async def _many(bed: Bed, rounds: int) -> Figure:
    """Ten-node runs, `LIVE` at once."""
    document, plan = sequence(10), Plan(columns=1, rows=10)
    pairs = []
    for turn in range(rounds):
        runs: list[Callable[[], Awaitable[float]]] = [
            lambda: bed.graph(document),
            lambda: bed.hand(plan),
        ]
        took = {}
        for index in (0, 1) if turn % 2 else (1, 0):
            took[index] = await _at_once(runs[index], LIVE)
        pairs.append((took[0], took[1]))
    return _figure(f"10 nodes, {LIVE} runs at once", pairs, 1.10)


async def _at_once(run: Callable[[], Awaitable[float]], times: int) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(run() for _ in range(times)))
    return time.perf_counter() - began


async def _growth(bed: Bed, rounds: int) -> Figure:
    """Cost of a node in a graph of 2,000 over that in a graph of 500."""
    small, large = grid(25, 20), grid(25, 80)
    pairs = [((await bed.graph(large)) / 4, await bed.graph(small)) for _ in range(rounds)]
    ours, theirs = (median(values) * 1000 for values in zip(*pairs, strict=True))
    note = f"{ours / 500:.2f} ms and {theirs / 500:.2f} ms a node"
    return Figure("cost of a node, 2,000 / 500", ours / theirs, "×", at_most=1.15, note=note)


async def _pure(bed: Bed, rounds: int) -> Figure:
    """Throughput of pure nodes over that of remote ones."""
    remote, pure = sequence(40), pure_sequence(40)
    pairs = []
    for _ in range(rounds):
        slow = await _at_once(lambda: bed.graph(remote), 50)
        pairs.append((slow, await _at_once(lambda: bed.graph(pure), 50)))
    slow, quick = (median(values) for values in zip(*pairs, strict=True))
    note = f"50 runs of 40 nodes: {40 * 50 / quick:.0f} and {40 * 50 / slow:.0f} nodes/s"
    return Figure("throughput, pure / remote nodes", slow / quick, "×", at_least=3, note=note)
