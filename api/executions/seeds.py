"""What a run that is run again takes over from the run before it, and what it does again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from api.mirror.events import Page
from api.mirror.projector import Projector
from api.mirror.rows import ExecutionRow, NodeRow
from models.enums import ExecutionStatus, OnError
from models.graph.graph import Graph
from models.graph.node import LoopNode, Node
from temporal_workflows.contracts import NodeError, NodeRecord

COMPLETED, FAILED = ExecutionStatus.COMPLETED, ExecutionStatus.FAILED
_NOT_BEGUN = (ExecutionStatus.SKIPPED, ExecutionStatus.PENDING)
Place = tuple[str, str]  # key and path


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a run begins anew: a node in one pass, or with an empty path in every pass."""

    key: str
    path: str = ""


@dataclass(slots=True)
class Again:
    """Outcomes that are taken over, and the rows of what runs again."""

    seeds: list[NodeRecord] = field(default_factory=list)
    rows: list[NodeRow] = field(default_factory=list)


def recorded_rows(execution: ExecutionRow, pages: Sequence[Page]) -> list[NodeRow]:
    """The last attempt of every node in every pass, as the history of a run tells it."""
    projector = Projector(execution)
    latest: dict[Place, NodeRow] = {}
    for page in pages:
        for row in projector.apply(page).nodes.values():
            latest[row.node_key, row.path] = row
    return list(latest.values())


def plan(graph: Graph, rows: Iterable[NodeRow], fork: Fork | None, *, inside: bool) -> Again:
    """Divide what a run did into what is reused and what runs again.

    Without a fork what failed runs again; what was undone always does. A node that runs again takes
    all that it leads to with it. With `inside`, a container that holds the fork, or a failure,
    keeps its other passes and what came before in the same pass; without it the whole container
    runs again, as it must when its version or its items differ. Passes of a loop follow each
    other, so those after the fork run again.
    """
    found = Again()
    _Planner(graph, {(row.node_key, row.path): row for row in rows}, fork, inside, found).body(
        None, "", _chain(graph, fork)
    )
    return found


def downstream(graph: Graph, keys: Iterable[str]) -> set[str]:
    """`keys` and every node that they lead to."""
    found = set(keys)
    stack = list(found)
    while stack:
        for edge in graph.outgoing[stack.pop()]:
            if edge.target not in found:
                found.add(edge.target)
                stack.append(edge.target)
    return found


@dataclass(slots=True)
class _Planner:
    graph: Graph
    rows: dict[Place, NodeRow]
    fork: Fork | None
    inside: bool
    found: Again
    undone: set[Place] = field(init=False)

    def __post_init__(self) -> None:
        """What was undone is not there any more."""
        self.undone = set(_undone(self.graph, self.rows))

    def body(self, parent: str | None, path: str, chain: list[str]) -> bool:
        """One pass; `chain` leads to the fork. Whether anything in it runs again."""
        roots = set(chain[:1]) if self.fork else self._failed(parent, path)
        roots |= {node.key for node in self.graph.body[parent] if (node.key, path) in self.undone}
        again = downstream(self.graph, roots)
        for node in self.graph.body[parent]:
            row = self.rows.get((node.key, path))
            if node.key not in again:
                if row is not None:
                    self._reuse(node, row)
            elif self._opens(node, path, roots, chain):
                self._container(node, path, chain[1:])
            else:
                self._repeat(node, path)
        return bool(again)

    def _failed(self, parent: str | None, path: str) -> set[str]:
        """What did not complete, and is no consequence of that."""
        found = set()
        for node in self.graph.body[parent]:
            row = self.rows.get((node.key, path))
            if row is not None and row.status is not COMPLETED and row.status not in _NOT_BEGUN:
                found.add(node.key)
        return found

    def _opens(self, node: Node, path: str, roots: set[str], chain: list[str]) -> bool:
        """Whether a container is kept in part: its items are those it had."""
        if not self.inside or node.key not in self.graph.body or node.key not in roots:
            return False
        if self.fork is not None and (node.key, path) in self.undone:
            return False  # what was undone in its other passes would be taken over
        follows = node.key in downstream(self.graph, roots - {node.key})
        return not follows and (self.fork is None or len(chain) > 1)

    def _container(self, node: Node, path: str, chain: list[str]) -> None:
        row = self.rows.get((node.key, path))
        if row is not None:
            self.found.rows.append(row)
        over = False
        for index in self._passes(node, path):
            inner = f"{path}.{index}" if path else str(index)
            if over:
                self._repeat_body(node.key, inner)
            elif not self._reaches(inner):
                self._reuse_body(node.key, inner)
            else:
                over = self.body(node.key, inner, chain) and isinstance(node, LoopNode)

    def _reaches(self, path: str) -> bool:
        """Whether the fork is in this pass, or in one within it."""
        if self.fork is None or not self.fork.path:
            return True
        return self.fork.path == path or self.fork.path.startswith(f"{path}.")

    def _passes(self, node: Node, path: str) -> list[int]:
        keys = {each.key for each in self.graph.body[node.key]}
        prefix = f"{path}." if path else ""
        inner = [
            place.removeprefix(prefix)
            for key, place in self.rows
            if key in keys and place.startswith(prefix)
        ]
        found = {int(index) for index in inner if index.isdigit()}
        return sorted(found)

    def _reuse(self, node: Node, row: NodeRow) -> None:
        if row.node_type is not node.type:
            return
        goes_on = row.status is FAILED and node.on_error is not OnError.FAIL
        if row.status is COMPLETED or (goes_on and self.fork is not None):
            self.found.seeds.append(_record(row))

    def _reuse_body(self, parent: str, path: str) -> None:
        for node in self.graph.body[parent]:
            row = self.rows.get((node.key, path))
            if row is not None:
                self._reuse(node, row)

    def _repeat(self, node: Node, path: str) -> None:
        row = self.rows.get((node.key, path))
        if row is not None and row.status not in _NOT_BEGUN:
            self.found.rows.append(row)
        if node.key in self.graph.body:
            for index in self._passes(node, path):
                self._repeat_body(node.key, f"{path}.{index}" if path else str(index))

    def _repeat_body(self, parent: str, path: str) -> None:
        for node in self.graph.body[parent]:
            self._repeat(node, path)


def containers(graph: Graph, key: str) -> list[str]:
    """The containers around a node, outermost first."""
    parent = graph.by_key[key].parent
    return [*containers(graph, parent), parent] if parent else []


def _around(graph: Graph, key: str, path: str) -> Iterator[Place]:
    """The places of the containers around a node in one pass, innermost first."""
    around = path
    for container in reversed(containers(graph, key)):
        around = around.rpartition(".")[0]
        yield container, around


def _undone(graph: Graph, rows: Iterable[Place]) -> Iterator[Place]:
    """Where a compensation began: the place of what it undid, and of the containers around it."""
    originals = {undoing: key for key, undoing in graph.compensations.items()}
    for key, path in rows:
        if key in originals:
            yield originals[key], path
            yield from _around(graph, key, path)


def _chain(graph: Graph, fork: Fork | None) -> list[str]:
    return [*containers(graph, fork.key), fork.key] if fork else []


def _record(row: NodeRow) -> NodeRecord:
    return NodeRecord(
        node_key=row.node_key,
        path=row.path,
        status=row.status,
        output=row.output,
        error=NodeError.model_validate(row.error) if row.error else None,
        handle=row.handle,
    )
