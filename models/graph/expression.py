"""Expressions: values that keep their type, and texts with `if` and `for`, on MiniJinja."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from minijinja import Environment, TemplateError

from models.graph.frozen import (
    MISSING,
    Budget,
    ValueRefused,
    freeze,
    step_into,
    thaw,
    to_text,
    visible,
)
from models.graph.limits import MAX_EXPRESSION_BYTES, MAX_INTERPOLATIONS, MAX_RENDERED_BYTES
from models.graph.operators import Function
from models.graph.parser import Parser
from models.graph.rewriting import ABSENT, BUDGET, Rewriting, Use, engine_functions
from models.graph.syntax import Path, SyntaxProblem, tokenize
from models.graph.values import Json, ValueProblem, check_json, encoded_size, is_artifact

ROOTS = ("input", "inputs", "vars", "nodes", "run", "item", "index", "previous", "secrets")
FUEL = 20_000
_SHOWN = 200
_OPEN, _CLOSE = "{{", "}}"
# What our functions and the engine raise about values, never about our own code.
_REFUSALS = (TemplateError, ValueRefused, OverflowError, RecursionError, UnicodeError)
_threads = threading.local()


class ExpressionError(ValueError):
    """An expression is malformed or cannot be evaluated.

    Args:
        message: What is wrong and what would be right, with the field in front.
        field: Where the template is, such as `inputs.close` or `config.branches[0].when`.
        expression: Source of the template, shortened.
    """

    def __init__(self, message: str, field: str = "", expression: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.expression = expression


@dataclass(frozen=True, slots=True)
class References:
    """What a template reads: roots of the scope, nodes by key, and secrets by name.

    `all_nodes` when a key is computed, so that any node may be read.
    """

    roots: frozenset[str]
    nodes: frozenset[str]
    all_nodes: bool
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Interpolation:
    """One `{{ … }}`: its source, itself as the engine reads it, and what it reads."""

    source: str
    code: str
    uses: tuple[Use, ...]
    path: Path | None


# A template: plain text and interpolations, in turn.
Parts = tuple[str | Interpolation, ...]


def render_value(template: Json, scope: Mapping[str, Json], *, field: str = "") -> Json:
    """`template` with every `{{ … }}` in it evaluated; keys of objects are never templates.

    A text that is exactly one `{{ … }}` becomes its value, any other one becomes text.

    Raises:
        ExpressionError: an expression is malformed, reads what is missing, or makes too much.
    """
    value = _rendered(template, scope, field)
    if encoded_size(value) > MAX_RENDERED_BYTES:
        raise ExpressionError(f"{_at(field)}the result is larger than 1 MiB", field)
    return value


def render_condition(source: str, scope: Mapping[str, Json], *, field: str = "") -> bool:
    """Whether `source` holds: one expression, with or without `{{ }}` around it.

    None, false, 0, empty texts, lists and objects do not hold, everything else does.

    Raises:
        ExpressionError: as `render_value`.
    """
    return bool(_value(condition(source, field=field), scope, field))


def references(template: Json) -> References:
    """What the expressions in `template` read from their scope.

    Raises:
        ExpressionError: an expression is malformed.
    """
    roots: set[str] = set()
    nodes: set[str] = set()
    secrets: set[str] = set()
    all_nodes = False
    for use in template_uses(template):
        roots.add(use.path.root)
        if use.path.root == "nodes":
            key = use.path.keys[0] if use.path.keys else None
            all_nodes = all_nodes or not isinstance(key, str)
            nodes |= {key} if isinstance(key, str) else set()
        elif (name := secret_name(use.path)) is not None:
            secrets.add(name)
    return References(frozenset(roots), frozenset(nodes), all_nodes, frozenset(secrets))


def secret_name(path: Path) -> str | None:
    """The name that a path gives as `secrets.<name>`, None for any other path."""
    name = path.keys[0] if path.root == "secrets" and len(path.keys) == 1 else None
    return name if isinstance(name, str) else None


def template_uses(template: Json, *, field: str = "") -> Iterator[Use]:
    """Every place where the expressions in `template` read from their scope.

    Raises:
        ExpressionError: an expression is malformed.
    """
    for part in interpolations(template, field=field):
        yield from part.uses


def interpolations(template: Json, *, field: str = "") -> Iterator[Interpolation]:
    """Every `{{ … }}` in `template`.

    Raises:
        ExpressionError: one is malformed.
    """
    if isinstance(template, str):
        parts = compile_template(template, field=field)
        yield from (part for part in parts if isinstance(part, Interpolation))
    elif isinstance(template, dict):
        for key, item in template.items():
            yield from interpolations(item, field=_inside(field, key))
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from interpolations(item, field=_inside(field, index))


def compile_template(source: str, *, field: str = "") -> Parts:
    """The parts of a value template; compiled once for each source.

    Raises:
        ExpressionError: it is malformed; names field and place.
    """
    if _OPEN not in source:
        return (source,) if source else ()
    try:
        return _parts(source)
    except SyntaxProblem as problem:
        raise malformed(problem, source, field) from None


def condition(source: str, *, field: str = "") -> Interpolation:
    """The one expression of a condition.

    Raises:
        ExpressionError: it is malformed, or text around `{{ }}` makes it always true.
    """
    parts = compile_template(source if _OPEN in source else f"{_OPEN}{source}{_CLOSE}", field=field)
    single = _single(parts)
    if single is None:
        raise ExpressionError(
            f"{_at(field)}a condition is one expression, without text around it", field, source
        )
    return single


def malformed(problem: SyntaxProblem, source: str, field: str) -> ExpressionError:
    """A syntax problem as people read it: where it is, and the line around it."""
    line = source.count("\n", 0, problem.offset) + 1
    column = problem.offset - source.rfind("\n", 0, problem.offset)
    place = f"line {line}, column {column}" if line > 1 else f"column {column}"
    message = f"{_at(field)}{problem.message} ({place} of `{_short(source)}`)"
    return ExpressionError(message, field, _short(source))


def refused(error: Exception, what: str, field: str) -> ExpressionError:
    """A refusal of engine or functions as people read it; `what` is the expression's source."""
    if isinstance(error, TemplateError):
        out_of_fuel = error.kind == "OutOfFuel"
        message = "it takes too many steps; move the work into a tool"
        message = message if out_of_fuel else (error.detail or error.message)
    elif isinstance(error, RecursionError):
        message = "the value is nested too deeply"
    else:
        message = str(error) or type(error).__name__
    return ExpressionError(f"{_at(field)}`{_short(what)}`: {message}", field, _short(what))


def engine() -> Environment:
    """This thread's MiniJinja, with our functions and nothing else in it."""
    found: Environment | None = getattr(_threads, "engine", None)
    if found is None:
        found = Environment(undefined_behavior="strict", pycompat=False, debug=False, fuel=FUEL)
        for name in list(found.globals):
            found.remove_global(name)
        for name, function, soft in engine_functions():
            found.add_global(name, _bridge(function, soft=soft))
        _threads.engine = found
    return found


def frozen_scope(
    scope: Mapping[str, Json], uses: tuple[Use, ...], budget: Budget
) -> dict[str, Any]:
    """Only what the uses name, read only, with what rewritten source needs besides."""
    names = {use.path.root for use in uses} & scope.keys()
    frozen = {name: freeze(scope[name], budget) for name in names}
    return {BUDGET: budget, ABSENT: MISSING, **frozen}


def explain_missing(
    uses: tuple[Use, ...], scope: Mapping[str, Json], source: str, field: str
) -> ExpressionError | None:
    """The first use that leads nowhere in `scope`, with the nearest name that does."""
    for use in uses:
        if not use.soft and (message := _missing(use.path, scope)) is not None:
            return ExpressionError(
                f"{_at(field)}`{_short(source)}`: {message}", field, _short(source)
            )
    return None


# Evaluation --------------------------------------------------------------------------------------


def _rendered(template: Json, scope: Mapping[str, Json], field: str) -> Json:
    if isinstance(template, str):
        return _rendered_text(template, scope, field)
    if isinstance(template, dict):
        return {k: _rendered(item, scope, _inside(field, k)) for k, item in template.items()}
    if isinstance(template, list):
        return [_rendered(item, scope, _inside(field, i)) for i, item in enumerate(template)]
    return template


def _rendered_text(template: str, scope: Mapping[str, Json], field: str) -> Json:
    parts = compile_template(template, field=field)
    if not parts:
        return ""
    single = _single(parts)
    if single is not None:
        return _value(single, scope, field)
    texts, size = [], 0
    for part in parts:
        text = part if isinstance(part, str) else _text(part, scope, field)
        size += len(text)
        if size > MAX_RENDERED_BYTES:
            raise ExpressionError(f"{_at(field)}the result is larger than 1 MiB", field)
        texts.append(text)
    return "".join(texts)


def _text(part: Interpolation, scope: Mapping[str, Json], field: str) -> str:
    value = _value(part, scope, field)
    try:
        return to_text(value, Budget())
    except ValueRefused as error:
        raise refused(error, part.source, field) from None


def _value(part: Interpolation, scope: Mapping[str, Json], field: str) -> Json:
    found = _follow(part.path, scope) if part.path else _evaluate(part, scope, field)
    if found is MISSING:
        known = explain_missing(part.uses, scope, part.source, field)
        raise known or refused(ValueRefused("the value is missing"), part.source, field)
    return found  # type: ignore[no-any-return]


def _follow(path: Path, scope: Mapping[str, Json]) -> Any:
    """A plain path needs no engine: data goes through as it is."""
    value: Any = scope.get(path.root, MISSING)
    for key in path.keys:
        value = step_into(value, key)
    return value


def _evaluate(part: Interpolation, scope: Mapping[str, Json], field: str) -> Any:
    try:
        found = engine().eval_expr(part.code, **frozen_scope(scope, part.uses, Budget()))
        if found is MISSING:
            return found
        value = thaw(found)
        check_json(value)
    except ValueProblem as problem:
        raise refused(ValueRefused(problem.message), part.source, field) from None
    except _REFUSALS as error:
        known = explain_missing(part.uses, scope, part.source, field)
        raise known or refused(error, part.source, field) from None
    return value


def _bridge(function: Function, *, soft: bool) -> Callable[..., Any]:
    """`function` for the engine: plain JSON in, frozen values out; `soft` may get `MISSING`."""

    def call(budget: Budget, *args: Any, **named: Any) -> Any:
        given = [_plain(arg, soft=soft and index == 0) for index, arg in enumerate(args)]
        options = {name: _plain(value, soft=False) for name, value in named.items()}
        found = function(budget, *given, **options)
        return found if found is MISSING else freeze(found, budget)

    return call


def _plain(value: Any, *, soft: bool) -> Any:
    if value is MISSING and soft:
        return value
    if value is MISSING:
        raise ValueRefused("a value in it is missing")
    return thaw(value)


def _missing(path: Path, scope: Mapping[str, Json]) -> str | None:
    if path.root == "secrets":
        return "a secret is read in the inputs and the configuration of a tool only"
    if path.root not in scope:
        near = get_close_matches(path.root, ROOTS, 1)
        if path.root in ROOTS:
            return f"`{path.root}` has no value here"
        return f"there is no `{path.root}`; " + (
            f"did you mean `{near[0]}`?" if near else f"known are {', '.join(sorted(scope))}"
        )
    value: Any = scope[path.root]
    name = path.root
    for key in path.keys:
        found = step_into(value, key)
        if found is MISSING:
            return _no_key(name, value, key)
        name, value = f"{name}.{key}", found
    return None


def _no_key(name: str, value: Any, key: str | int) -> str:
    if not isinstance(value, dict | list | tuple | str):
        what = "null" if value is None else "a plain value"
        return f"`{name}` is {what}, so it has no `{key}`"
    if isinstance(value, dict):
        inside = visible(value) if is_artifact(value) else value
        near = get_close_matches(str(key), list(inside), 1)
        hint = f"; did you mean `{near[0]}`?" if near else _keys_of(inside)
        return f"`{name}` has no `{key}`{hint}"
    return f"`{name}` has {len(value)} items, so there is no `{key}`"


def _keys_of(value: dict[str, Any]) -> str:
    keys = ", ".join(f"`{key}`" for key in list(value)[:8])
    return f"; it has {keys}" if keys else "; it is empty"


# Source ------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _parts(source: str) -> Parts:
    if len(source.encode(errors="surrogatepass")) > MAX_EXPRESSION_BYTES:
        raise SyntaxProblem("a text with expressions may have 4 KiB", MAX_EXPRESSION_BYTES)
    parts: list[str | Interpolation] = []
    at = 0
    while (start := source.find(_OPEN, at)) >= 0:
        if start > at:
            parts.append(source[at:start])
        part, at = interpolation(source, start + len(_OPEN))
        parts.append(part)
    if at < len(source):
        parts.append(source[at:])
    if sum(isinstance(part, Interpolation) for part in parts) > MAX_INTERPOLATIONS:
        raise SyntaxProblem(f"more than {MAX_INTERPOLATIONS} expressions in one text", at)
    return tuple(parts)


def interpolation(source: str, start: int) -> tuple[Interpolation, int]:
    """The interpolation that begins at `start`, and the place after its `}}`.

    Raises:
        SyntaxProblem: it is malformed.
    """
    tokens, end = tokenize(source, start, _CLOSE)
    tree = Parser(tokens).whole()
    rewriting = Rewriting()
    code = rewriting.argument(tree)
    text = source[start : end - len(_CLOSE)].strip()
    path = tree if isinstance(tree, Path) else None
    return Interpolation(text, code, tuple(rewriting.uses), path), end


def _single(parts: Parts) -> Interpolation | None:
    """The one interpolation of a template that has nothing but space around it."""
    found = [part for part in parts if not isinstance(part, str) or not part.isspace()]
    only = found[0] if len(found) == 1 else None
    return only if isinstance(only, Interpolation) else None


def _inside(field: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{field}[{key}]"
    return f"{field}.{key}" if field else key


def _at(field: str) -> str:
    return f"{field}: " if field else ""


def _short(source: str) -> str:
    text = source.strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
