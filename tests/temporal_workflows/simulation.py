"""Drives the scheduler without Temporal: finishes running nodes in any order it is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from models.enums import ExecutionStatus
from models.graph.graph import Graph
from models.graph.node import ConditionNode, LoopNode, ParallelNode
from models.graph.values import Json
from temporal_workflows.contracts import NodeError
from temporal_workflows.scheduler import (
    AskWhile,
    Close,
    Decision,
    Outcome,
    Place,
    Run,
    Scheduler,
    Settle,
    Stop,
)
from tests.temporal_workflows.script import Script

Choose = Callable[[int], int]


@dataclass
class Simulation:
    """One run; `choose(n)` picks which of n pending ends comes next."""

    graph: Graph
    script: Script
    choose: Choose
    reload_every: int = 0
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    outputs: dict[tuple[str, str], Json] = field(default_factory=dict)
    started: list[Place] = field(default_factory=list)

    def run(self) -> Scheduler:
        """Run to the end."""
        self.scheduler = Scheduler(self.graph)
        self.drive(self.scheduler.start())
        return self.scheduler

    def drive(self, decisions: list[Decision]) -> None:
        """Perform what the scheduler decided, to the end."""
        pending = self._take(decisions, [])
        steps = 0
        while pending:
            steps += 1
            if self.reload_every and steps % self.reload_every == 0 and not _closing(pending):
                pending = self._reload()
                continue
            decision = pending.pop(self.choose(len(pending)))
            pending = self._take(self._perform(decision), pending)
        assert self.scheduler.done

    def _reload(self) -> list[Decision]:
        """As continue-as-new does it: through JSON, into a new scheduler."""
        state = json.loads(json.dumps(self.scheduler.dump()))
        self.scheduler = Scheduler(self.graph)
        return self.scheduler.load(state)

    def _take(self, decisions: list[Decision], pending: list[Decision]) -> list[Decision]:
        for decision in decisions:
            if isinstance(decision, Settle):
                self._note(decision.place, decision.outcome)
            elif not isinstance(decision, Stop):
                pending.append(decision)
        return pending

    def _perform(self, decision: Decision) -> list[Decision]:
        match decision:
            case Close(place, outcome):
                return self._finish(place, outcome)
            case Run(place):
                return self._run(place)
            case AskWhile(place, index):
                more = index < self.script.passes(place.key, place.path)
                return self.scheduler.answer_while(place, more)
        raise AssertionError(decision)

    def _run(self, place: Place) -> list[Decision]:
        node = self.graph.by_key[place.key]
        if isinstance(node, ParallelNode | LoopNode):
            items: list[Json] = list(range(self.script.passes(place.key, place.path)))
            whiles = isinstance(node, LoopNode) and node.config.while_ is not None
            return self.scheduler.open_container(place, None if whiles else items)
        self.started.append(place)
        if self.script.fails(place.key, place.path):
            error = NodeError(code="Boom", message="boom", node_key=place.key, path=place.path)
            return self._finish(place, Outcome(ExecutionStatus.FAILED, error=error))
        handle = None
        if isinstance(node, ConditionNode):
            handle = self.script.handle(place.key, place.path)
        output = self.script.output(place.key, place.path)
        return self._finish(place, Outcome(ExecutionStatus.COMPLETED, output, handle))

    def _finish(self, place: Place, outcome: Outcome) -> list[Decision]:
        decisions = self.scheduler.finish(place, outcome)
        self._note(place, outcome)
        return decisions

    def _note(self, place: Place, outcome: Outcome) -> None:
        assert (place.key, place.path) not in self.statuses
        self.statuses[place.key, place.path] = outcome.status.value
        if outcome.status is not ExecutionStatus.SKIPPED:
            self.outputs[place.key, place.path] = plain(outcome.output)


def plain(output: Json) -> Json:
    """Error objects as the reference interpreter writes them, at any depth."""
    if isinstance(output, dict):
        if set(output) == {"error"}:
            return "error"
        return {key: plain(value) for key, value in output.items()}
    if isinstance(output, list):
        return [plain(value) for value in output]
    return output


def _closing(pending: list[Decision]) -> bool:
    """A container whose end is being recorded; the workflow never continues as new then."""
    return any(isinstance(decision, Close) for decision in pending)
