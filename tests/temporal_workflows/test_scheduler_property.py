"""Random graphs: the scheduler and a naive reference interpreter must agree, in any order of ends."""

import random

from hypothesis import given, settings, strategies as st

from models.graph.graph import Graph
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.reference import interpret
from tests.temporal_workflows.script import Script
from tests.temporal_workflows.simulation import Simulation


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
