"""JSON Schema checks of what goes into nodes and comes out."""

from functools import lru_cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from activities.errors import InvalidInput, ToolError
from models.graph.values import Json

_SHOWN = 5
_LONGEST = 300


def check_schema(
    value: Json, schema: dict[str, Any], *, where: str, error: type[ToolError] = InvalidInput
) -> None:
    """Raise `error` unless `value` satisfies `schema` (draft 2020-12).

    References to other documents are never followed. `where` names the value in messages;
    `details` of the error lists the first problems as `{path, message}`.
    """
    try:
        problems = sorted(_validator(orjson.dumps(schema)).iter_errors(value), key=_place)
    except SchemaError as problem:
        raise error(f"the JSON Schema of the {where} is itself wrong: {problem.message}") from None
    except Unresolvable as problem:
        raise error(
            f"the JSON Schema of the {where} refers to what is not in it: {problem}"
        ) from None
    except RecursionError:
        raise error(f"the JSON Schema of the {where} refers to itself without end") from None
    if not problems:
        return
    details: list[Json] = [
        {"path": _path(where, found), "message": _message(found)} for found in problems[:_SHOWN]
    ]
    first = best_match(problems[:1]) or problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise error(f"{_path(where, first)}: {_message(first)}{more}", details=details)


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Draft202012Validator:
    document = orjson.loads(schema)
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document, registry=Registry())


def _place(problem: ValidationError) -> list[str]:
    return [str(part) for part in problem.absolute_path]


def _path(where: str, problem: ValidationError) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.absolute_path)
    return where + "".join(parts)


def _message(problem: ValidationError) -> str:
    text = problem.message
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
