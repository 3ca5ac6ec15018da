"""Expressions: what they give, and what they say when they cannot."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from models.graph.expression import (
    ExpressionError,
    References,
    references,
    render_condition,
    render_value,
)
from models.graph.text import render_text
from models.graph.values import check_json

ARTIFACT = {
    "$artifact": {
        "id": "e.1",
        "size": 5,
        "content_type": "text/csv",
        "preview": "a,b",
        "sha256": "s",
    }
}
SCOPE: dict[str, Any] = {
    "input": {"n": 3, "close": [1, 2, 3], "text": "x{{ input.n }}y", "none": None, "flag": True},
    "nodes": {"prices": {"output": {"v": 1.5}, "status": "completed", "error": None}},
    "vars": {"threshold": 30},
    "item": "AAPL",
    "file": ARTIFACT,
}
ROWS = [{"s": "B", "v": 2}, {"s": "A", "v": 1}, {"s": "C", "v": 2}]


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{ input.n }}", 3),
        (" {{ input.n }}\n", 3),
        ("n is {{ input.n }}", "n is 3"),
        ("{{ input.text }}", "x{{ input.n }}y"),
        ("{{ input.close }}", [1, 2, 3]),
        ("{{ input.close[1:] }}", [2, 3]),
        ("{{ input['n'] + 1 }}", 4),
        ("{{ nodes.prices.output.v < vars.threshold }}", True),
        ("{{ input.none == none }}", True),
        ("{{ input.missing | default(7) }}", 7),
        ("{{ input.none | default(7, true) }}", 7),
        ("{{ input.missing is defined }}", False),
        ("{{ 'a' if input.flag else 'b' }}", "a"),
        ("{{ input.missing if input.n > 5 else 'b' }}", "b"),
        ("{{ {'a': [input.n, item]} }}", {"a": [3, "AAPL"]}),
        ("{{ range(3) | list }}", [0, 1, 2]),
        ("{{ input.close | sum }}", 6),
        ("{{ input.close | map('string') | join('-') }}", "1-2-3"),
        ("{{ '%.2f' | format(1.5) }}", "1.50"),
        ("{{ not input.flag }}", False),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ 7 // 2 }} {{ 7 % 2 }}", "3 1"),
        ("{{ file.size }}", 5),
        ("{{ file }}", ARTIFACT),
        ("{{ input.close | tojson }}", "[1,2,3]"),
        ("{{ 'ab' ~ 1 ~ none }}", "ab1null"),
        ("{{ 'b' in 'abc' and 2 in input.close }}", True),
    ],
)
def test_values_keep_their_type(template: str, value: Any) -> None:
    assert render_value(template, SCOPE) == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ rows | sort(attribute='v') | map(attribute='s') }}", ["A", "B", "C"]),
        ("{{ rows | selectattr('v', 'gt', 1) | map(attribute='s') }}", ["B", "C"]),
        ("{{ rows | groupby('v') | length }}", 2),
        ("{{ rows | map(attribute='v') | unique }}", [2, 1]),
        ("{{ (rows | max(attribute='v')).s }}", "B"),
        ("{{ rows | sum(attribute='v') }}", 5),
        ("{{ rows | first }}", {"s": "B", "v": 2}),
        ("{{ rows | batch(2) | length }}", 2),
        ("{{ 'a,b' | split(',') }}", ["a", "b"]),
        ("{{ ' x ' | trim | upper }}", "X"),
        ("{{ 3.14159 | round(2) }}", 3.14),
        ("{{ '3' | int + 1 }}", 4),
        ("{{ 'a b&c' | urlencode }}", "a%20b%26c"),
        ("{{ {'b': 1, 'a': 2} | dictsort }}", [["a", 2], ["b", 1]]),
        ("{{ {'b': 1} | items }}", [["b", 1]]),
        ("{{ 'abcdef' | truncate(4) }}", "a..."),
        ("{{ [3, 1] | reverse }}", [1, 3]),
        ("{{ 'x' | replace('x', 'yy') }}", "yy"),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ -rows[0].v | abs }}", 2),
    ],
)
def test_filters(template: str, value: Any) -> None:
    assert render_value(template, {"rows": ROWS}) == value


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ ipnut.n }}", "did you mean `input`"),
        ("{{ nodes.prices.outptu }}", "did you mean `output`"),
        ("{{ nodes.price.output }}", "did you mean `prices`"),
        ("{{ input.none.x }}", "`input.none` is null"),
        ("{{ input.close[9] }}", "has 3 items"),
        ("{{ not input.missing }}", "has no `missing`"),
        ("{{ input.missing or 3 }}", "has no `missing`"),
        ("{{ input.n", "`}}` is missing"),
        ("{{ }}", "a value is missing"),
        ("{{ 1 + }}", "a value is missing"),
        ("{{ input.n + 'a' }}", "`~` joins texts"),
        ("{{ 'a' < 1 }}", "compares two numbers or two texts"),
        ("{{ input.close | nope }}", "there is no filter"),
        ("{{ input.close | jion }}", "did you mean `join`"),
        ("{{ input.n is odder }}", "there is no test"),
        ("{{ nope(1) }}", "there is no function"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ secrets.key }}", "of a tool only"),
        ("{{ file['sha256'] }}", "has no `sha256`"),
        ("{{ [] | first }}", "missing"),
        ("{{ 9223372036854775807 + 1 }}", "64 bits"),
        ("{{ 1e308 * 10 }}", "finite"),
        ("{{ 1 < 2 < 3 }}", "cannot be chained"),
        ("{{ 'a' if true }}", "needs an `else`"),
    ],
)
def test_errors_name_the_field_and_the_fix(template: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render_value({"close": [template]}, SCOPE, field="inputs")
    assert caught.value.field == "inputs.close[0]"
    assert caught.value.message.startswith("inputs.close[0]: ")
    assert says in caught.value.message


def test_a_condition_is_one_expression() -> None:
    assert render_condition("input.n > 2", SCOPE)
    assert not render_condition("{{ input.close[3:] }}", SCOPE)
    with pytest.raises(ExpressionError, match="without text around it"):
        render_condition("{{ input.n }} > 2", SCOPE)


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ nodes.a.output + nodes['b'].x }}", (("nodes",), ("a", "b"), False)),
        ("{{ nodes[item].output }}", (("item", "nodes"), (), True)),
        ("{{ nodes }}", (("nodes",), (), True)),
        (
            {"x": ["{{ input.n }}", 3, "{{ vars.a | default(item) }}"]},
            (("input", "item", "vars"), (), False),
        ),
        ("no braces", ((), (), False)),
    ],
)
def test_references(template: Any, found: tuple[Any, Any, bool]) -> None:
    roots, nodes, all_nodes = found
    assert references(template) == References(frozenset(roots), frozenset(nodes), all_nodes)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for r in rows %}{{ r.s }}{{ loop.index }} {% endfor %}", "B1 A2 C3 "),
        ("{% for r in none_here %}x{% else %}empty{% endfor %}", "empty"),
        ("{% if rows | length > 2 -%}  many  {%- elif rows %}some{% else %}no{% endif %}", "many"),
        ("{% for k, v in facts | items %}{{ k }}={{ v }};{% endfor %}", "a=1;b=null;"),
        ("{# nothing #}{{ '{{' }} {{ facts }}", '{{ {"a":1,"b":null}'),
    ],
)
def test_texts(source: str, text: str) -> None:
    scope = {"rows": ROWS, "none_here": [], "facts": {"a": 1, "b": None}}
    assert render_text(source, scope) == text


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{% set x = 1 %}", "no tag of texts"),
        ("{% macro m() %}{% endmacro %}", "no tag of texts"),
        ("{% include 'x' %}", "no tag of texts"),
        ("{% if rows %}", "`{% endif %}` is missing"),
        ("{% endfor %}", "closes nothing"),
        ("{% for r in nope %}{% endfor %}", "there is no `nope`"),
        ("{{ r.s }}", "there is no `r`"),
        ("{# open", "`#}` is missing"),
    ],
)
def test_texts_that_are_none(source: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=None) as caught:
        render_text(source, {"rows": ROWS})
    assert says in caught.value.message


# Any source, any data ----------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "|",
            "~",
            "+",
            "*",
            "**",
            "<",
            "==",
            ".",
            ",",
            ":",
        ),
        *("input", "nodes", "x", "if", "else", "not", "in", "is", "and", "for", "range", "default"),
        *(
            "join",
            "map",
            "sort",
            "length",
            "tojson",
            "defined",
            "1",
            "2.5",
            "'a'",
            "none",
            "_b",
            " ",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join), JSON)
def test_any_source_gives_json_or_a_typed_error(source: str, data: Any) -> None:
    for template in (source, "{{ " + source + " }}"):
        with suppress(ExpressionError):
            check_json(render_value(template, {"input": data, "x": data}))


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_data_goes_through_unchanged_and_is_never_evaluated(data: Any) -> None:
    assert render_value("{{ input }}", {"input": data}) == data
    wrapped = render_value("{{ [input][0] }}", {"input": {"v": data, "b": "{{ 1 }}"}})
    assert wrapped == {"v": data, "b": "{{ 1 }}"}


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=10).map(" ".join), JSON)
def test_references_name_all_that_evaluation_reads(source: str, data: Any) -> None:
    template = "{{ " + source + " }}"
    scope = dict.fromkeys(("input", "nodes", "x"), data)
    try:
        whole = render_value(template, scope)
        found = references(template)
    except ExpressionError:
        return
    narrowed = {name: value for name, value in scope.items() if name in found.roots}
    assert render_value(template, narrowed) == whole
