"""The pure state machine of a run: facts in, decisions out. Knows no Temporal and no clock."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from models.enums import ExecutionStatus, FailureMode, OnError
from models.graph.compatibility import EdgeEnds, ends_of
from models.graph.graph import Edge, Graph
from models.graph.node import (
    ERROR_HANDLE,
    AgentNode,
    AggregatorNode,
    ApprovalNode,
    ConditionNode,
    EventNode,
    LoopNode,
    Node,
    ParallelNode,
    TriggerNode,
)
from models.graph.values import Json
from temporal_workflows.contracts import NodeError, NodeRecord

COMPLETED, FAILED = ExecutionStatus.COMPLETED, ExecutionStatus.FAILED
CANCELLED, SKIPPED = ExecutionStatus.CANCELLED, ExecutionStatus.SKIPPED
RUNNING = ExecutionStatus.RUNNING
REUSED = "reused"


class EdgeState(StrEnum):
    """What a decided edge brings to its target; `failed` carries a failure nobody handled."""

    LIVE = "live"
    DEAD = "dead"
    FAILED = "failed"


class SkipCause(StrEnum):
    """Why a node was skipped; `disabled` lets the run pass through it."""

    BRANCH = "branch"
    FAILURE = "failure"
    DISABLED = "disabled"
    TRIGGER = "trigger"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Place:
    """A node in one pass: its key and the container indexes around it (`""`, `"3"`, `"3.0"`)."""

    key: str
    path: str = ""


@dataclass(slots=True)
class Outcome:
    """How a node ended. `output` of a failed node with `continue` is its error object."""

    status: ExecutionStatus
    output: Json = None
    handle: str | None = None
    error: NodeError | None = None
    reason: str | None = None
    cause: SkipCause | None = None


# Decisions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Start this node now."""

    place: Place


@dataclass(frozen=True, slots=True)
class Settle:
    """This node ended without running: skipped, failed before its start, or its output reused."""

    place: Place
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stop:
    """Cancel this running node; its end is still to be reported with `finish`."""

    place: Place


@dataclass(frozen=True, slots=True)
class AskWhile:
    """Evaluate the loop's `while` for pass number `index` and answer with `answer_while`."""

    place: Place
    index: int


@dataclass(frozen=True, slots=True)
class Close:
    """All passes of this container ended so; report it with `finish` once it is recorded."""

    place: Place
    outcome: Outcome


Decision: TypeAlias = Run | Settle | Stop | AskWhile | Close


# State -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Frame:
    """One pass of a container's body, or the top level (`container` None, `path` "")."""

    container: Place | None
    path: str
    variables: dict[str, Json] = field(default_factory=dict)
    open_edges: dict[str, int] = field(default_factory=dict)
    edges: dict[int, EdgeState] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    running: dict[str, None] = field(default_factory=dict)  # a set that keeps its order
    undecided: int = 0
    error: NodeError | None = None
    stopping: bool = False
    undoable: bool = False  # something in it, or in a pass inside it, may have to be undone


@dataclass(slots=True)
class Passes:
    """Progress of one running container."""

    items: list[Json] | None
    next_index: int = 0
    active: dict[int, None] = field(default_factory=dict)
    results: dict[int, Json] = field(default_factory=dict)
    error: NodeError | None = None
    stopping: bool = False
    asking: bool = False


class Scheduler:
    """Decides which node of a graph runs when.

    The caller starts what `Run` names, reports each end with `finish`, opens containers with
    `open_container`, and performs every decision in the order given. Scheduling a node costs
    O(its edges); nothing here depends on time, so the same facts give the same decisions.
    """

    def __init__(
        self, graph: Graph, *, seeds: Iterable[NodeRecord] = (), trigger_key: str | None = None
    ) -> None:
        self.graph = graph
        self.trigger_key = trigger_key
        self.seeds = {Place(seed.node_key, seed.path): seed for seed in seeds}
        self.frames: dict[tuple[str | None, str], Frame] = {}
        self.passes: dict[Place, Passes] = {}
        self.undoable: list[Place] = []  # what has a compensation and completed, in that order
        self.past: dict[tuple[str | None, str], Frame] = {}  # ended passes that undoing reads
        self.cancelled = False
        self._edge_ids = {id(edge): index for index, edge in enumerate(graph.edges)}
        self._decisions: list[Decision] = []
        self._work: deque[tuple[Frame, Node | None]] = deque()

    # Facts ---------------------------------------------------------------------------------------

    def start(self) -> list[Decision]:
        """Open the top level."""
        self._open_frame(Frame(container=None, path=""))
        return self._drain()

    def finish(self, place: Place, outcome: Outcome) -> list[Decision]:
        """A running node ended."""
        self._decide(self.frame_of(place), self.graph.by_key[place.key], outcome)
        return self._drain()

    def open_container(self, place: Place, items: list[Json] | None) -> list[Decision]:
        """A running container knows its items (`None` for `while`); its passes begin."""
        self.passes[place] = Passes(items=items)
        self._advance(place)
        return self._drain()

    def answer_while(self, place: Place, proceed: bool) -> list[Decision]:
        """The loop's `while` was evaluated for its next pass."""
        passes = self.passes[place]
        passes.asking = False
        if passes.stopping:
            self._advance(place)
        elif not proceed:
            self._close(place)
        elif passes.next_index >= self._loop(place).config.max_iterations:
            passes.error = _error(
                "MaxIterations",
                f"`while` is still true after {passes.next_index} passes (max_iterations)",
                place,
            )
            self._close(place)
        else:
            self._open_pass(place)
        return self._drain()

    def fail_pass(self, place: Place, error: NodeError) -> list[Decision]:
        """The loop's `while` could not be evaluated."""
        passes = self.passes[place]
        passes.asking = False
        passes.error = passes.error or error
        passes.stopping = True
        self._advance(place)
        return self._drain()

    def expire(self, place: Place, error: NodeError) -> list[Decision]:
        """A container's time is up: its passes are stopped and it fails with `error`."""
        passes = self.passes.get(place)
        if passes is not None:
            passes.error = passes.error or error
            self._stop_node(self.frame_of(place), self.graph.by_key[place.key], error.message)
        return self._drain()

    def cancel(self) -> list[Decision]:
        """Stop everything: nothing new starts, running nodes are cancelled."""
        self.cancelled = True
        self._stop_frame(self.frames[None, ""], "the execution was cancelled")
        return self._drain()

    # Views ---------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether every node is decided."""
        top = self.frames.get((None, ""))
        return top is not None and top.undecided == 0

    @property
    def error(self) -> NodeError | None:
        """The first failure that no policy handled, by end time."""
        return self.frames[None, ""].error

    @property
    def output(self) -> dict[str, Json]:
        """Outputs of the terminal nodes that completed, by key."""
        return dict(self._terminal_outputs(self.frames[None, ""]))

    def frame_of(self, place: Place) -> Frame:
        """The frame that holds the node; of an ended pass only while something may be undone."""
        name = self.graph.by_key[place.key].parent, place.path
        return self.past[name] if name in self.past else self.frames[name]

    def running(self) -> Iterator[Place]:
        """Running nodes, containers included, in the order they started."""
        for frame in self.frames.values():
            for key in frame.running:
                yield Place(key, frame.path)

    def outcome(self, frame: Frame, key: str) -> Outcome | None:
        """The outcome of `key` as seen from `frame`: of this pass, else of an enclosing one."""
        current: Frame | None = frame
        while current is not None:
            if key in current.outcomes:
                return current.outcomes[key]
            current = self.parent_frame(current)
        return None

    def parent_frame(self, frame: Frame) -> Frame | None:
        """The frame around a pass; None at the top."""
        return None if frame.container is None else self.frame_of(frame.container)

    def variables(self, frame: Frame) -> dict[str, Json]:
        """`item`, `index` and `previous` as seen from `frame`; the innermost container wins."""
        outer = self.parent_frame(frame)
        return {**(self.variables(outer) if outer else {}), **frame.variables}

    def live_inputs(self, place: Place) -> list[tuple[str, Outcome]]:
        """Sources of the live edges into a node with their outcomes, in edge order, each once."""
        frame = self.frame_of(place)
        found = {
            edge.source: frame.outcomes[edge.source]
            for edge in self.graph.incoming[place.key]
            if frame.edges.get(self._edge_ids[id(edge)]) is EdgeState.LIVE
        }
        return list(found.items())

    # Frames --------------------------------------------------------------------------------------

    def _open_frame(self, frame: Frame) -> None:
        parent = frame.container.key if frame.container else None
        body = self.graph.body[parent]
        self.frames[parent, frame.path] = frame
        frame.undecided = len(body)
        frame.open_edges = {node.key: len(self.graph.incoming[node.key]) for node in body}
        if not body:
            self._work.append((frame, None))
        self._work.extend((frame, node) for node in body if frame.open_edges[node.key] == 0)

    def _drain(self) -> list[Decision]:
        while self._work:
            frame, node = self._work.popleft()
            if node is None:
                self._end_pass(frame)
            elif node.key not in frame.outcomes and node.key not in frame.running:
                self._consider(frame, node)
        decisions, self._decisions = self._decisions, []
        return decisions

    def _consider(self, frame: Frame, node: Node) -> None:
        """Start, settle or leave alone a node one of whose edges was decided."""
        outcome = self._verdict(frame, node)
        if outcome is None:
            return
        place = Place(node.key, frame.path)
        seed = self.seeds.get(place)
        if outcome.status is RUNNING and seed is not None:
            outcome = Outcome(seed.status, seed.output, seed.handle, seed.error, REUSED)
        if outcome.status is RUNNING:
            frame.running[node.key] = None
            self._decisions.append(Run(place))
        else:
            self._decisions.append(Settle(place, outcome))
            self._decide(frame, node, outcome)

    def _verdict(self, frame: Frame, node: Node) -> Outcome | None:
        """RUNNING: start it. Another status: settle it. None: wait for more edges."""
        if frame.stopping:
            return _skipped("stopped before its start", SkipCause.STOPPED)
        states = [
            (edge, frame.edges.get(self._edge_ids[id(edge)]))
            for edge in self.graph.incoming[node.key]
        ]
        # A disabled aggregator waits for every edge, as if what follows it stood in its place.
        if isinstance(node, AggregatorNode) and node.config.wait != "all" and not node.disabled:
            joined = _join_early(node, frame, states)
        else:
            joined = _join_all(states, frame.open_edges[node.key])
        if joined is None or joined.status is not RUNNING:
            return joined
        if isinstance(node, TriggerNode) and self.trigger_key not in (None, node.key):
            reason = f"the run was started by trigger {self.trigger_key}"
            return _skipped(reason, SkipCause.TRIGGER)
        if node.disabled:
            return _skipped("disabled", SkipCause.DISABLED)
        return joined

    def _decide(self, frame: Frame, node: Node, outcome: Outcome) -> None:
        if node.key in frame.outcomes:
            return
        frame.running.pop(node.key, None)
        unhandled = outcome.status is FAILED and not self._handled(node)
        if outcome.status is FAILED and node.on_error is not OnError.FAIL and outcome.error:
            outcome.output = {
                "error": outcome.error.model_dump(include={"code", "message", "attempt"})
            }
        frame.outcomes[node.key] = outcome
        frame.undecided -= 1
        if node.key in self.graph.compensations:
            self._note_effect(Place(node.key, frame.path), frame, outcome)
        for edge in self.graph.outgoing[node.key]:
            self._decide_edge(frame, edge, _edge_state(node, outcome, edge, unhandled))
        if isinstance(node, AggregatorNode) and node.config.cancel_rest:
            self._stop_rest(frame, node)
        if unhandled:
            self._note_failure(frame, outcome.error)
        if frame.undecided == 0 and frame.container is not None:
            self._end_pass(frame)

    def _note_effect(self, place: Place, frame: Frame, outcome: Outcome) -> None:
        """Remember what this run did itself; the passes around it are needed to undo it."""
        if outcome.status is not COMPLETED or outcome.reason == REUSED:
            return
        self.undoable.append(place)
        around: Frame | None = frame
        while around is not None and not around.undoable:
            around.undoable = True
            around = self.parent_frame(around)

    def _handled(self, node: Node) -> bool:
        if node.on_error is OnError.BRANCH:
            return any(edge.source_handle == ERROR_HANDLE for edge in self.graph.outgoing[node.key])
        return node.on_error is OnError.CONTINUE

    def _decide_edge(self, frame: Frame, edge: Edge, state: EdgeState) -> None:
        index = self._edge_ids[id(edge)]
        if index in frame.edges:
            return
        frame.edges[index] = state
        frame.open_edges[edge.target] -= 1
        target = self.graph.by_key[edge.target]
        if frame.open_edges[edge.target] == 0 or isinstance(target, AggregatorNode):
            self._work.append((frame, target))

    def _note_failure(self, frame: Frame, error: NodeError | None) -> None:
        frame.error = frame.error or error
        if self.graph.failure_mode is FailureMode.FAIL_FAST:
            self._stop_frame(frame, "another node failed")

    # Stopping ------------------------------------------------------------------------------------

    def _stop_frame(self, frame: Frame, reason: str) -> None:
        if frame.stopping:
            return
        frame.stopping = True
        parent = frame.container.key if frame.container else None
        for node in self.graph.body[parent]:
            if node.key in frame.running:
                self._stop_node(frame, node, reason)
            elif node.key not in frame.outcomes:
                self._settle_skipped(frame, node, reason)

    def _stop_node(self, frame: Frame, node: Node, reason: str) -> None:
        place = Place(node.key, frame.path)
        passes = self.passes.get(place)
        if passes is None:
            self._decisions.append(Stop(place))
            return
        passes.stopping = True
        for index in list(passes.active):
            self._stop_frame(self.frames[place.key, _join(place.path, index)], reason)
        self._advance(place)

    def _settle_skipped(self, frame: Frame, node: Node, reason: str) -> None:
        outcome = _skipped(reason, SkipCause.STOPPED)
        self._decisions.append(Settle(Place(node.key, frame.path), outcome))
        self._decide(frame, node, outcome)

    def _stop_rest(self, frame: Frame, node: AggregatorNode) -> None:
        """Stop what now works for nobody: undecided nodes all of whose ways lead to `node`."""
        needless = {node.key}
        for candidate in self._upstream(node.key):
            onward = {edge.target for edge in self.graph.outgoing[candidate]}
            if candidate not in frame.outcomes and onward <= needless | set(frame.outcomes):
                needless.add(candidate)
        for key in sorted(needless - {node.key}):
            if key in frame.running:
                self._stop_node(frame, self.graph.by_key[key], "no longer needed")
            elif key not in frame.outcomes:
                self._settle_skipped(frame, self.graph.by_key[key], "no longer needed")

    def _upstream(self, key: str) -> list[str]:
        """Ancestors of a node, each after all its descendants among them."""
        order: list[str] = []
        seen = {key}
        stack: list[tuple[str, Iterator[Edge]]] = [(key, iter(self.graph.incoming[key]))]
        while stack:
            current, edges = stack[-1]
            edge = next(edges, None)
            if edge is None:
                order.append(current)
                stack.pop()
            elif edge.source not in seen:
                seen.add(edge.source)
                stack.append((edge.source, iter(self.graph.incoming[edge.source])))
        return order[-2::-1]

    # Containers ----------------------------------------------------------------------------------

    def _advance(self, place: Place) -> None:
        """Open the passes that may run now, or close the container."""
        passes, node = self.passes.get(place), self.graph.by_key[place.key]
        if passes is None:
            return
        if isinstance(node, ParallelNode):
            total = len(passes.items or [])
            while (
                not passes.stopping
                and passes.next_index < total
                and len(passes.active) < node.config.max_concurrency
            ):
                self._open_pass(place)
            if not passes.active:
                self._close(place)
        elif not passes.active and not passes.asking:
            self._advance_loop(place, passes)

    def _advance_loop(self, place: Place, passes: Passes) -> None:
        if passes.stopping or passes.error:
            self._close(place)
        elif passes.items is None:
            passes.asking = True
            self._decisions.append(AskWhile(place, passes.next_index))
        elif passes.next_index < len(passes.items):
            self._open_pass(place)
        else:
            self._close(place)

    def _open_pass(self, place: Place) -> None:
        passes = self.passes[place]
        index = passes.next_index
        passes.next_index += 1
        passes.active[index] = None
        variables: dict[str, Json] = {"index": index}
        if passes.items is not None:
            variables["item"] = passes.items[index]
        if isinstance(self.graph.by_key[place.key], LoopNode):
            variables["previous"] = passes.results.get(index - 1)
        self._open_frame(Frame(place, _join(place.path, index), variables))

    def _end_pass(self, frame: Frame) -> None:
        place = frame.container
        if place is None or place not in self.passes:
            return
        passes, index = self.passes[place], int(frame.path.rsplit(".", 1)[-1])
        if index not in passes.active:
            return
        del passes.active[index]
        passes.results[index] = self._pass_output(frame)
        del self.frames[place.key, frame.path]
        if frame.undoable:
            frame.edges, frame.open_edges = {}, {}
            self.past[place.key, frame.path] = frame
        if frame.error is not None:
            passes.error = passes.error or frame.error
            passes.stopping |= self.graph.failure_mode is FailureMode.FAIL_FAST
            if passes.stopping:
                for other in list(passes.active):
                    self._stop_frame(
                        self.frames[place.key, _join(place.path, other)], "another pass failed"
                    )
        self._advance(place)

    def _close(self, place: Place) -> None:
        passes = self.passes.pop(place)
        results = [passes.results[index] for index in range(passes.next_index)]
        if passes.error is not None:
            outcome = Outcome(FAILED, error=_at(passes.error, place))
        elif passes.stopping:
            outcome = Outcome(CANCELLED)
        elif isinstance(self.graph.by_key[place.key], ParallelNode):
            outcome = Outcome(COMPLETED, results)
        else:
            last = results[-1] if results else None
            outcome = Outcome(
                COMPLETED, {"iterations": len(results), "last": last, "results": results}
            )
        self._decisions.append(Close(place, outcome))

    def _pass_output(self, frame: Frame) -> Json:
        outputs = dict(self._terminal_outputs(frame))
        return next(iter(outputs.values())) if len(outputs) == 1 else (outputs or None)

    def _terminal_outputs(self, frame: Frame) -> Iterator[tuple[str, Json]]:
        parent = frame.container.key if frame.container else None
        for node in self.graph.body[parent]:
            outcome = frame.outcomes.get(node.key)
            if self.graph.outgoing[node.key] or outcome is None:
                continue
            survived = outcome.status is FAILED and self._handled(node)
            if outcome.status is COMPLETED or survived:
                yield node.key, outcome.output

    def _loop(self, place: Place) -> LoopNode:
        node = self.graph.by_key[place.key]
        if not isinstance(node, LoopNode):
            raise TypeError(f"{place.key} is not a loop")
        return node

    # Continue-as-new -----------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON; `load` on a scheduler of the same graph takes it up again."""
        return {
            "frames": [_dump_frame(frame) for frame in self.frames.values()],
            "passes": [_dump_passes(place, passes) for place, passes in self.passes.items()],
            "undoable": [[place.key, place.path] for place in self.undoable],
            "past": [_dump_frame(frame) for frame in self.past.values()],
        }

    def adopt(self, state: dict[str, Any], edges: Sequence[EdgeEnds]) -> list[Decision]:
        """Take up a state that was dumped with another graph, whose `edges` these were.

        The graphs are compatible (see `models.graph.compatibility`): what ended keeps its outcome,
        edges that are new carry what their sources came to, and what now may start starts.
        """
        numbers = {ends_of(edge): number for number, edge in enumerate(self.graph.edges)}
        for raw in state["frames"]:
            known = {int(number): edge for number, edge in raw["edges"].items()}
            raw["edges"] = {
                str(numbers[edges[number]]): decided
                for number, decided in known.items()
                if edges[number] in numbers
            }
        again = self.load(state)
        for frame in list(self.frames.values()):
            self._fit(frame)
        return again + self._drain()

    def _fit(self, frame: Frame) -> None:
        """Make a frame of another graph one of this graph."""
        body = self.graph.body[frame.container.key if frame.container else None]
        keys = {node.key for node in body}
        frame.outcomes = {key: found for key, found in frame.outcomes.items() if key in keys}
        frame.undecided = sum(node.key not in frame.outcomes for node in body)
        frame.open_edges = {
            node.key: sum(
                self._edge_ids[id(edge)] not in frame.edges
                for edge in self.graph.incoming[node.key]
            )
            for node in body
        }
        for node in body:
            outcome = frame.outcomes.get(node.key)
            if outcome is not None:
                unhandled = outcome.status is FAILED and not self._handled(node)
                for edge in self.graph.outgoing[node.key]:
                    self._decide_edge(frame, edge, _edge_state(node, outcome, edge, unhandled))
        self._work.extend((frame, node) for node in body)
        if frame.undecided == 0:
            self._work.append((frame, None))

    def withdraw(self, places: Iterable[Place]) -> None:
        """Nodes that were to run have not begun: whoever adopts the state decides on them anew."""
        for place in places:
            self.frame_of(place).running.pop(place.key, None)

    def load(self, state: dict[str, Any]) -> list[Decision]:
        """Take up a dumped state; answers with what ran or was asked when it was dumped."""
        for raw in state["frames"]:
            frame = _load_frame(raw)
            self.frames[frame.container.key if frame.container else None, frame.path] = frame
        # States of runs that began before anything could be undone have neither.
        self.undoable = [Place(*raw) for raw in state.get("undoable", ())]
        for raw in state.get("past", ()):
            frame = _load_frame(raw)
            self.past[frame.container.key if frame.container else None, frame.path] = frame
        for raw in state["passes"]:
            self.passes[Place(*raw["place"])] = _load_passes(raw)
        again: list[Decision] = [Run(place) for place in self.running() if place not in self.passes]
        for place, passes in self.passes.items():
            if passes.asking:
                again.append(AskWhile(place, passes.next_index))
        return again


def _join(path: str, index: int) -> str:
    return f"{path}.{index}" if path else str(index)


def _error(code: str, message: str, place: Place) -> NodeError:
    return NodeError(code=code, message=message, node_key=place.key, path=place.path)


def _at(error: NodeError, place: Place) -> NodeError:
    """The failure of a container: its body's first error, which keeps its own place in `details`."""
    if (error.node_key, error.path) == (place.key, place.path):
        return error
    where = f"{error.node_key}@{error.path}"
    message = f"{where}: {error.message}"
    return NodeError(
        code=error.code,
        message=message,
        node_key=place.key,
        path=place.path,
        attempt=error.attempt,
        details={"node_key": error.node_key, "path": error.path, "details": error.details},
    )


def _edge_state(node: Node, outcome: Outcome, edge: Edge, unhandled: bool) -> EdgeState:
    if unhandled or outcome.cause is SkipCause.FAILURE:
        return EdgeState.FAILED
    return EdgeState.LIVE if _is_live(node, outcome, edge.source_handle) else EdgeState.DEAD


def _is_live(node: Node, outcome: Outcome, handle: str | None) -> bool:
    if outcome.status is SKIPPED:
        return outcome.cause is SkipCause.DISABLED and handle != ERROR_HANDLE
    if outcome.status is CANCELLED:
        return False
    if node.on_error is OnError.BRANCH and (outcome.status is FAILED or handle == ERROR_HANDLE):
        return outcome.status is FAILED and handle == ERROR_HANDLE
    if isinstance(node, ConditionNode) and outcome.status is COMPLETED and handle is not None:
        return handle == outcome.handle
    if isinstance(node, AgentNode | ApprovalNode | EventNode) and outcome.status is COMPLETED:
        return handle == outcome.handle
    return True


def _skipped(reason: str, cause: SkipCause) -> Outcome:
    return Outcome(SKIPPED, reason=reason, cause=cause)


def _unmet(states: list[tuple[Edge, EdgeState | None]]) -> Outcome | None:
    """The skip of a node whose edges all are decided, unless a live one lets it run."""
    failed = [edge.source for edge, state in states if state is EdgeState.FAILED]
    if failed:
        return _skipped(f"depends on failed node {failed[0]}", SkipCause.FAILURE)
    if all(state is EdgeState.DEAD for _, state in states):
        return _skipped("no branch leads here", SkipCause.BRANCH)
    return None


def _join_all(states: list[tuple[Edge, EdgeState | None]], still_open: int) -> Outcome | None:
    if still_open:
        return None
    if not states:
        return Outcome(RUNNING)
    return _unmet(states) or Outcome(RUNNING)


def _join_early(
    node: AggregatorNode, frame: Frame, states: list[tuple[Edge, EdgeState | None]]
) -> Outcome | None:
    live = [edge.source for edge, state in states if state is EdgeState.LIVE]
    if node.config.wait == "first_success":
        live = [key for key in live if frame.outcomes[key].status is not FAILED]
    needed = node.config.n or 1
    if len(live) >= needed:
        return Outcome(RUNNING)
    if frame.open_edges[node.key]:
        return None
    message = f"only {len(live)} of the {needed} branches it waits for arrived"
    error = _error("NotEnoughBranches", message, Place(node.key, frame.path))
    return _unmet(states) or Outcome(FAILED, error=error)


# JSON --------------------------------------------------------------------------------------------


def _dump_frame(frame: Frame) -> dict[str, Any]:
    return {
        "container": [frame.container.key, frame.container.path] if frame.container else None,
        "path": frame.path,
        "variables": frame.variables,
        "open_edges": frame.open_edges,
        "edges": {str(index): state.value for index, state in frame.edges.items()},
        "outcomes": {key: _dump_outcome(outcome) for key, outcome in frame.outcomes.items()},
        "running": list(frame.running),
        "undecided": frame.undecided,
        "error": frame.error.model_dump() if frame.error else None,
        "stopping": frame.stopping,
        "undoable": frame.undoable,
    }


def _load_frame(raw: dict[str, Any]) -> Frame:
    return Frame(
        container=Place(*raw["container"]) if raw["container"] else None,
        path=raw["path"],
        variables=raw["variables"],
        open_edges=raw["open_edges"],
        edges={int(index): EdgeState(state) for index, state in raw["edges"].items()},
        outcomes={key: _load_outcome(outcome) for key, outcome in raw["outcomes"].items()},
        running=dict.fromkeys(raw["running"]),
        undecided=raw["undecided"],
        error=NodeError.model_validate(raw["error"]) if raw["error"] else None,
        stopping=raw["stopping"],
        undoable=raw.get("undoable", False),
    )


def _dump_outcome(outcome: Outcome) -> list[Any]:
    error = outcome.error.model_dump() if outcome.error else None
    return [
        outcome.status.value,
        outcome.output,
        outcome.handle,
        error,
        outcome.reason,
        outcome.cause,
    ]


def _load_outcome(raw: list[Any]) -> Outcome:
    status, output, handle, error, reason, cause = raw
    return Outcome(
        ExecutionStatus(status),
        output,
        handle,
        NodeError.model_validate(error) if error else None,
        reason,
        SkipCause(cause) if cause else None,
    )


def _dump_passes(place: Place, passes: Passes) -> dict[str, Any]:
    return {
        "place": [place.key, place.path],
        "items": passes.items,
        "next_index": passes.next_index,
        "active": list(passes.active),
        "results": [[index, result] for index, result in passes.results.items()],
        "error": passes.error.model_dump() if passes.error else None,
        "asking": passes.asking,
        "stopping": passes.stopping,
    }


def _load_passes(raw: dict[str, Any]) -> Passes:
    return Passes(
        items=raw["items"],
        next_index=raw["next_index"],
        active=dict.fromkeys(raw["active"]),
        results=dict(raw["results"]),
        error=NodeError.model_validate(raw["error"]) if raw["error"] else None,
        asking=raw["asking"],
        stopping=raw["stopping"],
    )
