"""What templates see of a call, and what is no body at all."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from api.hooks.errors import BodyKindUnknown, CallInvalid
from api.hooks.event import MAX_FIELDS, read_event
from api.hooks.verification import PROOFS, Call
from models.graph.values import check_json


def body_of(body: bytes, content_type: str | None, query: str = "") -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    return read_event(Call(headers, query, body), "d")["body"]


@pytest.mark.parametrize(
    ("content_type", "body", "wanted"),
    [
        ("application/json", b'{"n": 1}', {"n": 1}),
        ("application/json; charset=utf-8", "\ufeff[1.5, null]".encode(), [1.5, None]),
        ("application/cloudevents+json", b'"x"', "x"),
        (
            "application/x-www-form-urlencoded",
            b"a=1&b=2&a=3&c=",
            {"a": ["1", "3"], "b": "2", "c": ""},
        ),
        ("application/x-www-form-urlencoded", b"x=%C3%A9+1", {"x": "é 1"}),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=ISO-8859-1", b"\xe9", "é"),
        ("text/csv", b"a,b\n1,2\n", "a,b\n1,2\n"),
        ("text/plain", b"", ""),
        (None, b"", None),
    ],
)
def test_bodies(content_type: str | None, body: bytes, wanted: Any) -> None:
    assert body_of(body, content_type) == wanted


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/xml",
        "image/png",
        "json",
        "text/plain; charset=utf-7",
        "text/plain; charset=rot13",
        "text/plain; charset=nothing",
        None,
    ],
)
def test_other_kinds_are_told(content_type: str | None) -> None:
    with pytest.raises(BodyKindUnknown, match="Content-Type"):
        body_of(b"x", content_type)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b"[Infinity]"),
        ("application/json", b"[1e999]"),
        ("application/json", b"[" * 100_000 + b"]" * 100_000),
        ("application/json", b"[" * 65 + b"]" * 65),
        ("application/json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        ("application/json", b'"\\u0000"'),
        ("application/json", b'"\\ud800"'),
        ("application/json", b'{"\\ud800": 1}'),
        ("application/json", b"9" * 5_000),
        ("application/json", b"9223372036854775808"),
        ("application/json", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"a=%00"),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"&a=1" * (MAX_FIELDS + 1)),
        ("text/plain", b"\x00"),
        ("text/plain", b"\xff"),
        ("text/plain; charset=us-ascii", b"\xe9"),
    ],
)
def test_hostile_bodies_are_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(CallInvalid, match="body"):
        body_of(body, content_type)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain"]),
    body=st.binary(max_size=300)
    | st.text(max_size=100).map(lambda text: json.dumps(text).encode()),
    query=st.text(max_size=50),
)
def test_whatever_is_read_can_be_stored(kind: str, body: bytes, query: str) -> None:
    try:
        event = read_event(Call({"content-type": kind}, query, body), "d")
    except CallInvalid:
        return
    check_json(event)


def test_headers_and_query() -> None:
    headers = {"content-type": "text/plain", "x-github-event": "push"} | dict.fromkeys(PROOFS, "x")
    event = read_event(Call(headers, "a=1&a=2&b=%20", b"hi"), "d-1")
    assert event == {
        "body": "hi",
        "headers": {"content-type": "text/plain", "x-github-event": "push"},
        "query": {"a": ["1", "2"], "b": " "},
        "delivery_id": "d-1",
    }
    for query in ("a=%00", "a=%ff", "&a=1" * (MAX_FIELDS + 1)):
        with pytest.raises(CallInvalid, match="query"):
            read_event(Call(headers, query, b""), "d")
