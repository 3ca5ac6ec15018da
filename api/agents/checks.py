"""What no run of an agent could use, seen before it is stored."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from models.enums import ModelProvider
from models.graph.agent import AgentSettings, AgentTool
from models.graph.expression import (
    ExpressionError,
    Interpolation,
    compile_template,
    references,
    secret_name,
)
from models.graph.json_schema import SchemaInvalid, check_json_schema
from models.graph.problems import Code, Problem as GraphProblem
from models.graph.templates import agent_templates, tool_templates
from models.graph.tool import ToolConfig

_SCOPE = frozenset({"inputs", "secrets"})
_LITERAL = "a key is a secret's: store it as one, and write `{{ secrets.NAME }}`"


def settings_problems(settings: AgentSettings, path: str) -> Iterator[Problem]:
    """Of the settings themselves; `tool_problems` are of their tools."""
    alone = settings.model_copy(update={"tools": []})
    yield from _templates(agent_templates(alone), path)
    yield from _scope(alone, path)
    yield from unusable(alone, path)


def unusable(settings: AgentSettings, path: str) -> Iterator[Problem]:
    """What the model's provider or this server would refuse, wherever the agent is written."""
    yield from schema_problem(settings.output_schema, f"{path}.output_schema")
    for number, tool in enumerate(settings.tools):
        yield from schema_problem(tool.input_schema, f"{path}.tools[{number}].input_schema")
    if settings.api_key is not None and not _is_secret(settings.api_key):
        yield _problem(f"{path}.api_key", _LITERAL, "LITERAL_KEY")
    if settings.provider is ModelProvider.OPENAI_COMPATIBLE and settings.base_url is None:
        message = "say where the model server is, such as http://127.0.0.1:11434/v1"
        yield _problem(f"{path}.base_url", message, "MISSING")


def tool_problems(tool: AgentTool, path: str) -> Iterator[Problem]:
    """Of a tool as it is written; whether what it names is there is not looked at."""
    yield from schema_problem(tool.input_schema, f"{path}.input_schema")
    if tool.config is not None:
        yield from _templates(tool_templates(tool.config), f"{path}.config")
        yield from _scope(tool.config, f"{path}.config")


def _templates(found: Iterator[GraphProblem], path: str) -> Iterator[Problem]:
    for each in found:
        yield _problem(f"{path}{each.path.removeprefix('config')}", each.message, each.code)


def _scope(config: AgentSettings | ToolConfig, path: str) -> Iterator[Problem]:
    """No run of a graph is around it: a registered agent sees what it is given, and secrets."""
    document = config.model_dump(mode="json")
    for name in sorted(config.TEMPLATED):
        try:
            outside = references(document[name]).roots - _SCOPE
        except ExpressionError:  # which is found by whoever looks at the form
            continue
        for root in sorted(outside):
            message = f"there is no `{root}` here: an agent sees `inputs` and `secrets`"
            yield _problem(f"{path}.{name}", message, Code.UNDEFINED_VARIABLE)


def _is_secret(key: str) -> bool:
    try:
        parts = compile_template(key.strip())
    except ExpressionError:
        return False
    part = parts[0] if len(parts) == 1 else None
    if not isinstance(part, Interpolation) or part.path is None:
        return False
    return secret_name(part.path) is not None


def schema_problem(schema: dict[str, Any] | None, path: str) -> Iterator[Problem]:
    """Why this is no JSON Schema."""
    if schema is None:
        return
    try:
        check_json_schema(schema)
    except SchemaInvalid as error:
        yield _problem(path, f"this is no JSON Schema: {error}", "INVALID_SCHEMA")


def _problem(path: str, message: str, code: str) -> Problem:
    return {"path": path, "message": message, "code": str(code)}
