"""What a run undid is not taken over when it is run again: it, and what follows it, runs anew."""

import random
from dataclasses import replace

from hypothesis import given, settings, strategies as st

from api.executions.seeds import Fork, containers, downstream, plan
from models.graph.graph import Graph
from temporal_workflows.compensation import undoing
from temporal_workflows.scheduler import Scheduler
from tests.api.executions.test_seeds import ran_again, rows
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.script import Script


@settings(max_examples=400, deadline=None)
@given(
    graph=graphs(undoable=True),
    seed=st.integers(0, 2**16),
    order=st.randoms(),
    inside=st.booleans(),
    data=st.data(),
)
def test_what_was_undone_runs_again_with_all_that_follows(
    graph: Graph, seed: int, order: random.Random, inside: bool, data: st.DataObject
) -> None:
    script = Script(seed)
    first = ran_again(graph, script, [], order)
    undone = [(place.key, place.path) for place in first.scheduler.undoable]
    begun = sorted(place for place, status in first.statuses.items() if status != "skipped")
    chosen = data.draw(st.none() | st.sampled_from(begun))
    fork = Fork(*chosen) if chosen else None
    recorded = rows(first)
    recorded += [replace(recorded[0], **at) for at in _compensations(first.scheduler)]
    found = plan(graph, recorded, fork, inside=inside)
    seeded = {(record.node_key, record.path) for record in found.seeds}
    for key, path in undone:
        follows = downstream(graph, [key])
        assert not {at for at in seeded if at[1] == path and at[0] in follows}
        steps = path.split(".")
        around = enumerate(containers(graph, key))
        assert not {(each, ".".join(steps[:depth])) for depth, each in around} & seeded
    second = ran_again(graph, script, found.seeds, order)
    assert second.statuses.items() <= first.statuses.items()
    assert set(undone) <= {(place.key, place.path) for place in second.started}


def _compensations(scheduler: Scheduler) -> list[dict[str, str]]:
    """Where the run undid something."""
    places = [undoing(scheduler, place) for place in scheduler.undoable]
    return [{"node_key": each.key, "path": each.path} for each in places if each]
