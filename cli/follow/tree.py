"""What is known of a run's nodes, arranged as the graph arranges them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

CONTAINERS = frozenset({"parallel", "loop"})


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """A node of the graph, whether or not it has run."""

    key: str
    name: str
    type: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class NodeState:
    """The latest attempt of one node in one pass."""

    status: str
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None

    def seconds(self, now: datetime) -> float | None:
        """How long it took or, while it runs, has taken."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())


@dataclass(slots=True)
class RunTree:
    """Fed with a run's events; answers which node stands where."""

    name: str
    planned: list[PlannedNode]
    status: str = "pending"
    execution: dict[str, Any] = field(default_factory=dict)
    states: dict[tuple[str, str], NodeState] = field(default_factory=dict)
    _by_parent: dict[str | None, list[PlannedNode]] = field(default_factory=dict)
    _passes: dict[tuple[str | None, str], set[int]] = field(default_factory=dict)
    _parents: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the plan."""
        for node in self.planned:
            self._by_parent.setdefault(node.parent, []).append(node)
            self._parents[node.key] = node.parent

    @classmethod
    def of_graph(cls, graph: dict[str, Any]) -> "RunTree":
        """An empty tree of a graph document."""
        planned = [
            PlannedNode(
                node["key"], node.get("name") or node["key"], node["type"], node.get("parent")
            )
            for node in graph.get("nodes", [])
        ]
        return cls(graph.get("name", "workflow"), planned)

    def apply(self, event: str, data: dict[str, Any]) -> None:
        """Take in an `execution`, `node` or `end` event; others change nothing."""
        if event == "node":
            self._apply_node(data)
        elif event in {"execution", "end"} and "status" in data:
            self.status = data["status"]
            self.execution |= data

    def children(self, parent: str | None) -> list[PlannedNode]:
        """Nodes of one body, in the graph's order."""
        return self._by_parent.get(parent, [])

    def passes(self, container: str, path: str) -> list[int]:
        """Passes of a container that have begun; `path` is where the container itself stands."""
        return sorted(self._passes.get((container, path), ()))

    def state(self, key: str, path: str) -> NodeState | None:
        """Where a node stands in a pass; None before it began."""
        return self.states.get((key, path))

    def pass_status(self, container: str, path: str) -> str:
        """Worst news of one pass: failed, else running, else completed."""
        statuses = {s.status for s in self._below(container, path)}
        for status in ("failed", "cancelled", "running", "waiting", "pending"):
            if status in statuses:
                return status
        return "completed" if statuses else "pending"

    def _below(self, container: str, path: str) -> Iterator[NodeState]:
        for node in self.children(container):
            if state := self.state(node.key, path):
                yield state

    def _apply_node(self, data: dict[str, Any]) -> None:
        key, path = data["node_key"], data.get("path") or ""
        error = data.get("error") or {}
        self.states[key, path] = NodeState(
            status=data["status"],
            attempt=data.get("attempt") or 1,
            started_at=parse_time(data.get("started_at")),
            ended_at=parse_time(data.get("ended_at")),
            error=error.get("message") if isinstance(error, dict) else str(error),
        )
        if path:
            above, _, index = path.rpartition(".")
            self._passes.setdefault((self._parents.get(key), above), set()).add(int(index))


def child_path(path: str, index: int) -> str:
    """Path of a container's pass, for a container that stands at `path`."""
    return f"{path}.{index}" if path else str(index)


def parse_time(text: str | None) -> datetime | None:
    """An API timestamp; one without an offset is UTC."""
    if not text:
        return None
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
