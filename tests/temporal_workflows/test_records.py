"""Records of what no event tells: whenever one comes, it is sent."""

import asyncio
from uuid import uuid4

from models.enums import ExecutionStatus
from models.graph.graph import Graph
from temporal_workflows.contracts import GraphInput, NodeRecord, Records
from temporal_workflows.graph_workflow import GraphWorkflow
from temporal_workflows.scheduler import Outcome, Place

FIRST, LATE = Place("first"), Place("late")


class Recorded(GraphWorkflow):
    """Keeps what is sent; another node ends in the moment the first batch has been."""

    def __init__(self, start: GraphInput) -> None:
        super().__init__(start)
        self.sent: list[NodeRecord] = []

    async def _send(
        self, records: list[NodeRecord], place: Place, title: str, purpose: str, size: int
    ) -> Records:
        self.sent += records
        if len(self.sent) == 1:
            asyncio.get_running_loop().call_soon(self._record, LATE, _skipped())
        return Records(records=records)


def _skipped() -> Outcome:
    return Outcome(ExecutionStatus.SKIPPED, reason="no branch leads here")


async def test_one_that_comes_as_the_last_was_sent_is_sent_too() -> None:
    graph = Graph.model_validate({"name": "g", "nodes": [{"key": "start", "type": "trigger"}]})
    run = Recorded(
        GraphInput(execution_id=str(uuid4()), workflow_id="w", workflow_version=1, graph=graph)
    )
    run._record(FIRST, _skipped())
    async with asyncio.timeout(5):
        while run.recording is not None:
            await asyncio.sleep(0)
    assert [record.node_key for record in run.sent] == ["first", "late"]
