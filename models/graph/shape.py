"""A graph's edges indexed for the rules: what comes before what, in which body."""

from dataclasses import dataclass, field
from functools import cached_property

from models.enums import NodeType
from models.graph.graph import Edge, Graph
from models.graph.node import CONTAINER_TYPES, UNDOING_TYPES, Node


def edge_name(edge: Edge, index: int) -> str:
    """The edge's id, else `source->target` as people would say it."""
    return edge.id or f"{edge.source}->{edge.target}#{index}"


@dataclass
class Shape:
    """Built once for each validation; unknown keys and self loops are left out of the indexes."""

    graph: Graph
    by_key: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        """Index the nodes; of two with one key the first counts."""
        self.by_key = {}
        for node in self.graph.nodes:
            self.by_key.setdefault(node.key, node)

    @cached_property
    def joined(self) -> set[str]:
        """Keys at either end of an edge."""
        return {end for edge in self.graph.edges for end in (edge.source, edge.target)}

    @cached_property
    def undone_by(self) -> dict[str, str]:
        """Key of what undoes each node that has such a one, of the right type and without edges."""
        found = self.graph.compensations
        return {key: undoing for key, undoing in found.items() if self._undoes(undoing)}

    def _undoes(self, key: str) -> bool:
        node = self.by_key.get(key)
        alone = key not in self.joined and key not in self.graph.compensations
        return node is not None and node.type in UNDOING_TYPES and alone

    @cached_property
    def targets(self) -> dict[str, list[str]]:
        """Keys right after each node; what undoes a node comes after it."""
        return self._neighbours(forward=True)

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """Keys right before each node."""
        return self._neighbours(forward=False)

    def _neighbours(self, *, forward: bool) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {key: [] for key in self.by_key}
        edges = [(edge.source, edge.target) for edge in self.graph.edges]
        for source, target in [*edges, *self.undone_by.items()]:
            known = source in self.by_key and target in self.by_key
            if known and source != target:
                start, end = (source, target) if forward else (target, source)
                found[start].append(end)
        return found

    @cached_property
    def order(self) -> list[str]:
        """Keys in topological order (Kahn 1962); what lies on or behind a cycle is missing."""
        waiting = {key: len(sources) for key, sources in self.sources.items()}
        ready = [key for key, count in waiting.items() if count == 0]
        for key in ready:
            for target in self.targets[key]:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return ready

    @cached_property
    def layers(self) -> dict[str, int]:
        """How many edges lie on the longest way to each node of `order`."""
        found: dict[str, int] = {}
        for key in self.order:
            before = (found[source] for source in self.sources[key])
            found[key] = max(before, default=-1) + 1
        return found

    @cached_property
    def ancestors(self) -> dict[str, int]:
        """For each node the set of those before it, as bits by place in `order`."""
        place = {key: 1 << index for index, key in enumerate(self.order)}
        found: dict[str, int] = {}
        for key in self.order:
            bits = 0
            for source in self.sources[key]:
                bits |= found[source] | place[source]
            found[key] = bits
        return found

    @cached_property
    def place(self) -> dict[str, int]:
        """The bit of each node in `ancestors`."""
        return {key: 1 << index for index, key in enumerate(self.order)}

    def containers_of(self, key: str) -> list[str]:
        """The containers around a node, innermost first; a circle of parents ends where it closes."""
        found: list[str] = []
        parent = self.by_key[key].parent
        while parent is not None and parent in self.by_key and parent not in found:
            found.append(parent)
            parent = self.by_key[parent].parent
        return found

    def runs_before(self, key: str, reader: str) -> bool:
        """Whether `key` has run whenever `reader`, or a container around it, starts."""
        if key not in self.place:
            return True  # on a cycle, which is a problem of its own
        around = [reader, *self.containers_of(reader)]
        return any(self.ancestors.get(each, 0) & self.place[key] for each in around)

    def is_container(self, key: str) -> bool:
        """Whether the node holds others."""
        return self.by_key[key].type in CONTAINER_TYPES

    @cached_property
    def reachable(self) -> set[str]:
        """Top-level nodes that some trigger leads to, triggers included."""
        found = [node.key for node in self.by_key.values() if node.type is NodeType.TRIGGER]
        seen = set(found)
        for key in found:
            for target in self.targets[key]:
                if target not in seen:
                    seen.add(target)
                    found.append(target)
        return seen
