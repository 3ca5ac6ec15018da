"""A run's tree as Rich draws it."""

from datetime import UTC, datetime

from rich.text import Text
from rich.tree import Tree

from cli.follow.tree import CONTAINERS, NodeState, PlannedNode, RunTree, child_path

MAX_PASSES = 12
SYMBOLS = {
    "pending": ("·", "dim"),
    "running": ("●", "cyan"),
    "waiting": ("◔", "yellow"),
    "paused": ("‖", "yellow"),
    "completed": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("⊘", "magenta"),
    "skipped": ("↷", "dim"),
}
_ACTIVE = frozenset({"running", "waiting", "failed", "cancelled"})


def render(run: RunTree, now: datetime | None = None) -> Tree:
    """The whole run; containers with many passes show the active ones and the last."""
    moment = now or datetime.now(UTC)
    root = Tree(_label(run.name, run.status, None), guide_style="dim")
    _add_body(root, run, None, "", moment)
    return root


def format_seconds(seconds: float) -> str:
    """`12 ms`, `3.4 s`, `2 m 05 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} m {int(seconds % 60):02d} s"


def _add_body(branch: Tree, run: RunTree, parent: str | None, path: str, now: datetime) -> None:
    for node in run.children(parent):
        _add_node(branch, run, node, path, now)


def _add_node(branch: Tree, run: RunTree, node: PlannedNode, path: str, now: datetime) -> None:
    state = run.state(node.key, path)
    below = branch.add(_node_label(node, state, now))
    if node.type not in CONTAINERS:
        return
    every = run.passes(node.key, path)
    shown = _shown_passes(run, node.key, path, every)
    for index in shown:
        here = child_path(path, index)
        _add_body(
            below.add(_label(f"[{index}]", run.pass_status(node.key, here), None)),
            run,
            node.key,
            here,
            now,
        )
    if len(shown) < len(every):
        below.add(Text(f"… {len(every) - len(shown)} more passes", style="dim"))


def _shown_passes(run: RunTree, container: str, path: str, every: list[int]) -> list[int]:
    if len(every) <= MAX_PASSES:
        return every
    active = [i for i in every if run.pass_status(container, child_path(path, i)) in _ACTIVE]
    return sorted(active[:MAX_PASSES]) or every[-MAX_PASSES:]


def _node_label(node: PlannedNode, state: NodeState | None, now: datetime) -> Text:
    if state is None:
        return _label(node.name, "pending", None)
    notes = []
    seconds = state.seconds(now)
    if seconds is not None and state.status != "skipped":
        notes.append(format_seconds(seconds))
    if state.attempt > 1:
        notes.append(f"attempt {state.attempt}")
    if state.error and state.status == "failed":
        notes.append(state.error.splitlines()[0][:120])
    return _label(node.name, state.status, " · ".join(notes))


def _label(name: str, status: str, note: str | None) -> Text:
    symbol, style = SYMBOLS.get(status, ("?", "dim"))
    label = Text.assemble((f"{symbol} ", style), (name, "dim" if status == "pending" else ""))
    if note:
        label.append(f"  {note}", style="red" if status == "failed" else "dim")
    return label
