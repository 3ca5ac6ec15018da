"""Random graphs whose nodes do on a real Temporal what their script says.

Passes get their path as `item`, so that a template knows where it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from models.graph.graph import Graph
from models.graph.values import Json
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.script import Script

MIN_NODES = 8


@dataclass(frozen=True)
class RealScript(Script):
    """A script whose conditions and trigger return what real ones return."""

    conditions: frozenset[str] = frozenset()
    constant: frozenset[str] = (
        frozenset()
    )  # the trigger and aggregators: they do not know their pass

    def fails(self, key: str, path: str) -> bool:
        """Whether the node fails."""
        return key not in self.constant and super().fails(key, path)

    def output(self, key: str, path: str) -> Json:
        """What a node returns."""
        if key in self.conditions:
            return {"handle": self.handle(key, path)}
        if key in self.constant:
            return key
        return super().output(key, path)


@dataclass(frozen=True)
class Case:
    """A graph, its script, the document that follows it, and the run's input."""

    graph: Graph
    script: RealScript
    document: dict[str, Any]
    given: dict[str, Any]


def cases(number: int) -> list[Case]:
    """The same graphs every time, none too small and none twice."""
    found: dict[str, Case] = {}

    @settings(
        max_examples=20 * number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(graph=graphs(), seed=st.integers(0, 2**16))
    def collect(graph: Graph, seed: int) -> None:
        if len(graph.nodes) >= MIN_NODES:
            found[graph.model_dump_json()] = _case(graph, seed)

    collect()
    # Neighbours are variations of each other.
    return list(found.values())[:: len(found) // number][:number]


def _case(graph: Graph, seed: int) -> Case:
    script = RealScript(
        seed,
        conditions=_keys(graph, "condition"),
        constant=_keys(graph, "trigger", "aggregator"),
    )
    document = graph.model_dump(mode="json", exclude_unset=True)
    for node in document["nodes"]:
        _follow(node, seed)
    return Case(graph, script, document, _answers(graph, script))


def _keys(graph: Graph, *types: str) -> frozenset[str]:
    return frozenset(node.key for node in graph.nodes if node.type in types)


def _follow(node: dict[str, Any], seed: int) -> None:
    """Make the node ask the run's input what to do; an answer that is missing is a failure."""
    asked = f"input.answers['{node['key']}@' ~ (item | default(''))]"
    if node["type"] == "tool":
        node["config"] = {"kind": "builtin", "name": "script", "options": {"seed": seed}}
    elif node["type"] == "condition":
        node["config"]["branches"][0]["when"] = f"{{{{ {asked} == 'yes' }}}}"
    elif node["type"] == "aggregator":
        node["config"] |= {"merge": "custom", "template": node["key"]}
    elif node["type"] in ("parallel", "loop"):
        node["config"]["items"] = f"{{{{ {asked} }}}}"


def _answers(graph: Graph, script: RealScript) -> dict[str, Any]:
    answers: dict[str, Json] = {}
    for path, parent in _bodies(graph, script, None, ""):
        for node in graph.body[parent]:
            place = f"{node.key}@{path}"
            if node.type in ("parallel", "loop"):
                answers[place] = _passes(script, node.key, path)
            elif not script.fails(node.key, path):
                answers[place] = (
                    script.handle(node.key, path)
                    if node.type == "condition"
                    else script.output(node.key, path)
                )
    return {"answers": answers}


def _bodies(
    graph: Graph, script: RealScript, parent: str | None, path: str
) -> Iterator[tuple[str, str | None]]:
    yield path, parent
    for node in graph.body[parent]:
        if node.type in ("parallel", "loop"):
            for inner in _passes(script, node.key, path):
                yield from _bodies(graph, script, node.key, str(inner))


def _passes(script: RealScript, key: str, path: str) -> list[Json]:
    return [f"{path}.{i}" if path else str(i) for i in range(script.passes(key, path))]
