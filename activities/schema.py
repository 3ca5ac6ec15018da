"""JSON Schema checks of what goes into nodes and comes out."""

from typing import Any

from activities.errors import InvalidInput, ToolError
from models.graph.json_schema import SchemaInvalid, SchemaProblem, schema_problems
from models.graph.values import Json

_SHOWN = 5


def check_schema(
    value: Json, schema: dict[str, Any], *, where: str, error: type[ToolError] = InvalidInput
) -> None:
    """Raise `error` unless `value` satisfies `schema` (draft 2020-12).

    `where` names the value in messages; `details` of the error lists the first problems as
    `{path, message}`.
    """
    try:
        problems = schema_problems(value, schema)
    except SchemaInvalid as problem:
        raise error(f"the JSON Schema of the {where} is itself wrong: {problem}") from None
    if not problems:
        return
    details: list[Json] = [
        {"path": _path(where, found), "message": found.message} for found in problems[:_SHOWN]
    ]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    first = problems[0]
    raise error(f"{_path(where, first)}: {first.message}{more}", details=details)


def _path(where: str, problem: SchemaProblem) -> str:
    joint = "" if not problem.path or problem.path.startswith("[") else "."
    return f"{where}{joint}{problem.path}"
