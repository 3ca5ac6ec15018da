"""Link headers and paths, as servers and people write them."""

import time
from typing import Any

import pytest

from activities.tools.http.links import next_link
from activities.tools.http.paths import ABSENT, look_up

BODY = {"data": {"rows": [{"id": 1}], "": 2, "a/b": 3, "m~n": 4}, "0": "zero", "": "empty"}


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://x.example/?page=2>; rel="next"', "https://x.example/?page=2"),
        ("</b>; rel=next", "/b"),
        ('</a>; rel="prev", </b>; rel="next"', "/b"),
        ('</b>; rel="next", </a>; rel="prev"', "/b"),
        ('</b>; rel="prefetch next"', "/b"),
        ("</b>; REL=Next", "/b"),
        ('</b> ;\trel = "next" ; title="a, b; c"', "/b"),
        ('</a,b;c>; title="x, </c>; rel=next"; rel=prev, </d>; rel=next', "/d"),
        ('</a>; title="say \\"rel=next\\""; rel=last, </b>; rel=next', "/b"),
        ('</b>; rel="next"; rel="prev"', "/b"),
        ('</b>; rel="prev"; rel="next"', None),
        ('</b>; rel="next"; anchor="#part"', None),
        ('</b>; rel="nextish"', None),
        ('</b>; title="next"', None),
        ("</b>", None),
        ("<>; rel=next", ""),
        ("< /b >; rel=next", "/b"),
        ("/b; rel=next", None),
        ("</b; rel=next", None),
        ("", None),
        (", , </b>; rel=next", "/b"),
        ("</a>; rel=last; x=y</z>, </b>; rel=next", "/b"),
    ],
)
def test_the_next_link(header: str, target: str | None) -> None:
    assert next_link(header) == target


@pytest.mark.parametrize("piece", ['<a>;x="', "<a>;", "<a>,", "<", ';"\\', '<a>;x="\\', "<a>; "])
def test_a_header_made_to_cost_time_costs_none(piece: str) -> None:
    started = time.monotonic()
    next_link(piece * (100_000 // len(piece)))
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (None, BODY),
        ("data.rows", [{"id": 1}]),
        ("data.rows.0.id", 1),
        ("/data/rows/0/id", 1),
        ("/data/", 2),
        ("/data/a~1b", 3),
        ("/data/m~0n", 4),
        ("0", "zero"),
        ("/", "empty"),
        ("data.rows.1", ABSENT),
        ("data.rows.-1", ABSENT),
        ("data.rows.²", ABSENT),
        ("data.rows.99999999999999999999", ABSENT),
        ("data.none.id", ABSENT),
        ("data..x", ABSENT),
        ("data.rows.0.id.x", ABSENT),
    ],
)
def test_paths(path: str | None, found: Any) -> None:
    assert look_up(BODY, path) == found
