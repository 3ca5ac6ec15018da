"""What a run would have to undo: whatever ended well, in the order of ends, with what it saw."""

import random

from hypothesis import given, settings, strategies as st

from models.graph.graph import Graph
from temporal_workflows.compensation import undoing
from temporal_workflows.contracts import NodeRecord
from temporal_workflows.scheduler import Outcome, Place, Scheduler
from tests.temporal_workflows.generated import graphs
from tests.temporal_workflows.reference import interpret
from tests.temporal_workflows.script import Script
from tests.temporal_workflows.simulation import Simulation

GRAPH = Graph.model_validate(
    {
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "book", "type": "tool", "tool": "t", "compensation": "unbook"},
            {"key": "unbook", "type": "tool", "tool": "t"},
        ],
        "edges": [{"source": "start", "target": "book"}],
    }
)


@settings(max_examples=500, deadline=None)
@given(
    graph=graphs(undoable=True),
    seed=st.integers(0, 2**16),
    order=st.randoms(),
    reload_every=st.sampled_from([0, 2, 3, 7]),
)
def test_what_completed_is_undoable_in_the_order_of_ends(
    graph: Graph, seed: int, order: random.Random, reload_every: int
) -> None:
    script = Script(seed)
    expected = interpret(graph, script)
    simulation = Simulation(graph, script, order.randrange, reload_every)
    scheduler = simulation.run()

    assert simulation.statuses == expected.statuses
    assert simulation.outputs == expected.outputs
    done = [
        Place(key, path)
        for (key, path), status in simulation.statuses.items()
        if status == "completed" and key in graph.compensations
    ]
    assert scheduler.undoable == done
    for place in done:
        at = undoing(scheduler, place)
        assert at == Place(f"undo_{place.key}", place.path)
        frame = scheduler.frame_of(at)
        seen = scheduler.outcome(frame, place.key)
        assert seen is not None
        assert seen.output == script.output(place.key, place.path)
        if place.path:
            assert scheduler.variables(frame)["index"] == int(place.path.rsplit(".", 1)[-1])


def test_what_is_taken_over_from_another_run_is_not_undone() -> None:
    seed = NodeRecord(node_key="book", status="completed", output=1)
    scheduler = Scheduler(GRAPH, seeds=[seed])
    scheduler.start()
    scheduler.finish(Place("start"), Outcome(seed.status))
    assert scheduler.done
    assert scheduler.undoable == []


def test_a_disabled_compensation_is_none() -> None:
    document = GRAPH.model_dump(mode="json", exclude_unset=True)
    document["nodes"][2]["disabled"] = True
    scheduler = Scheduler(Graph.model_validate(document))
    assert undoing(Scheduler(GRAPH), Place("book", "3")) == Place("unbook", "3")
    assert undoing(scheduler, Place("book", "3")) is None


def test_a_state_of_before_there_were_compensations_loads() -> None:
    scheduler = Scheduler(GRAPH)
    scheduler.start()
    state = scheduler.dump()
    del state["undoable"], state["past"]
    for frame in state["frames"]:
        del frame["undoable"]
    later = Scheduler(GRAPH)
    later.load(state)
    assert later.undoable == []
    assert list(later.running()) == [Place("start")]
