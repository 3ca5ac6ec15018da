"""Random graphs from end to end: what ran, failed, was skipped and came out is what graph.md says."""

from typing import Any

import pytest

from api.mirror.feed import Mirror
from tests.api.mirror.conftest import Desk
from tests.temporal_workflows.reference import interpret
from tests.temporal_workflows.scripted import Case, cases
from tests.temporal_workflows.simulation import plain

GRAPHS = 30


@pytest.fixture(scope="module")
def made() -> list[Case]:
    """The graphs; making them takes a while, during which no worker could beat."""
    return cases(GRAPHS)


async def test_thirty_graphs_end_as_the_reference_interpreter_says(
    made: list[Case], desk: Desk, mirror: Mirror
) -> None:
    started = [(case, await desk.start(case.document, case.given)) for case in made]
    assert len(started) == GRAPHS
    for case, execution_id in started:
        execution = await desk.until_ended(execution_id, 60)
        expected = interpret(case.graph, case.script)
        assert execution.status == ("failed" if expected.failed else "completed")
        rows = {(row.node_key, row.path): row for row in await desk.nodes(execution_id)}
        assert {place: row.status for place, row in rows.items()} == expected.statuses
        found = {
            place: plain(row.output)
            for place, row in rows.items()
            if row.status == "completed" and place != ("start", "")
        }
        assert found == {place: expected.outputs[place] for place in found}
        if not expected.failed:
            assert _without_trigger(execution.output) == _final(case, expected.outputs)


def _without_trigger(output: Any) -> Any:
    return {key: plain(value) for key, value in output.items() if key != "start"}


def _final(case: Case, outputs: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Outputs of the terminal nodes that came to one."""
    return {
        node.key: outputs[node.key, ""]
        for node in case.graph.body[None]
        if node.key != "start"
        and not case.graph.outgoing[node.key]
        and outputs.get((node.key, "")) is not None
    }
