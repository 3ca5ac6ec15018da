"""What expressions see: only what they reference, so that history grows with the graph, not its square."""

from models.graph.expression import references
from models.graph.values import Json
from temporal_workflows.contracts import GraphInput
from temporal_workflows.scheduler import Frame, Outcome, Scheduler

FRAME_VARIABLES = frozenset({"item", "index", "previous"})


def scope_for(
    scheduler: Scheduler, start: GraphInput, frame: Frame, *templates: Json
) -> dict[str, Json]:
    """The names that `templates` reference, as a node of `frame` sees them."""
    found = references(list(templates))
    scope: dict[str, Json] = {}
    if "input" in found.roots:
        scope["input"] = start.input
    if "vars" in found.roots:
        scope["vars"] = start.graph.variables
    if "run" in found.roots:
        scope["run"] = _run(start)
    if "nodes" in found.roots:
        keys = start.graph.by_key if found.all_nodes else found.nodes
        scope["nodes"] = _nodes(scheduler, frame, sorted(keys))
    wanted = FRAME_VARIABLES & found.roots
    if wanted:
        variables = scheduler.variables(frame)
        scope.update({name: variables[name] for name in wanted if name in variables})
    return scope


def _nodes(scheduler: Scheduler, frame: Frame, keys: list[str]) -> dict[str, Json]:
    found = {key: scheduler.outcome(frame, key) for key in keys}
    return {key: _view(outcome) for key, outcome in found.items() if outcome is not None}


def _view(outcome: Outcome) -> Json:
    error = outcome.error.model_dump(mode="json") if outcome.error else None
    return {"output": outcome.output, "status": outcome.status.value, "error": error}


def _run(start: GraphInput) -> Json:
    return {
        "id": start.execution_id,
        "workflow": start.graph.name,
        "version": start.workflow_version,
        "started_at": start.started_at.isoformat() if start.started_at else None,
    }
