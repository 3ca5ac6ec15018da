"""Random graphs: the scheduler and a naive reference interpreter must agree, in any order of ends."""

import json
import random

from hypothesis import assume, given, settings, strategies as st

from api.executions.seeds import downstream
from models.graph.compatibility import ends_of
from models.graph.graph import Graph
from models.graph.node import ERROR_HANDLE
from temporal_workflows.scheduler import Scheduler
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.reference import interpret
from tests.temporal_workflows.script import Script
from tests.temporal_workflows.simulation import Simulation, _closing


@settings(max_examples=1000, deadline=None)
@given(
    graph=graphs(),
    seed=st.integers(0, 2**16),
    order=st.randoms(),
    reload_every=st.sampled_from([0, 2, 3, 7]),
)
def test_same_nodes_run_skip_and_fail(
    graph: Graph, seed: int, order: random.Random, reload_every: int
) -> None:
    script = Script(seed)
    expected = interpret(graph, script)
    simulation = Simulation(graph, script, order.randrange, reload_every)
    scheduler = simulation.run()

    assert simulation.statuses == expected.statuses
    assert simulation.outputs == expected.outputs
    assert (scheduler.error is not None) == expected.failed


class Upgraded(Simulation):
    """A run that begins with a part of its graph and goes on with the whole after `at` steps."""

    def run_from(self, part: Graph, at: int) -> None:
        whole, self.graph = self.graph, part
        self.scheduler = Scheduler(part)
        pending = self._take(self.scheduler.start(), [])
        # A container whose passes are over is not dumped before that is recorded.
        while pending and (at > 0 or _closing(pending)):
            at -= 1
            decision = pending.pop(self.choose(len(pending)))
            pending = self._take(self._perform(decision), pending)
        state = json.loads(json.dumps(self.scheduler.dump()))
        self.graph, self.scheduler = whole, Scheduler(whole)
        self.drive(self.scheduler.adopt(state, [ends_of(edge) for edge in part.edges]))


@settings(max_examples=500, deadline=None)
@given(
    graph=graphs(),
    seed=st.integers(0, 2**16),
    order=st.randoms(),
    at=st.integers(0, 40),
    data=st.data(),
)
def test_a_run_that_began_with_a_part_of_its_graph_ends_as_the_whole(
    graph: Graph, seed: int, order: random.Random, at: int, data: st.DataObject
) -> None:
    later = data.draw(st.sampled_from([node.key for node in graph.nodes if not node.parent]))
    part = _without(graph, downstream(graph, {later}))
    assume(part.nodes and not _loses_a_handler(graph, part))
    script = Script(seed)
    simulation = Upgraded(graph, script, order.randrange)
    simulation.run_from(part, at)
    expected = interpret(graph, script)
    assert simulation.scheduler.done
    assert simulation.statuses == expected.statuses
    assert simulation.outputs == expected.outputs
    assert (simulation.scheduler.error is not None) == expected.failed


def _without(graph: Graph, keys: set[str]) -> Graph:
    gone = {node.key for node in graph.nodes if _roots(graph, node.key) & keys}
    document = graph.model_dump(mode="json", exclude_unset=True)
    document["nodes"] = [node for node in document["nodes"] if node["key"] not in gone]
    document["edges"] = [
        edge
        for edge in document.get("edges", [])
        if edge["source"] not in gone and edge["target"] not in gone
    ]
    return Graph.model_validate(document)


def _roots(graph: Graph, key: str) -> set[str]:
    """A node and all the containers around it."""
    parent = graph.by_key[key].parent
    return {key} | (_roots(graph, parent) if parent else set())


def _loses_a_handler(graph: Graph, part: Graph) -> bool:
    """What failed before its handler came stays a failure of the run."""
    kept = {ends_of(edge) for edge in part.edges}
    return any(
        edge.source_handle == ERROR_HANDLE and ends_of(edge) not in kept
        for edge in graph.edges
        if edge.source in part.by_key
    )
