"""Where a graph holds expressions, and the rules about what they name."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from models.graph.agent import AgentSettings
from models.graph.builtins import BUILTINS, Builtin
from models.graph.expression import (
    ExpressionError,
    Interpolation,
    condition,
    interpolations,
    references,
    secret_name,
    template_uses,
)
from models.graph.graph import Graph
from models.graph.node import (
    AdapterNode,
    AgentNode,
    AggregatorNode,
    ApprovalNode,
    ConditionNode,
    DelayNode,
    EventNode,
    LoopNode,
    Node,
    ParallelNode,
    ToolNode,
    WorkflowNode,
)
from models.graph.problems import Code, Known, Problem, nearest, problem
from models.graph.rewriting import Use
from models.graph.shape import Shape
from models.graph.text import compile_text
from models.graph.tool import BuiltinConfig, ToolConfig
from models.graph.values import Json

OUTCOME = ("output", "status", "error")
RUN = ("id", "workflow", "version", "started_at")
GLOBAL_ROOTS = ("input", "vars", "nodes", "run")
IN_BODY = ("item", "index", "previous")
_VALUES: dict[type, tuple[str, ...]] = {
    AdapterNode: ("output",),
    ParallelNode: ("items",),
    LoopNode: ("items",),
    AggregatorNode: ("template",),
    DelayNode: ("seconds", "until"),
    ApprovalNode: ("message", "assignees"),
    EventNode: ("event", "key"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A template of a node; `kind` is `value`, `condition` or `text`."""

    path: str
    template: Json
    kind: str = "value"


def fields(node: Node) -> Iterator[Field]:
    """Every template of a node, with its path inside the node."""
    yield Field("inputs", node.inputs)
    for name in _VALUES.get(type(node), ()):
        yield Field(f"config.{name}", getattr(node.config, name))
    if isinstance(node, ToolNode) and node.config is not None:
        yield from _tool_fields(node.config)
    elif isinstance(node, AgentNode) and node.config is not None:
        yield from _templated(node.config)
    elif isinstance(node, ConditionNode):
        for index, branch in enumerate(node.config.branches):
            yield Field(f"config.branches[{index}].when", branch.when, "condition")
    elif isinstance(node, LoopNode) and node.config.while_ is not None:
        yield Field("config.while", node.config.while_, "condition")


def _tool_fields(config: ToolConfig) -> Iterator[Field]:
    yield from _templated(config)
    if isinstance(config, BuiltinConfig) and config.template is not None:
        yield Field("config.template", config.template, "text")


def _templated(config: ToolConfig | AgentSettings) -> Iterator[Field]:
    document = config.model_dump(mode="json")
    for name in sorted(config.TEMPLATED):
        yield Field(f"config.{name}", document[name])


def expressions(graph: Graph, shape: Shape) -> Iterator[Problem]:
    """Every expression is well formed and names what is there when it is evaluated."""
    for index, node in enumerate(graph.nodes):
        for field in fields(node):
            path = f"nodes[{index}].{field.path}"
            try:
                uses = list(_uses(field))
            except ExpressionError as error:
                yield problem(Code.INVALID_EXPRESSION, error.message, nodes=[node.key], path=path)
                continue
            findings = [_misuse(use, field, node, graph, shape) for use in uses]
            findings.append(_secrets(field, allowed=isinstance(node, ToolNode | AgentNode)))
            for code, message, suggestion in filter(None, findings):
                yield problem(code, message, nodes=[node.key], path=path, suggestion=suggestion)
    yield from _output(graph, shape)


def tool_templates(config: ToolConfig) -> Iterator[Problem]:
    """The expressions of a registered tool are well formed; what they name is seen when it runs."""
    return _own_templates(_tool_fields(config))


def agent_templates(config: AgentSettings) -> Iterator[Problem]:
    """The same of a registered agent and of the tools that it carries inline."""
    yield from _own_templates(_templated(config))
    for number, tool in enumerate(config.tools):
        for found in tool_templates(tool.config) if tool.config is not None else ():
            yield found.model_copy(update={"path": f"config.tools[{number}].{found.path}"})


def _own_templates(templates: Iterable[Field]) -> Iterator[Problem]:
    for field in templates:
        try:
            for _ in _uses(field):
                continue
            found = _secrets(field, allowed=True)
        except ExpressionError as error:
            yield problem(Code.INVALID_EXPRESSION, error.message, path=field.path)
            continue
        if found is not None:
            yield problem(found[0], found[1], path=field.path, suggestion=found[2])


def _uses(field: Field) -> Iterator[Use]:
    if isinstance(field.template, str) and field.kind == "condition":
        yield from condition(field.template, field=field.path).uses
    elif isinstance(field.template, str) and field.kind == "text":
        yield from compile_text(field.template, field=field.path).uses
    else:
        yield from template_uses(field.template, field=field.path)


Finding = tuple[Code, str, str | None]


def _misuse(use: Use, field: Field, node: Node, graph: Graph, shape: Shape) -> Finding | None:
    root = use.path.root
    if field.kind == "text":
        return _text_root(use, node)
    if root == "inputs" and isinstance(node, ToolNode | AgentNode) and field.path != "inputs":
        return _own_input(use, node)
    in_body = bool(shape.containers_of(node.key))
    # A loop's own condition sees the pass that is about to begin.
    in_body = in_body or (isinstance(node, LoopNode) and field.path == "config.while")
    if root in IN_BODY and not in_body:
        message = f"`{root}` exists inside the body of a container only"
        return Code.UNDEFINED_VARIABLE, message, "read it in a node whose `parent` is a container"
    known = [*GLOBAL_ROOTS, *(IN_BODY if in_body else ())]
    if root not in {*known, "secrets"}:  # which `_secrets` looks at
        return Code.UNDEFINED_VARIABLE, f"there is no `{root}`", _root_hint(root, known, graph)
    if root == "nodes":
        return _node_reference(use, node.key, shape)
    return _global(use, graph)


def _secrets(field: Field, *, allowed: bool) -> Finding | None:
    """Whoever could compute with a secret could also print a part of it."""
    if field.kind == "text":
        return None
    parts: Iterator[Interpolation] = interpolations(field.template, field=field.path)
    if field.kind == "condition":
        parts = iter([condition(str(field.template), field=field.path)])
    for part in parts:
        names = [use.path.keys[:1] for use in part.uses if use.path.root == "secrets"]
        if not names:
            continue
        if not allowed:
            message = "a secret is read in the inputs and the configuration of a tool only"
            return Code.INVALID_REFERENCE, message, "pass it to the tool that needs it"
        if part.path is None or secret_name(part.path) is None:
            message = "a secret is inserted as it is, without filters or operators around it"
            name = "".join(map(str, names[0])) or "name"
            return Code.INVALID_EXPRESSION, message, f"write `{{{{ secrets.{name} }}}}`"
    return None


def _own_input(use: Use, node: ToolNode | AgentNode) -> Finding | None:
    name = use.path.keys[0] if use.path.keys else None
    if name is None or name in node.inputs or use.soft:
        return None
    hint = nearest(str(name), set(node.inputs)) or "declare it under the node's `inputs`"
    return Code.UNDEFINED_VARIABLE, f"the node has no input `{name}`", hint


def _text_root(use: Use, node: Node) -> Finding | None:
    root = use.path.root
    if root in node.inputs or use.soft:
        return None
    hint = nearest(root, set(node.inputs)) or "a text sees the node's `inputs` by name"
    return Code.UNDEFINED_VARIABLE, f"the text reads `{root}`, which is not among the inputs", hint


def _root_hint(root: str, known: list[str], graph: Graph) -> str | None:
    if root in {node.key for node in graph.nodes}:
        return f"write `nodes.{root}.output`"
    return nearest(root, known) or f"known are {', '.join(known)}"


def _global(use: Use, graph: Graph) -> Finding | None:
    root, keys = use.path.root, use.path.keys
    if not keys or use.soft or not isinstance(keys[0], str):
        return None
    if root == "vars" and keys[0] not in graph.variables:
        hint = nearest(keys[0], set(graph.variables)) or "declare it under `variables`"
        return Code.UNDEFINED_VARIABLE, f"there is no variable `{keys[0]}`", hint
    if root == "run" and keys[0] not in RUN:
        return Code.UNDEFINED_VARIABLE, f"`run` has no `{keys[0]}`", nearest(keys[0], list(RUN))
    return None


def _node_reference(use: Use, reader: str | None, shape: Shape) -> Finding | None:
    keys = use.path.keys
    if not keys or not isinstance(keys[0], str):
        return None
    key = keys[0]
    if key not in shape.by_key:
        hint = nearest(key, shape.by_key.keys())
        return Code.INVALID_REFERENCE, f"there is no node `{key}`", hint
    if len(keys) > 1 and keys[1] not in OUTCOME and not use.soft:
        message = f"a node has `output`, `status` and `error`, not `{keys[1]}`"
        return Code.INVALID_REFERENCE, message, f"write `nodes.{key}.output.{keys[1]}`"
    return _order(key, reader, shape) if reader is not None else None


def _order(key: str, reader: str, shape: Shape) -> Finding | None:
    parent = shape.by_key[key].parent
    if parent is not None and parent not in shape.containers_of(reader):
        message = f"`{key}` is inside `{parent}`; from outside only the container's output is seen"
        return Code.INVALID_REFERENCE, message, f"write `nodes.{parent}.output`"
    if key == reader or not shape.runs_before(key, reader):
        message = f"`{key}` does not run before `{reader}`"
        return Code.INVALID_REFERENCE, message, f"add an edge that leads from `{key}` to `{reader}`"
    return None


def _output(graph: Graph, shape: Shape) -> Iterator[Problem]:
    try:
        uses = list(template_uses(graph.output, field="output"))
    except ExpressionError as error:
        yield problem(Code.INVALID_EXPRESSION, error.message, path="output")
        return
    for use in uses:
        found: Finding | None
        if use.path.root not in GLOBAL_ROOTS:
            hint = _root_hint(use.path.root, list(GLOBAL_ROOTS), graph)
            found = (Code.UNDEFINED_VARIABLE, f"there is no `{use.path.root}`", hint)
        elif use.path.root == "nodes":
            found = _node_reference(use, None, shape) or _inner(use, shape)
        else:
            found = _global(use, graph)
        if found is not None:
            code, message, suggestion = found
            yield problem(code, message, path="output", suggestion=suggestion)


def _inner(use: Use, shape: Shape) -> Finding | None:
    key = use.path.keys[0] if use.path.keys else None
    node = shape.by_key.get(key) if isinstance(key, str) else None
    if node is not None and node.key in shape.undone_by.values():
        message = f"`{node.key}` runs only to undo; a run that has an output does not run it"
        return Code.INVALID_REFERENCE, message, "read a node of the flow"
    if node is None or node.parent is None:
        return None
    message = f"`{node.key}` is inside `{node.parent}`; a run's output sees the container"
    return Code.INVALID_REFERENCE, message, f"write `nodes.{node.parent}.output`"


# What is named outside the graph -----------------------------------------------------------------


def outside(graph: Graph, known: Known) -> Iterator[Problem]:
    """Tools and workflows exist, and get the inputs that they need."""
    for index, node in enumerate(graph.nodes):
        if isinstance(node, ToolNode):
            yield from _tool(node, index, known)
        elif isinstance(node, AgentNode):
            yield from _agent(node, index, known)
        elif isinstance(node, WorkflowNode) and known.workflows is not None:
            name = node.config.workflow
            if name not in known.workflows:
                yield problem(
                    Code.INVALID_REFERENCE,
                    f"there is no workflow named `{name}`",
                    nodes=[node.key],
                    path=f"nodes[{index}].config.workflow",
                    suggestion=nearest(name, known.workflows) or "publish it first",
                )


def _tool(node: ToolNode, index: int, known: Known) -> Iterator[Problem]:
    path = f"nodes[{index}]"
    yield from _unknown_secrets(node, path, known)
    if isinstance(node.config, BuiltinConfig):
        yield from _builtin(node, node.config, path)
    if node.tool is None or known.tools is None:
        return
    spec = known.tools.get(node.tool)
    if spec is None:
        yield problem(
            Code.INVALID_REFERENCE,
            f"there is no tool named `{node.tool}`",
            nodes=[node.key],
            path=f"{path}.tool",
            suggestion=nearest(node.tool, known.tools.keys()) or "register it under that name",
        )
    elif spec.input_schema is not None:
        yield from _missing_inputs(node, spec.input_schema, path)


def _agent(node: AgentNode, index: int, known: Known) -> Iterator[Problem]:
    path = f"nodes[{index}]"
    yield from _unknown_secrets(node, path, known)
    if node.agent is not None:
        yield from _unknown(node, "agent", node.agent, known.agents, f"{path}.agent")
    for number, tool in enumerate(node.tools):
        place = f"{path}.config.tools[{number}]"
        tools = known.tools.keys() if known.tools is not None else None
        yield from _unknown(node, "tool", tool.tool, tools, f"{place}.tool")
        yield from _unknown(node, "workflow", tool.workflow, known.workflows, f"{place}.workflow")
        yield from _unknown(node, "agent", tool.agent, known.agents, f"{place}.agent")


def _unknown(
    node: AgentNode, what: str, name: str | None, known: Set[str] | None, path: str
) -> Iterator[Problem]:
    if name is None or known is None or name in known:
        return
    hint = "publish it first" if what == "workflow" else "register it under that name"
    yield problem(
        Code.INVALID_REFERENCE,
        f"there is no {what} named `{name}`",
        nodes=[node.key],
        path=path,
        suggestion=nearest(name, known) or hint,
    )


def _unknown_secrets(node: ToolNode | AgentNode, path: str, known: Known) -> Iterator[Problem]:
    if known.secrets is None:
        return
    for field in fields(node):
        try:
            named = references(field.template).secrets if field.kind == "value" else frozenset()
        except ExpressionError:
            continue
        for name in sorted(named - known.secrets):
            yield problem(
                Code.UNKNOWN_SECRET,
                f"there is no secret named `{name}`",
                nodes=[node.key],
                path=f"{path}.{field.path}",
                suggestion=nearest(name, known.secrets) or "add it before the workflow runs",
            )


def _builtin(node: ToolNode, config: BuiltinConfig, path: str) -> Iterator[Problem]:
    builtin = BUILTINS.get(config.name)
    if builtin is None:
        yield problem(
            Code.INVALID_NODE_CONFIG,
            f"there is no built-in tool `{config.name}`",
            nodes=[node.key],
            path=f"{path}.config.name",
            suggestion=nearest(config.name, BUILTINS.keys()) or f"there are {', '.join(BUILTINS)}",
        )
        return
    yield from _options(node, config, builtin, path)
    yield from _missing_inputs(node, builtin.input_schema, path)
    if builtin.takes_template != (config.template is not None):
        yield problem(
            Code.INVALID_NODE_CONFIG,
            f"`{builtin.name}` {'needs' if builtin.takes_template else 'takes no'} `template`",
            nodes=[node.key],
            path=f"{path}.config.template",
        )


def _options(
    node: ToolNode, config: BuiltinConfig, builtin: Builtin, path: str
) -> Iterator[Problem]:
    properties = builtin.options_schema["properties"]
    for name in config.options:
        if name not in properties:
            yield problem(
                Code.INVALID_NODE_CONFIG,
                f"`{builtin.name}` has no option `{name}`",
                nodes=[node.key],
                path=f"{path}.config.options.{name}",
                suggestion=nearest(name, properties.keys()),
            )
    for name in builtin.options_schema.get("required", ()):
        if name not in config.options:
            yield problem(
                Code.INVALID_NODE_CONFIG,
                f"`{builtin.name}` needs the option `{name}`",
                nodes=[node.key],
                path=f"{path}.config.options",
            )


def _missing_inputs(node: ToolNode, schema: dict[str, object], path: str) -> Iterator[Problem]:
    """A light look at names only: values are known when the node runs."""
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    for name in required if isinstance(required, list) else []:
        if name not in node.inputs:
            yield problem(
                Code.SCHEMA_MISMATCH,
                f"`{node.key}` does not give the input `{name}` that its tool needs",
                nodes=[node.key],
                path=f"{path}.inputs",
                suggestion=f"add `{name}` to its inputs",
            )
    if schema.get("additionalProperties") is False and isinstance(properties, dict):
        for name in node.inputs:
            if name not in properties:
                yield problem(
                    Code.SCHEMA_MISMATCH,
                    f"`{node.key}` gives the input `{name}` that its tool does not take",
                    nodes=[node.key],
                    path=f"{path}.inputs.{name}",
                    suggestion=nearest(name, properties.keys()),
                )
