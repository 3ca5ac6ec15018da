"""What a model is told about the parts of graphs: an overview, and each part on request."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.graph.catalog import NodeKind, ToolKind, builtins, catalog, tool_kinds
from models.graph.draft_tools import DraftBase
from models.graph.filters import FILTERS, FUNCTIONS
from models.graph.operators import TESTS
from models.graph.problems import nearest
from models.graph.values import Json

MAX_LISTED = 200
_MAX_DESCRIPTION = 300
_NODE_FIELDS = {
    "key": "lower-case letters, digits and _; the node's name in expressions",
    "inputs": "object of templates: what the node gets. `inputs.<name>` in its own config",
    "config": "by type; see `types`",
    "parent": "key of the parallel or loop container that holds the node",
    "on_error": "fail (default), continue (output is {error}), or branch (edge with source_handle "
    "`error`)",
    "retry": "{max_attempts, initial_interval, backoff, max_interval, non_retryable}",
    "timeout_seconds": "300 unless given",
}
_EXPRESSIONS = (
    "{{ … }} in Jinja syntax inside texts of config, inputs and output. A text that is exactly one "
    "expression keeps its type; anything else becomes text. Names: input (the run's input), vars, "
    "nodes.<key>.output, nodes.<key>.status, nodes.<key>.error, run.id, run.started_at; inside a "
    "container item, index, previous; in a tool's or agent's config also inputs.<name> and "
    "secrets.<NAME>. A node may only name nodes that run before it, so that an edge leads from "
    "them. From outside a container only the container's own output is seen. Code of python and "
    "shell tools is never a template: values arrive as inputs. A missing name is an error unless "
    "`| default(…)` says otherwise. No assignments, no macros, no Python methods."
)


def overview(base: DraftBase) -> dict[str, Json]:
    """Everything by name, with one line each."""
    return {
        "node_types": [_line(kind) for kind in catalog()],
        "node_fields": dict(_NODE_FIELDS),
        "edges": "source, target, and source_handle for a condition's branch, `error`, or an "
        "agent's `budget` and `timeout`. Both ends have the same parent. Data does not flow along "
        "edges: expressions name it.",
        "tool_kinds": {kind.kind.value: kind.description for kind in tool_kinds()},
        "builtins": {each.name: each.description for each in builtins()},
        "expressions": _EXPRESSIONS,
        "filters": list(FILTERS),
        "tests": list(TESTS),
        "functions": list(FUNCTIONS),
        "tools": _listed({name: tool.description for name, tool in base.tools.items()}),
        "workflows": _listed({name: each.description for name, each in base.workflows.items()}),
        "agents": _listed(base.agents),
        "secrets": list(base.secrets[:MAX_LISTED]),
    }


def described(names: Sequence[str], base: DraftBase) -> dict[str, Json]:
    """What each of `names` takes, and those that nothing is called."""
    parts = _parts(base)
    found: dict[str, Json] = {name: parts[name] for name in names if name in parts}
    unknown = [name for name in names if name not in parts]
    if not unknown:
        return found
    hints: dict[str, Json] = {name: nearest(name, list(parts)) for name in unknown}
    return found | {"unknown": hints}


def _parts(base: DraftBase) -> dict[str, Json]:
    """By name; what every account has goes before what this one calls the same."""
    found: dict[str, Json] = {}
    for agent, description in base.agents.items():
        use: Json = {"type": "agent", "agent": agent, "inputs": {"prompt": "…"}}
        found[agent] = {"registered_agent": description, "use": use}
    for name, workflow in base.workflows.items():
        use = {"type": "workflow", "config": {"workflow": name}}
        found[name] = {"published_workflow": workflow.model_dump(mode="json"), "use": use}
    for name, tool in base.tools.items():
        found[name] = {
            "registered_tool": tool.model_dump(mode="json"),
            "use": {"type": "tool", "tool": name},
        }
    found |= {each.name: each.model_dump(mode="json") for each in builtins()}
    found |= {kind.kind.value: _tool_kind(kind) for kind in tool_kinds()}
    return found | {kind.type.value: _node_type(kind) for kind in catalog()}


def _line(kind: NodeKind) -> Json:
    found: dict[str, Json] = {"type": kind.type.value, "description": kind.description}
    if kind.is_container:
        found["is_container"] = True
    return found


def _node_type(kind: NodeKind) -> Json:
    found: dict[str, Json] = {
        "description": kind.description,
        "handles_out": list(kind.handles_out),
        "is_container": kind.is_container,
    }
    if kind.config_schema.get("oneOf"):
        kinds: list[Json] = [each.kind.value for each in tool_kinds()]
        return found | {"config.kind": kinds, "or": "`tool`: a registered tool's name, no config"}
    return found | {"config_schema": _plain(kind.config_schema)}


def _tool_kind(kind: ToolKind) -> Json:
    return {
        "description": kind.description,
        "expressions_in": list(kind.templated),
        "config_schema": _plain(kind.config_schema),
    }


def _plain(schema: Any, *, names: bool = False) -> Any:
    """A schema without the titles that pydantic makes of names."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _plain(each, names=name in {"properties", "$defs"} and not names)
        for name, each in schema.items()
        if names or name != "title"
    }


def _listed(found: Mapping[str, str | None]) -> Json:
    shown: dict[str, Json] = {
        name: (description or "")[:_MAX_DESCRIPTION]
        for name, description in list(found.items())[:MAX_LISTED]
    }
    return shown
