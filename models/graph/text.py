"""Texts with `{% if %}` and `{% for %}`: reports, prompts, mail bodies."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field as made_by
from functools import lru_cache

from models.graph.expression import (
    ExpressionError,
    engine,
    explain_missing,
    frozen_scope,
    malformed,
    refused,
)
from models.graph.frozen import Budget, ValueRefused
from models.graph.limits import MAX_RENDERED_BYTES
from models.graph.parser import Parser
from models.graph.rewriting import BUDGET, Rewriting, Use
from models.graph.syntax import SyntaxProblem, Token, tokenize
from models.graph.values import Json

MAX_BLOCKS = 500
MAX_BLOCK_DEPTH = 10
_OPEN = re.compile(r"\{\{-?|\{%-?|\{#")
_TAGS = "`if`, `elif`, `else`, `endif`, `for` and `endfor`"
# What the engine raises about values, and our functions through it.
_REFUSALS = (RuntimeError, ValueRefused, OverflowError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the engine reads it, and what it reads from its scope."""

    code: str
    uses: tuple[Use, ...]


def render_text(source: str, scope: Mapping[str, Json], *, field: str = "") -> str:
    """`source` with its tags evaluated; may take long, so render it where time is limited.

    Raises:
        ExpressionError: a tag is malformed, reads what is missing, or makes too much.
    """
    text = compile_text(source, field=field)
    try:
        found: str = engine().render_str(text.code, **frozen_scope(scope, text.uses, Budget()))
    except _REFUSALS as error:
        missing = explain_missing(text.uses, scope, source, field)
        raise missing or refused(error, source, field) from None
    if len(found.encode(errors="replace")) > MAX_RENDERED_BYTES:
        raise ExpressionError(f"{field}: the text is larger than 1 MiB".lstrip(": "), field)
    return found


def compile_text(source: str, *, field: str = "") -> Text:
    """The compiled text; raises `ExpressionError`, with the place, for one that is malformed."""
    try:
        return _compile(source)
    except SyntaxProblem as problem:
        raise malformed(problem, source, field) from None


@lru_cache(maxsize=256)
def _compile(source: str) -> Text:
    return _Compiler(source).run()


@dataclass
class _Compiler:
    """Walks from tag to tag; plain text becomes a quoted literal, so that it is never a tag."""

    source: str
    code: list[str] = made_by(default_factory=list)
    uses: list[Use] = made_by(default_factory=list)
    blocks: list[str] = made_by(default_factory=list)
    names: list[frozenset[str]] = made_by(default_factory=list)
    tags: int = 0
    trim: bool = False

    def run(self) -> Text:
        """Compile all of it."""
        at = 0
        while found := _OPEN.search(self.source, at):
            self._plain(self.source[at : found.start()], before=found.group().endswith("-"))
            at = self._tag(found.group().removesuffix("-"), found.end())
        self._plain(self.source[at:], before=False)
        if self.blocks:
            raise SyntaxProblem(f"`{{% end{self.blocks[-1]} %}}` is missing", len(self.source))
        return Text("".join(self.code), tuple(self.uses))

    def _plain(self, text: str, *, before: bool) -> None:
        if self.trim:
            text = text.lstrip()
        if before:
            text = text.rstrip()
        self.trim = False
        if text:
            self.code.append(f"{{{{ {json.dumps(text, ensure_ascii=False)} }}}}")

    def _tag(self, opening: str, start: int) -> int:
        self.tags += 1
        if self.tags > MAX_BLOCKS:
            raise SyntaxProblem(f"more than {MAX_BLOCKS} tags in one text", start)
        if opening == "{#":
            end = self.source.find("#}", start)
            if end < 0:
                raise SyntaxProblem("`#}` is missing", start)
            return end + 2
        closing = "}}" if opening == "{{" else "%}"
        tokens, end = tokenize(self.source, start, closing)
        tokens = self._trimmed(tokens)
        if opening == "{{":
            self._output(tokens)
        else:
            self._statement(tokens)
        return end

    def _trimmed(self, tokens: list[Token]) -> list[Token]:
        """Without the `-` before the end, which asks to drop the space after the tag."""
        last = tokens[-2] if len(tokens) > 1 else None
        if last is not None and last.text == "-" and last.offset + 1 == tokens[-1].offset:
            self.trim = True
            return [*tokens[:-2], tokens[-1]]
        return tokens

    def _output(self, tokens: list[Token]) -> None:
        rewriting = self._rewriting()
        code = rewriting.argument(Parser(tokens).whole())
        self.code.append(f"{{{{ _concatenate({BUDGET}, {code}) }}}}")
        self._note(rewriting)

    def _statement(self, tokens: list[Token]) -> None:
        word, rest = tokens[0], tokens[1:]
        if word.text in {"if", "elif"}:
            self._condition(word, rest)
        elif word.text == "for":
            self._loop(rest)
        elif word.text == "else":
            self._inside(word, "if", "for")
            self._ends(rest)
            self.code.append("{% else %}")
        elif word.text in {"endif", "endfor"}:
            self._inside(word, word.text.removeprefix("end"))
            self._ends(rest)
            self.blocks.pop()
            self.names.pop()
            self.code.append(f"{{% {word.text} %}}")
        else:
            raise SyntaxProblem(f"`{word.text}` is no tag of texts; there are {_TAGS}", word.offset)

    def _condition(self, word: Token, rest: list[Token]) -> None:
        if word.text == "elif":
            self._inside(word, "if")
        else:
            self._enter("if", frozenset(), word)
        rewriting = self._rewriting()
        code = rewriting.native(Parser(rest).whole())
        self.code.append(f"{{% {word.text} {code} %}}")
        self._note(rewriting)

    def _loop(self, rest: list[Token]) -> None:
        parser = Parser(rest)
        names = [parser.word("a name").text]
        while parser.take(","):
            names.append(parser.word("a name").text)
        for name in names:
            if name.startswith("_"):
                raise SyntaxProblem(f"`{name}` is not a name that data has", rest[0].offset)
        parser.expect("in")
        rewriting = self._rewriting()
        items = rewriting.native(parser.simple())
        parser.end()
        self.code.append(f"{{% for {', '.join(names)} in {items} %}}")
        self._note(rewriting)
        self._enter("for", frozenset({*names, "loop"}), rest[0])

    def _enter(self, block: str, names: frozenset[str], token: Token) -> None:
        if len(self.blocks) == MAX_BLOCK_DEPTH:
            raise SyntaxProblem("blocks are nested too deeply", token.offset)
        self.blocks.append(block)
        self.names.append(names)

    def _inside(self, word: Token, *blocks: str) -> None:
        if not self.blocks or self.blocks[-1] not in blocks:
            raise SyntaxProblem(f"`{word.text}` closes nothing", word.offset)

    def _ends(self, rest: list[Token]) -> None:
        if rest[0].kind != "end":
            raise SyntaxProblem(f"unexpected `{rest[0].text}`", rest[0].offset)

    def _rewriting(self) -> Rewriting:
        return Rewriting(frozenset().union(*self.names))

    def _note(self, rewriting: Rewriting) -> None:
        self.uses += [use for use in rewriting.uses if use.path.root not in rewriting.local]
