"""Every interpreter shape whose history must replay for ever: node kind x what happens to it."""

from dataclasses import dataclass
from typing import Any

KINDS = (
    "trigger",
    "tool",
    "condition",
    "adapter",
    "parallel",
    "loop",
    "aggregator",
    "delay",
    "workflow",
)
SCENARIOS = ("success", "failure", "retry", "cancel", "continue_as_new", "kill")

Document = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """A graph, and what is done to its run."""

    kind: str
    scenario: str
    graph: Document
    max_events: int = 4_000

    @property
    def name(self) -> str:
        """File name of its recorded history."""
        return f"{self.kind}-{self.scenario}"


def shapes() -> list[Shape]:
    """All of them."""
    return [_shape(kind, scenario) for kind in KINDS for scenario in SCENARIOS]


def tool(key: str, name: str, **more: Any) -> Document:
    """A scripted tool node; `options` go to the script."""
    config = {"kind": "builtin", "name": name, "options": more.pop("options", {})}
    quick = {"max_attempts": 3, "initial_interval": 0.01}
    return {"key": key, "type": "tool", "config": config, "retry": quick} | more


def _shape(kind: str, scenario: str) -> Shape:
    before, after = _before(scenario), _after(scenario)
    node = _failing(kind) if scenario == "failure" else _plain(kind)
    chain = [*before, *([] if kind == "trigger" else [node]), *after]
    trigger = node if kind == "trigger" else {"key": "start", "type": "trigger"}
    body = [_inside(scenario) | {"parent": "it"}] if kind in ("parallel", "loop") else []
    edges = [
        {"source": first["key"], "target": second["key"]}
        for first, second in zip([trigger, *chain], chain, strict=False)
        if not (first["type"] == "condition" and second["key"] == "after")
    ]
    if kind == "condition" and after:
        edges += [{"source": "it", "target": "after", "source_handle": "yes"}]
        chain.append(tool("other", "echo"))
        edges += [{"source": "it", "target": "other", "source_handle": "no"}]
    graph = {
        "name": f"{kind}-{scenario}",
        "nodes": [trigger, *chain, *body, *_fillers(scenario)],
        "edges": edges,
    }
    return Shape(kind, scenario, graph, 60 if scenario == "continue_as_new" else 4_000)


def _plain(kind: str) -> Document:
    configs: dict[str, Document] = {
        "trigger": {"config": {"input_schema": {"type": "object", "required": ["items"]}}},
        "tool": {
            "config": {"kind": "builtin", "name": "echo"},
            "inputs": {"n": "{{ input.items[0] }}"},
        },
        "condition": {
            "config": {
                "branches": [{"handle": "yes", "when": "{{ input.items | length > 1 }}"}],
                "default": "no",
            }
        },
        "adapter": {"config": {"output": {"first": "{{ input.items[0] }}"}}},
        "parallel": {"config": {"items": "{{ input.items }}", "max_concurrency": 2}},
        "loop": {"config": {"while": "{{ index < 3 }}"}},
        "aggregator": {"config": {"merge": "object"}},
        "delay": {"config": {"seconds": 0.02}},
        "workflow": {"config": {"workflow": "child"}, "inputs": {"items": "{{ input.items }}"}},
    }
    return {"key": "it", "type": kind} | configs[kind]


def _failing(kind: str) -> Document:
    unknown = "{{ input.absent }}"
    configs: dict[str, Document] = {
        "trigger": {"config": {"input_schema": {"type": "object", "required": ["absent"]}}},
        "tool": {"config": {"kind": "builtin", "name": "fatal"}},
        "condition": {"config": {"branches": [{"handle": "yes", "when": unknown}]}},
        "adapter": {"config": {"output": unknown}},
        "parallel": {"config": {"items": unknown}},
        "loop": {"config": {"while": unknown}},
        "aggregator": {"config": {"merge": "concat"}},
        "delay": {"config": {"seconds": -1}},
        "workflow": {"config": {"workflow": "broken"}},
    }
    return {"key": "it", "type": kind} | configs[kind]


def _inside(scenario: str) -> Document:
    inputs = {"inputs": {"index": "{{ index }}"}}
    if scenario == "retry":
        return tool("body", "flaky", options={"times": 1}) | inputs
    if scenario in ("cancel", "kill"):
        return tool("body", "sleep", options={"seconds": 1.0}) | inputs
    return tool("body", "echo") | inputs


def _before(scenario: str) -> list[Document]:
    if scenario == "retry":
        return [tool("before", "flaky", options={"times": 2})]
    if scenario == "continue_as_new":
        return [{"key": "before", "type": "loop", "config": {"while": "{{ index < 30 }}"}}]
    return [tool("before", "echo")]


def _fillers(scenario: str) -> list[Document]:
    if scenario != "continue_as_new":
        return []
    return [tool("filler", "echo", parent="before")]


def _after(scenario: str) -> list[Document]:
    if scenario in ("cancel", "kill"):
        return [tool("after", "sleep", options={"seconds": 1.0})]
    return [tool("after", "echo")]


INPUT: Document = {"items": [1, 2, 3]}
CHILD: Document = {
    "name": "child",
    "nodes": [{"key": "start", "type": "trigger"}, tool("inner", "echo")],
    "edges": [{"source": "start", "target": "inner"}],
}
BROKEN: Document = {
    "name": "broken",
    "nodes": [{"key": "start", "type": "trigger"}, tool("inner", "fatal")],
    "edges": [{"source": "start", "target": "inner"}],
}
