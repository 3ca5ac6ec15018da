"""Graphs to measure, each with the same work as hand-written code does in `bench.handwritten`."""

from itertools import pairwise
from typing import Any

Document = dict[str, Any]
TRIGGER: Document = {"key": "start", "type": "trigger"}


def step(number: int, source: str) -> Document:
    """A remote tool node that passes on what the node before it gave."""
    value = "{{ input.n }}" if source == "start" else f"{{{{ nodes.{source}.output.n }}}}"
    return {
        "key": f"n{number}",
        "type": "tool",
        "config": {"kind": "builtin", "name": "echo"},
        "inputs": {"n": value},
    }


def sequence(length: int) -> Document:
    """`length` tool nodes, one after the other."""
    keys = ["start", *(f"n{number}" for number in range(length))]
    nodes = [step(number, keys[number]) for number in range(length)]
    edges = [{"source": a, "target": b} for a, b in pairwise(keys)]
    return {"name": f"sequence-{length}", "nodes": [TRIGGER, *nodes], "edges": edges}


def fan_out(width: int) -> Document:
    """`width` tool nodes side by side."""
    nodes = [step(number, "start") for number in range(width)]
    edges = [{"source": "start", "target": node["key"]} for node in nodes]
    return {"name": f"fan-out-{width}", "nodes": [TRIGGER, *nodes], "edges": edges}


def grid(columns: int, rows: int) -> Document:
    """`columns` sequences of `rows` tool nodes side by side."""
    nodes, edges = [], []
    for column in range(columns):
        before = "start"
        for row in range(rows):
            node = step(column * rows + row, before)
            nodes.append(node)
            edges.append({"source": before, "target": node["key"]})
            before = node["key"]
    return {"name": f"grid-{columns}x{rows}", "nodes": [TRIGGER, *nodes], "edges": edges}


def pure_sequence(length: int) -> Document:
    """`length` adapters, one after the other."""
    document = sequence(length)
    for node in document["nodes"][1:]:
        value = node.pop("inputs")["n"]
        node |= {"type": "adapter", "config": {"output": {"n": value}}}
    return document
