"""Graphs whose every node leaves a mark outside, and the results they must give."""

from itertools import pairwise
from typing import Any

Document = dict[str, Any]


def _call(key: str, url: str, body: dict[str, Any], **more: Any) -> Document:
    config = {"kind": "http", "method": "POST", "url": url, "json_body": {"node": key, **body}}
    retry = {"max_attempts": 10, "initial_interval": 0.2, "max_interval": 1}
    return {
        "key": key,
        "type": "tool",
        "config": config,
        "retry": retry,
        "timeout_seconds": 60,
        **more,
    }


def chain(url: str, length: int, wait: float) -> tuple[Document, Any]:
    """`length` calls in a row, each adding one; the output is `length`."""
    keys = ["start", *(f"n{number}" for number in range(1, length + 1))]
    nodes: list[Document] = [{"key": "start", "type": "trigger"}]
    for before, key in pairwise(keys):
        value = "{{ 1 }}" if before == "start" else f"{{{{ nodes.{before}.output.body.n + 1 }}}}"
        nodes.append(_call(key, url, {"path": "", "n": value, "wait": wait}))
    edges = [{"source": source, "target": target} for source, target in pairwise(keys)]
    output = f"{{{{ nodes.n{length}.output.body.n }}}}"
    return {"name": f"chain-{length}", "nodes": nodes, "edges": edges, "output": output}, length


def fan(url: str, width: int, wait: float) -> tuple[Document, Any]:
    """A parallel over `width` items; the output is the list of their doubles."""
    body = {"path": "{{ index | string }}", "n": "{{ item * 2 }}", "wait": wait}
    items = "{{ range(" + str(width) + ") | list }}"
    nodes: list[Document] = [
        {"key": "start", "type": "trigger"},
        {"key": "each", "type": "parallel", "config": {"items": items, "max_concurrency": 20}},
        _call("call", url, body, parent="each"),
        {
            "key": "double",
            "type": "adapter",
            "parent": "each",
            "config": {"output": "{{ nodes.call.output.body.n }}"},
        },
    ]
    edges = [{"source": "start", "target": "each"}, {"source": "call", "target": "double"}]
    document = {
        "name": f"fan-{width}",
        "nodes": nodes,
        "edges": edges,
        "output": "{{ nodes.each.output }}",
    }
    return document, [2 * item for item in range(width)]
