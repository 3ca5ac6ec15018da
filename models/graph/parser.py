"""Source text to the tree of an expression; what could reach beyond data has no grammar here."""

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
    Token,
    Unary,
    unquote,
)
from models.graph.values import MAX_INT

MAX_NESTING = 30
# Of `.key`, `[key]`, `| filter`, `is test`, `not` and `-` in one expression, so that no tree is
# deeper than the stacks of Python and of the engine.
MAX_LINKS = 100

NOT, COMPARISON, POWER = 3, 4, 8
_RANKS = {"or": 1, "and": 2, "+": 5, "-": 5, "~": 6, "*": 7, "/": 7, "//": 7, "%": 7, "**": POWER}
_RANKS |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not in"), COMPARISON)
_CONSTANTS = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "none": None,
    "None": None,
    "null": None,
}
_RESERVED = frozenset({"and", "or", "not", "in", "is", "if", "else"})
# What may follow `is test` without parentheses and still be its argument.
_ARGUMENT_KINDS = frozenset({"text", "number", "name"})


class Parser:
    """Precedence climbing over the tokens of one expression; ranks as in Jinja."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._nesting = 0
        self._links = 0

    def whole(self) -> Expr:
        """The expression that all tokens make.

        Raises:
            SyntaxProblem: they make none, or one that is followed by something else.
        """
        found = self.expression()
        self.end()
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self.token.kind != "end":
            raise self.problem(f"unexpected `{self.token.text}`")

    def expression(self) -> Expr:
        """One expression with its `if … else`, up to the first token that is not part of it."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self.problem("the expression is nested too deeply")
        found = self.simple()
        if self.take("if"):
            condition = self.simple()
            if not self.take("else"):
                raise self.problem("`if` needs an `else`: what is the value otherwise?")
            found = Choice(condition, found, self.expression())
        self._nesting -= 1
        return found

    def simple(self) -> Expr:
        """One expression without `if`, as the list of a `for`."""
        return self._binary(1)

    # Tokens

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def problem(self, message: str) -> SyntaxProblem:
        """A problem at the next token."""
        return SyntaxProblem(message, self.token.offset)

    def take(self, *texts: str) -> str:
        """Step over the next token if it is an operator or word of `texts`, and return it."""
        token = self.token
        if token.kind in {"op", "name"} and token.text in texts:
            self._at += 1
            return token.text
        return ""

    def expect(self, text: str) -> None:
        """Step over `text`, which must come next."""
        if not self.take(text):
            raise self.problem(f"expected `{text}`, found `{self.token.text or 'the end'}`")

    def word(self, what: str) -> Token:
        """Step over the next token, which must be a name, and return it."""
        token = self.token
        if token.kind != "name" or token.text in _RESERVED:
            raise self.problem(f"expected {what}, found `{token.text or 'the end'}`")
        self._at += 1
        return token

    def _link(self) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise self.problem("the expression is too long: split it over several nodes")

    # Operators

    def _binary(self, rank: int) -> Expr:
        left = self._operand(rank)
        while True:
            operator = self._operator()
            found = _RANKS.get(operator, 0)
            if found < rank or not found:
                return left
            left = self._chain(left, operator, found)

    def _chain(self, left: Expr, operator: str, rank: int) -> Chain:
        operands: list[Expr] = [left]
        operators: list[str] = []
        while _RANKS.get(operator) == rank:
            if operators and rank == COMPARISON:
                raise self.problem("comparisons cannot be chained: write `a < b and b < c`")
            if operators and rank == POWER:
                raise self.problem("powers cannot be chained: use parentheses")
            self._at += len(operator.split())
            operators.append(operator)
            operands.append(self._binary(rank + 1))
            operator = self._operator()
        return Chain(tuple(operands), tuple(operators))

    def _operator(self) -> str:
        token = self.token
        if token.kind not in {"op", "name"}:
            return ""
        if token.text == "not" and self._tokens[self._at + 1].text == "in":
            return "not in"
        return token.text

    def _operand(self, rank: int) -> Expr:
        if self.token.text == "not" and self.token.kind == "name":
            if rank > NOT:
                raise self.problem("put `not …` in parentheses")
            self._at += 1
            self._link()
            return Unary("not", self._binary(NOT))
        return self._calls(self._signed())

    def _signed(self) -> Expr:
        sign = self.take("-", "+")
        if not sign:
            return self._postfix(self._primary())
        self._link()
        found = self._signed()
        if sign == "+":
            return found
        value = found.value if isinstance(found, Literal) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Literal(-value)
        return Unary("-", found)

    # Filters, tests and keys

    def _calls(self, operand: Expr) -> Expr:
        while True:
            offset = self.token.offset
            if self.take("|"):
                name = self.word("a filter")
                args, named = self._arguments() if self.take("(") else ((), ())
                operand = Call("|", name.text, (operand, *args), named, name.offset)
            elif self.take("is"):
                operand = self._test(operand)
            elif self.token.text == "(" and self.token.kind == "op":
                raise SyntaxProblem(
                    "nothing can be called here; values have filters, as in `name | upper`", offset
                )
            else:
                return operand
            self._link()

    def _test(self, operand: Expr) -> Expr:
        negated = self.take("not")
        token = self.token
        # `in` is a word of the grammar and the name of a test.
        name = token.text if self.take("in") else self.word("a test").text
        args: tuple[Expr, ...] = ()
        if self.take("("):
            args, named = self._arguments()
            if named:
                raise SyntaxProblem("tests take no named arguments", token.offset)
        elif self.token.kind in _ARGUMENT_KINDS and self.token.text not in _RESERVED:
            args = (self._postfix(self._primary()),)
        found = Call("is", name, (operand, *args), (), token.offset)
        return Unary("not", found) if negated else found

    def _arguments(self) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
        args: list[Expr] = []
        named: dict[str, Expr] = {}
        while not self.take(")"):
            following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
            if self.token.kind == "name" and following.text == "=":
                name = self.word("an argument").text
                self.expect("=")
                named[name] = self.expression()
            elif named:
                raise self.problem("named arguments come last")
            else:
                args.append(self.expression())
            if self.token.text != ")":
                self.expect(",")
        return tuple(args), tuple(named.items())

    def _postfix(self, base: Expr) -> Expr:
        while True:
            if self.take("."):
                key: Expr = Literal(self._attribute())
            elif self.take("["):
                found = self._subscript(base)
                if isinstance(found, Slice):
                    base = found
                    self._link()
                    continue
                key = found
            else:
                return base
            self._link()
            base = _item(base, key)

    def _attribute(self) -> str:
        token = self.token
        # After a dot even `in` and `if` are keys of the data.
        if token.kind != "name":
            raise self.problem(f"expected a key, found `{token.text or 'the end'}`")
        if token.text.startswith("__"):
            raise self.problem(f"`{token.text}` is not data")
        self._at += 1
        return token.text

    def _subscript(self, base: Expr) -> Expr:
        bounds: list[Expr | None] = []
        while True:
            here = None if self.token.text in {":", "]"} else self.expression()
            bounds.append(here)
            if not self.take(":"):
                break
        self.expect("]")
        if len(bounds) > 3 or (len(bounds) == 1 and bounds[0] is None):
            raise self.problem("a key is missing" if len(bounds) == 1 else "too many `:`")
        if len(bounds) == 1 and bounds[0] is not None:
            return bounds[0]
        return Slice(base, tuple(bounds))

    # Values

    def _primary(self) -> Expr:
        token = self.token
        if token.kind == "end":
            raise self.problem("a value is missing")
        self._at += 1
        if token.kind == "text":
            return Literal(unquote(token.text))
        if token.kind == "number":
            return Literal(_number(token))
        if token.kind == "name":
            return self._name(token)
        if token.text == "(":
            return self._parenthesis()
        if token.text == "[":
            return Listing(self._items("]"))
        if token.text == "{":
            return Mapped(self._pairs())
        raise SyntaxProblem(f"unexpected `{token.text}`", token.offset)

    def _name(self, token: Token) -> Expr:
        name = token.text
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name])
        if name in _RESERVED:
            raise SyntaxProblem(f"unexpected `{name}`", token.offset)
        if name.startswith("_"):
            raise SyntaxProblem(f"`{name}` is not a name that data has", token.offset)
        if self.take("("):
            args, named = self._arguments()
            return Call("()", name, args, named, token.offset)
        return Path(name, (), token.offset)

    def _parenthesis(self) -> Expr:
        first = self.expression()
        if self.take(","):
            return Listing((first, *self._items(")")))
        self.expect(")")
        return first

    def _items(self, end: str) -> tuple[Expr, ...]:
        found: list[Expr] = []
        while not self.take(end):
            found.append(self.expression())
            if self.token.text != end:
                self.expect(",")
        return tuple(found)

    def _pairs(self) -> tuple[tuple[Expr, Expr], ...]:
        found: list[tuple[Expr, Expr]] = []
        while not self.take("}"):
            key = self.expression()
            self.expect(":")
            found.append((key, self.expression()))
            if self.token.text != "}":
                self.expect(",")
        return tuple(found)


def _item(base: Expr, key: Expr) -> Expr:
    name = key.value if isinstance(key, Literal) else None
    if isinstance(base, Path) and isinstance(name, str | int) and not isinstance(name, bool):
        return Path(base.root, (*base.keys, name), base.offset)
    return Item(base, key)


def _number(token: Token) -> int | float:
    text = token.text.replace("_", "")
    value = int(text) if text.isdigit() else float(text)
    if abs(value) > (MAX_INT if isinstance(value, int) else 1.7976931348623157e308):
        raise SyntaxProblem(f"the number {token.text[:30]} is too large", token.offset)
    return value
