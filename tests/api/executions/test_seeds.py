"""Random graphs run again from a random place: the same end, and nothing runs that was taken over."""

import random
from uuid import uuid4

from hypothesis import given, settings, strategies as st

from api.executions.seeds import Fork, containers, plan
from api.mirror.rows import NodeRow
from models.enums import ExecutionStatus
from models.graph.graph import Graph
from models.graph.node import ConditionNode
from temporal_workflows.contracts import NodeRecord
from temporal_workflows.scheduler import Scheduler
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.script import Script
from tests.temporal_workflows.simulation import Simulation, plain


def rows(simulation: Simulation) -> list[NodeRow]:
    """What the mirror would have of it."""
    found = []
    for (key, path), status in simulation.statuses.items():
        node = simulation.graph.by_key[key]
        chosen = isinstance(node, ConditionNode) and status == "completed"
        error = {"code": "Boom", "message": "boom", "node_key": key, "path": path}
        found.append(
            NodeRow(
                id=uuid4(),
                execution_id=uuid4(),
                node_key=key,
                path=path,
                node_type=node.type,
                name=key,
                run_id="r",
                scheduled_event_id=1,
                attempt=1,
                status=ExecutionStatus(status),
                output=simulation.outputs.get((key, path)),
                error=error if status == "failed" else None,
                handle=simulation.script.handle(key, path) if chosen else None,
            )
        )
    return found


def ran_again(
    graph: Graph, script: Script, seeds: list[NodeRecord], order: random.Random
) -> Simulation:
    simulation = Simulation(graph, script, order.randrange)
    simulation.scheduler = Scheduler(graph, seeds=seeds)
    simulation.drive(simulation.scheduler.start())
    return simulation


@settings(max_examples=400, deadline=None)
@given(
    graph=graphs(),
    seed=st.integers(0, 2**16),
    order=st.randoms(),
    inside=st.booleans(),
    data=st.data(),
)
def test_what_is_taken_over_and_what_runs_make_the_same_run(
    graph: Graph, seed: int, order: random.Random, inside: bool, data: st.DataObject
) -> None:
    script = Script(seed)
    first = ran_again(graph, script, [], order)
    begun = sorted(place for place, status in first.statuses.items() if status != "skipped")
    chosen = data.draw(st.none() | st.sampled_from(begun))
    fork = Fork(*chosen) if chosen else None
    found = plan(graph, rows(first), fork, inside=inside)
    seeded = {(seed.node_key, seed.path) for seed in found.seeds}
    assert len(seeded) == len(found.seeds), "nothing twice"
    second = ran_again(graph, script, found.seeds, order)
    # A container that is taken over as a whole has no passes.
    assert second.statuses.items() <= first.statuses.items()
    assert {key for key, path in second.statuses if not path} == {
        key for key, path in first.statuses if not path
    }
    assert plain(second.scheduler.output) == plain(first.scheduler.output)
    assert not seeded & {(place.key, place.path) for place in second.started}
    if fork is not None and inside:
        again = {(place.key, place.path) for place in second.started}
        assert (fork.key, fork.path) in again or fork.key in graph.body
        indexes = fork.path.split(".")
        around = enumerate(containers(graph, fork.key))
        assert not seeded & {(key, ".".join(indexes[:depth])) for depth, key in around}
