"""Rules about the shape of a graph, one function each."""

from collections import Counter
from collections.abc import Callable, Iterator

from models.enums import NodeType, OnError
from models.graph.agent import BUDGET_HANDLE, TIMEOUT_HANDLE
from models.graph.assignees import AssigneesInvalid, is_template, named
from models.graph.graph import Graph
from models.graph.limits import MAX_DEPTH, MAX_NESTING
from models.graph.node import (
    ERROR_HANDLE,
    EXPIRED_HANDLE,
    REJECTED_HANDLE,
    UNDOING_TYPES,
    AgentNode,
    AggregatorNode,
    ApprovalConfig,
    ApprovalNode,
    ConditionNode,
    EventNode,
    Node,
)
from models.graph.problems import Code, Problem, nearest, problem
from models.graph.shape import Shape, edge_name

Rule = Callable[[Graph, Shape], Iterator[Problem]]


def unique_keys(graph: Graph, _shape: Shape) -> Iterator[Problem]:
    """No two nodes share a key."""
    for key, count in Counter(node.key for node in graph.nodes).items():
        if count > 1:
            places = [index for index, node in enumerate(graph.nodes) if node.key == key]
            yield problem(
                Code.DUPLICATE_KEY,
                f"{count} nodes have the key `{key}`",
                nodes=[key],
                path=f"nodes[{places[1]}].key",
                suggestion="give each node a key of its own",
            )


def known_ends(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Edges and parents name nodes that exist."""
    for index, edge in enumerate(graph.edges):
        for end in ("source", "target"):
            key = getattr(edge, end)
            if key not in shape.by_key:
                yield problem(
                    Code.NODE_NOT_FOUND,
                    f"the edge's {end} `{key}` does not exist",
                    edges=[edge_name(edge, index)],
                    path=f"edges[{index}].{end}",
                    suggestion=nearest(key, shape.by_key.keys()),
                )
    for index, node in enumerate(graph.nodes):
        if node.parent is not None and node.parent not in shape.by_key:
            yield problem(
                Code.NODE_NOT_FOUND,
                f"the parent `{node.parent}` of `{node.key}` does not exist",
                nodes=[node.key],
                path=f"nodes[{index}].parent",
                suggestion=nearest(node.parent, shape.by_key.keys()),
            )


def no_self_loops(graph: Graph, _shape: Shape) -> Iterator[Problem]:
    """No edge leads back to its own node."""
    for index, edge in enumerate(graph.edges):
        if edge.source == edge.target:
            yield problem(
                Code.SELF_LOOP_DETECTED,
                f"`{edge.source}` has an edge to itself",
                nodes=[edge.source],
                edges=[edge_name(edge, index)],
                path=f"edges[{index}]",
                suggestion="repeat with a `loop` container, or set `retry`",
            )


def unique_edges(graph: Graph, _shape: Shape) -> Iterator[Problem]:
    """No two edges join the same handles, and no two have the same id."""
    seen: dict[object, int] = {}
    for index, edge in enumerate(graph.edges):
        ends = (edge.source, edge.target, edge.source_handle, edge.target_handle)
        for what in (ends, edge.id):
            if what is not None and what in seen:
                yield problem(
                    Code.DUPLICATE_EDGE,
                    f"an edge from `{edge.source}` to `{edge.target}` is there already"
                    if what is ends
                    else f"two edges have the id `{edge.id}`",
                    nodes=[edge.source, edge.target],
                    edges=[edge_name(edge, index)],
                    path=f"edges[{index}]",
                    suggestion="remove one of them" if what is ends else "give it another id",
                )
            if what is not None:
                seen[what] = index


def no_cycles(_graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Edges lead forward only; each cycle is reported with its nodes in order."""
    rest = set(shape.by_key) - set(shape.order)
    while rest:
        cycle = _cycle_in(rest, shape)
        if cycle:
            yield problem(
                Code.CYCLE_DETECTED,
                f"nodes run in a circle: {' → '.join([*cycle, cycle[0]])}",
                nodes=cycle,
                suggestion="remove one of these edges, or repeat with a `loop` container",
            )
        rest -= set(cycle) or rest


def _cycle_in(keys: set[str], shape: Shape) -> list[str]:
    """Walk backwards, where every node of a cycle has somebody before it, until a key comes again."""
    for start in sorted(keys):
        trail: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in trail:
            trail[at] = None
            at = next((source for source in shape.sources[at] if source in keys), None)
        if at is not None:
            found = list(trail)
            return found[found.index(at) :][::-1]
    return []


def triggers(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """There is a trigger, at the top level, and nothing comes before it."""
    found = [node for node in graph.nodes if node.type == NodeType.TRIGGER]
    if not found:
        yield problem(
            Code.NO_TRIGGER_NODE,
            "the graph has no trigger, so nothing can start it",
            path="nodes",
            suggestion="add a node {key: start, type: trigger} and an edge from it",
        )
    for node in found:
        if shape.sources[node.key]:
            yield problem(
                Code.TRIGGER_HAS_INPUT,
                f"the trigger `{node.key}` has incoming edges; nothing comes before a trigger",
                nodes=[node.key],
                suggestion="turn the edge around or remove it",
            )
        if node.parent is not None:
            yield problem(
                Code.INVALID_CONTAINER,
                f"the trigger `{node.key}` is inside `{node.parent}`; triggers stand at the top",
                nodes=[node.key],
                suggestion="remove its `parent`",
            )


def reachable(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Every top-level node lies behind a trigger."""
    if not any(node.type == NodeType.TRIGGER for node in graph.nodes):
        return
    lost = [
        node.key
        for node in shape.by_key.values()
        if node.parent is None and node.key not in shape.reachable
    ]
    alone = [key for key in lost if not shape.sources[key] and not shape.targets[key]]
    others = [key for key in lost if key not in alone and key in shape.layers]
    if alone:
        yield problem(
            Code.DANGLING_NODES,
            f"nothing is connected to {_names(alone)}",
            nodes=alone,
            suggestion="add edges, or remove them",
        )
    if others:
        yield problem(
            Code.UNREACHABLE_NODES,
            f"no trigger leads to {_names(others)}, so {'they' if len(others) > 1 else 'it'} never run",
            nodes=others,
            suggestion="add an edge from a node that runs",
        )


def dead_ends(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """A trigger or condition that leads nowhere does nothing."""
    for node in graph.nodes:
        steers = node.type in {NodeType.TRIGGER, NodeType.CONDITION}
        if steers and not shape.targets[node.key] and len(graph.nodes) > 1:
            yield problem(
                Code.DEAD_END_NODE,
                f"`{node.key}` leads nowhere",
                nodes=[node.key],
                suggestion="add an edge to what comes next",
            )


def handles(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Edges leave by handles that their source has, and arrive without one."""
    for index, edge in enumerate(graph.edges):
        source = shape.by_key.get(edge.source)
        if source is None:
            continue
        known = handles_of(source)
        if edge.source_handle is not None and edge.source_handle not in known:
            yield problem(
                Code.INVALID_HANDLE,
                _no_handle(source, edge.source_handle, known),
                nodes=[edge.source],
                edges=[edge_name(edge, index)],
                path=f"edges[{index}].source_handle",
                suggestion=nearest(edge.source_handle, known),
            )
        if edge.target_handle is not None:
            yield problem(
                Code.INVALID_HANDLE,
                f"`{edge.target}` has one entrance without a name, not `{edge.target_handle}`",
                nodes=[edge.target],
                edges=[edge_name(edge, index)],
                path=f"edges[{index}].target_handle",
                suggestion="remove `target_handle`",
            )


def handles_of(node: Node) -> list[str]:
    """The named ways out of a node."""
    found = [ERROR_HANDLE] if node.on_error is OnError.BRANCH else []
    if isinstance(node, AgentNode):
        found += [BUDGET_HANDLE, TIMEOUT_HANDLE]
    if isinstance(node, ApprovalNode):
        found += [REJECTED_HANDLE, EXPIRED_HANDLE]
    if isinstance(node, EventNode):
        found += [EXPIRED_HANDLE]
    if isinstance(node, ConditionNode):
        branches = [branch.handle for branch in node.config.branches]
        found += [*branches, *([node.config.default] if node.config.default else [])]
    return found


def _no_handle(source: Node, handle: str, known: list[str]) -> str:
    if handle == ERROR_HANDLE:
        return f"`{source.key}` has no way out `error`; set its `on_error: branch`"
    ways = f"it has {_names(known)}" if known else "it has none with a name"
    return f"`{source.key}` has no way out `{handle}`; {ways}"


def containers(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Parents are containers with a body, not too deep, and edges stay inside one body."""
    held = {node.parent for node in graph.nodes}
    for index, node in enumerate(graph.nodes):
        path = f"nodes[{index}].parent"
        if node.parent in shape.by_key and not shape.is_container(node.parent):
            yield problem(
                Code.INVALID_CONTAINER,
                f"`{node.key}` is inside `{node.parent}`, which holds no nodes",
                nodes=[node.key, node.parent],
                path=path,
                suggestion="a parent is a node of type parallel or loop",
            )
        around = shape.containers_of(node.key)
        if node.key in around:
            yield problem(
                Code.INVALID_CONTAINER,
                f"`{node.key}` is inside itself",
                nodes=[node.key],
                path=path,
            )
        elif len(around) > MAX_NESTING:
            yield problem(
                Code.INVALID_CONTAINER,
                f"`{node.key}` is inside {len(around)} containers; at most {MAX_NESTING} nest",
                nodes=[node.key],
                path=path,
                suggestion="move the inner part into a workflow of its own",
            )
        if shape.is_container(node.key) and node.key not in held:
            yield problem(
                Code.INVALID_CONTAINER,
                f"the container `{node.key}` is empty",
                nodes=[node.key],
                path=f"nodes[{index}]",
                suggestion=f"give a node `parent: {node.key}`",
            )


def edges_in_one_body(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """An edge joins two nodes of the same parent."""
    for index, edge in enumerate(graph.edges):
        source, target = shape.by_key.get(edge.source), shape.by_key.get(edge.target)
        if source is None or target is None or source.parent == target.parent:
            continue
        yield problem(
            Code.INVALID_CONTAINER,
            f"the edge from `{source.key}` to `{target.key}` crosses the border of a container",
            nodes=[source.key, target.key],
            edges=[edge_name(edge, index)],
            path=f"edges[{index}]",
            suggestion="join the container itself, or give both nodes the same `parent`",
        )


def compensations(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """What undoes a node stands beside it, apart from the flow, and undoes nothing else."""
    counts = Counter(graph.compensations.values())
    for index, node in enumerate(graph.nodes):
        key = graph.compensations.get(node.key)
        if key is None:
            continue
        found = _no_compensation(key, node, graph, shape)
        if found is None and counts[key] > 1:
            found = f"`{key}` undoes {counts[key]} nodes", "give each node one of its own"
        if found is not None:
            yield problem(
                Code.INVALID_COMPENSATION,
                found[0],
                nodes=[node.key, *([key] if key in shape.by_key and key != node.key else [])],
                path=f"nodes[{index}].compensation",
                suggestion=found[1],
            )


def _no_compensation(
    key: str, node: Node, graph: Graph, shape: Shape
) -> tuple[str, str | None] | None:
    """(Why `key` cannot undo `node`, what to do about it); None when it can."""
    undoing = shape.by_key.get(key)
    if undoing is None:
        return f"there is no node `{key}` to undo `{node.key}`", nearest(key, shape.by_key.keys())
    kind = undoing.type.value
    faults = [
        (undoing is node, f"`{key}` cannot undo itself", "name another node"),
        (
            undoing.type not in UNDOING_TYPES,
            f"`{key}` is a node of type {kind}, which undoes nothing",
            "what undoes a node is of type tool or workflow",
        ),
        (
            undoing.parent != node.parent,
            f"`{key}` does not stand beside `{node.key}`",
            "give both the same `parent`",
        ),
        (key in shape.joined, f"`{key}` undoes `{node.key}` and has edges", "remove its edges"),
        (
            key in graph.compensations,
            f"`{key}` undoes `{node.key}` and would itself be undone",
            "remove its `compensation`",
        ),
    ]
    return next(((message, hint) for wrong, message, hint in faults if wrong), None)


def aggregator_counts(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """An aggregator does not wait for more branches than it has."""
    for index, node in enumerate(graph.nodes):
        if isinstance(node, AggregatorNode) and node.config.n is not None:
            arriving = len(shape.sources[node.key])
            if node.config.n > arriving:
                yield problem(
                    Code.INVALID_NODE_CONFIG,
                    f"`{node.key}` waits for {node.config.n} branches and has {arriving}",
                    nodes=[node.key],
                    path=f"nodes[{index}].config.n",
                )


def approvers(graph: Graph, _shape: Shape) -> Iterator[Problem]:
    """Those who may decide can be enough, and are reminded while the run still waits."""
    for index, node in enumerate(graph.nodes):
        if not isinstance(node, ApprovalNode):
            continue
        for field, message in _approval_problems(node.config):
            yield problem(
                Code.INVALID_NODE_CONFIG,
                f"`{node.key}`: {message}",
                nodes=[node.key],
                path=f"nodes[{index}].config.{field}",
            )


def _approval_problems(config: ApprovalConfig) -> Iterator[tuple[str, str]]:
    """(Field, what is wrong with it); whom templates name is known only when the node runs."""
    for number, entry in enumerate(config.assignees):
        try:
            _ = is_template(entry) or named([entry], 1)
        except AssigneesInvalid as error:
            yield f"assignees[{number}]", str(error)
            return
    if not config.assignees and config.required > 1:
        yield "required", f"{config.required} must approve, and only the owner may; set `assignees`"
    elif config.assignees and not any(map(is_template, config.assignees)):
        try:
            named(config.assignees, config.required)
        except AssigneesInvalid as error:
            yield "required", str(error)
    if config.reminder_seconds is not None and config.reminder_seconds >= config.approval_seconds:
        yield "reminder_seconds", "the reminder would come when nobody may decide any more"


def branch_names(graph: Graph, _shape: Shape) -> Iterator[Problem]:
    """A condition's branches have different names, and none is `error`."""
    for index, node in enumerate(graph.nodes):
        if not isinstance(node, ConditionNode):
            continue
        names = Counter(branch.handle for branch in node.config.branches)
        doubled = [name for name, count in names.items() if count > 1]
        reserved = [ERROR_HANDLE] if ERROR_HANDLE in {*names, node.config.default} else []
        for name in [*doubled, *reserved]:
            yield problem(
                Code.INVALID_NODE_CONFIG,
                f"`{node.key}` uses the branch name `{name}` "
                + ("twice" if name in doubled else "which is kept for failures"),
                nodes=[node.key],
                path=f"nodes[{index}].config.branches",
                suggestion="give the branch another name",
            )


def depth(_graph: Graph, shape: Shape) -> Iterator[Problem]:
    """No way through the graph is longer than the limit."""
    longest = max(shape.layers.values(), default=0)
    if longest > MAX_DEPTH:
        deepest = max(shape.layers, key=shape.layers.__getitem__)
        yield problem(
            Code.GRAPH_TOO_LARGE,
            f"{longest} edges lead to `{deepest}` one after the other; at most {MAX_DEPTH} may",
            nodes=[deepest],
            suggestion="move a part into a workflow of its own",
        )


def _names(keys: list[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:8])
    return f"{shown} and {len(keys) - 8} more" if len(keys) > 8 else shown


RULES: tuple[Rule, ...] = (
    unique_keys,
    known_ends,
    no_self_loops,
    unique_edges,
    no_cycles,
    triggers,
    reachable,
    dead_ends,
    handles,
    containers,
    edges_in_one_body,
    compensations,
    aggregator_counts,
    approvers,
    branch_names,
    depth,
)
