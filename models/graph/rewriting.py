"""The tree of an expression to source for MiniJinja that cannot grow, call or miss silently.

The engine keeps what it does safely: names, keys, `and`, `or`, `not`, `if … else`, literals. What
could explode (`*` on texts and lists), what compares anything with anything, and what would hand
a missing value on as none, becomes a call of our own functions, with the budget as first argument.
"""

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from models.graph.filters import FILTERS, FUNCTIONS, MAY_MISS, SOFT
from models.graph.operators import (
    TESTS,
    Function,
    arithmetic,
    compare,
    concatenate,
    contains,
    equal,
    look_up,
    need,
    negate,
    unequal,
)
from models.graph.syntax import (
    Call,
    Chain,
    Choice,
    Expr,
    Item,
    Listing,
    Literal,
    Mapped,
    Path,
    Slice,
    SyntaxProblem,
    Unary,
)
from models.graph.values import ValueProblem, check_json

BUDGET, ABSENT = "_b", "_m"
_TABLES = {"|": (FILTERS, "_f_", "filter"), "is": (TESTS, "_t_", "test")}
_TABLES["()"] = (FUNCTIONS, "_c_", "function")
_OPERATORS: dict[str, Function] = {
    "_arithmetic": arithmetic,
    "_compare": compare,
    "_concatenate": concatenate,
    "_contains": contains,
    "_equal": equal,
    "_look_up": look_up,
    "_need": need,
    "_negate": negate,
    "_unequal": unequal,
}


@dataclass(frozen=True, slots=True)
class Use:
    """One place where an expression reads from its scope.

    `soft` when it may be missing; `dynamic` when a key that is computed comes after `path`.
    """

    path: Path
    soft: bool
    dynamic: bool = False


def engine_functions() -> Iterator[tuple[str, Function, bool]]:
    """Every function that rewritten source calls: its name there, itself, whether it is soft."""
    for name, function in _OPERATORS.items():
        yield name, function, False
    # Soft, since any step of a path may lead nowhere.
    yield "_look_up", look_up, True
    for kind, (table, prefix, _) in _TABLES.items():
        for name, function in table.items():
            yield prefix + name, function, (kind, name) in SOFT


class Rewriting:
    """Rewrites expressions, and notes what they read."""

    def __init__(self, local: frozenset[str] = frozenset()) -> None:
        self.local = local
        self.uses: list[Use] = []

    def native(self, node: Expr) -> str:
        """Source for a place where the engine itself refuses what is missing."""
        if isinstance(node, Path):
            return self._path(node, soft=False)
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Call):
            return self._call(node, checked=False)
        if isinstance(node, Chain):
            return self._chain(node)
        if isinstance(node, Listing):
            return f"[{', '.join(map(self._element, node.items))}]"
        return self._other(node)

    def argument(self, node: Expr) -> str:
        """Source for an argument of our functions, which refuse what is missing themselves."""
        if isinstance(node, Call):
            return self._call(node, checked=True)
        if _may_miss(node):
            return f"({self.native(node)})|default({ABSENT})"
        return self.native(node)

    def _other(self, node: Expr) -> str:
        if isinstance(node, Item):
            return f"{self._base(node.base)}[{self._element(node.key)}]"
        if isinstance(node, Slice):
            bounds = ["" if each is None else self._element(each) for each in node.bounds]
            return f"{self._base(node.base)}[{':'.join(bounds)}]"
        if isinstance(node, Mapped):
            pairs = (f"{self._key(key)}: {self._element(value)}" for key, value in node.pairs)
            return f"{{{', '.join(pairs)}}}"
        if isinstance(node, Choice):
            then, condition = self.native(node.then), self.native(node.condition)
            return f"({then} if {condition} else {self.native(node.otherwise)})"
        if isinstance(node, Unary) and node.operator == "not":
            return f"(not {self.native(node.operand)})"
        if isinstance(node, Unary):
            return f"_negate({BUDGET}, {self.argument(node.operand)})"
        raise TypeError(f"{type(node).__name__} is no other expression")

    def _element(self, node: Expr) -> str:
        """Source for a place that takes what is missing as none, so that it is checked before."""
        source = self.argument(node)
        return f"_need({BUDGET}, {source})" if _may_miss(node) else self.native(node)

    def _base(self, node: Expr) -> str:
        if isinstance(node, Path):
            self.uses.append(Use(node, soft=False, dynamic=True))
            return _path(node)
        return f"({self.native(node)})"

    def _key(self, node: Expr) -> str:
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            raise SyntaxProblem("the keys of an object are quoted text", 0)
        return _literal(node)

    def _path(self, node: Path, *, soft: bool) -> str:
        self.uses.append(Use(node, soft))
        if not soft or not node.keys:
            return _path(node)
        keys = ", ".join(_literal(Literal(key)) for key in node.keys)
        return f"_look_up({BUDGET}, {node.root}|default({ABSENT}), {keys})"

    def _chain(self, node: Chain) -> str:
        first = node.operators[0]
        if first in {"and", "or"}:
            return f"({f' {first} '.join(map(self.native, node.operands))})"
        operands = ", ".join(map(self.argument, node.operands))
        if first in {"==", "!="}:
            return f"{'_equal' if first == '==' else '_unequal'}({BUDGET}, {operands})"
        if first in {"in", "not in"}:
            found = f"_contains({BUDGET}, {operands})"
            return found if first == "in" else f"(not {found})"
        if first == "~":
            return f"_concatenate({BUDGET}, {operands})"
        name = "_compare" if first[0] in "<>" else "_arithmetic"
        return f'{name}({BUDGET}, "{" ".join(node.operators)}", {operands})'

    def _call(self, node: Call, *, checked: bool) -> str:
        table, prefix, what = _TABLES[node.kind]
        function = table.get(node.name)
        if function is None:
            raise SyntaxProblem(_unknown(what, node.name, table), node.offset)
        _check_arguments(function, node, what)
        soft = (node.kind, node.name) in SOFT
        sources = [BUDGET]
        for index, arg in enumerate(node.args):
            sources.append(self._operand(arg) if soft and index == 0 else self.argument(arg))
        sources += [f"{name}={self.argument(value)}" for name, value in node.named]
        source = f"{prefix}{node.name}({', '.join(sources)})"
        return source if checked or not _may_miss(node) else f"_need({BUDGET}, {source})"

    def _operand(self, node: Expr) -> str:
        """Source of what may be missing: the operand of `default` and `is defined`."""
        if not isinstance(node, Path):
            return self.argument(node)
        source = self._path(node, soft=True)
        return source if node.keys else f"{source}|default({ABSENT})"


def _may_miss(node: Expr) -> bool:
    if isinstance(node, Call):
        return node.kind == "|" and node.name in MAY_MISS
    if isinstance(node, Chain):
        return node.operators[0] in {"and", "or"}
    return isinstance(node, Path | Item | Choice)


def _check_arguments(function: Function, node: Call, what: str) -> None:
    names = [name for name, _ in node.named]
    try:
        inspect.signature(function).bind(None, *node.args, **dict.fromkeys(names))
    except TypeError as problem:
        raise SyntaxProblem(f"{what} `{node.name}`: {problem}", node.offset) from None


def _unknown(what: str, name: str, known: dict[str, Function]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(sorted(known))}"
    return f"there is no {what} `{name}`; {hint}"


def _path(node: Path) -> str:
    return node.root + "".join(f"[{_literal(Literal(key))}]" for key in node.keys)


def _literal(node: Literal) -> str:
    value = node.value
    if isinstance(value, str):
        try:
            check_json(value)
        except ValueProblem as problem:
            raise SyntaxProblem(problem.message, 0) from None
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return f"({value!r})" if value < 0 else repr(value)
