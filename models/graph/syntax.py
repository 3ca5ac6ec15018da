"""The words and the tree of an expression."""

import re
from dataclasses import dataclass
from typing import TypeAlias

MAX_TOKENS = 1_500


class SyntaxProblem(ValueError):
    """The source is no expression; `offset` is the place in it, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, a number, true, false or none."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """A name and the constant keys after it: `nodes.prices.output["close"][0]`."""

    root: str
    keys: tuple[str | int, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Item:
    """`base[key]` where the base is no path, or the key no constant."""

    base: "Expr"
    key: "Expr"


@dataclass(frozen=True, slots=True)
class Slice:
    """`base[start:stop:step]`."""

    base: "Expr"
    bounds: tuple["Expr | None", ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """`[a, b]` or `(a, b)`."""

    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """`{key: value}`."""

    pairs: tuple[tuple["Expr", "Expr"], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A filter (`kind` `|`), a test (`is`) or a function (`()`), with its arguments.

    The operand of a filter or a test is its first argument.
    """

    kind: str
    name: str
    args: tuple["Expr", ...]
    named: tuple[tuple[str, "Expr"], ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not a` or `-a`."""

    operator: str
    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one precedence, left to right, with the operators between them."""

    operands: tuple["Expr", ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


Expr: TypeAlias = Literal | Path | Item | Slice | Listing | Mapped | Call | Unary | Chain | Choice

# Tokens ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `name`, `text`, `number`, `op` or `end`."""

    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<op>\*\*|//|==|!=|<=|>=|[-+*/%~<>|.,:()\[\]{}=])"
    r")",
    re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def tokenize(source: str, start: int, end: str) -> tuple[list[Token], int]:
    """Tokens from `start` up to the delimiter `end` (such as `}}`), and the place after it.

    With an empty `end` the tokens reach to the end of `source`.

    Raises:
        SyntaxProblem: for a character that no expression has, or a missing `end`.
    """
    tokens: list[Token] = []
    open_brackets: list[str] = []
    at = start
    while True:
        at = _skip_space(source, at)
        if end and not open_brackets and source.startswith(end, at):
            tokens.append(Token("end", end, at))
            return tokens, at + len(end)
        if at >= len(source):
            if end or open_brackets:
                wanted = open_brackets[-1] if open_brackets else end
                raise SyntaxProblem(f"`{wanted}` is missing", at)
            tokens.append(Token("end", "", at))
            return tokens, at
        token = _token(source, at)
        _follow_brackets(token, open_brackets)
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            raise SyntaxProblem("the expression is too long", at)
        at = token.offset + len(token.text)


def _skip_space(source: str, at: int) -> int:
    while at < len(source) and source[at].isspace():
        at += 1
    return at


def _token(source: str, at: int) -> Token:
    match = _TOKEN.match(source, at)
    if match is None or match.lastgroup is None:
        quote = source[at] in "'\""
        what = "the text has no closing quote" if quote else f"unexpected {source[at]!r}"
        raise SyntaxProblem(what, at)
    kind = match.lastgroup
    return Token(kind, match.group(kind), match.start(kind))


def _follow_brackets(token: Token, waiting: list[str]) -> None:
    if token.kind != "op":
        return
    if token.text in _BRACKETS:
        waiting.append(_BRACKETS[token.text])
    elif token.text in _BRACKETS.values() and (not waiting or waiting.pop() != token.text):
        raise SyntaxProblem(f"`{token.text}` closes nothing", token.offset)


def unquote(text: str) -> str:
    """The text that a quoted token stands for."""

    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        return _ESCAPES.get(escape, escape)

    return _ESCAPE.sub(replace, text[1:-1])
