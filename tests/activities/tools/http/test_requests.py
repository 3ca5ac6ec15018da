"""What the HTTP tool sends: methods, queries, headers and every kind of body."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from activities.errors import InvalidInput
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Asked, Server, call


async def sent(attempt: Attempt, server: Server, **config: Any) -> Asked:
    """The request that a configuration makes."""
    await call(attempt, server, **{"url": server.url, "method": "POST", **config})
    return server.requests[-1]


def parts_of(asked: Asked) -> list[Message]:
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    return message_from_bytes(head + asked.body).get_payload()  # type: ignore[return-value]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_goes_out(server: Server, attempt: Attempt, method: str) -> None:
    asked = await sent(attempt, server, method=method)
    assert asked.method == method
    writes = method not in {"GET", "HEAD", "OPTIONS"}
    assert ("idempotency-key" in asked.headers) is writes


async def test_the_query_of_the_url_stays_in_front(server: Server, attempt: Attempt) -> None:
    query = {"b": "x y", "l": [1, "two", None], "on": True, "none": None, "ü": "&=", "o": {"a": 1}}
    asked = await sent(attempt, server, url=f"{server.url}/p?a=%20&flag#part", query=query)
    assert asked.path == ("/p?a=%20&flag&b=x+y&l=1&l=two&on=true&%C3%BC=%26%3D&o=%7B%22a%22%3A1%7D")


async def test_headers_are_as_they_are_given(server: Server, attempt: Attempt) -> None:
    headers = {"X-One": "a b", "X-Empty": "", "Host": "api.example.com", "User-Agent": "mine"}
    asked = await sent(attempt, server, headers=headers)
    assert headers.items() <= {n.title(): v for n, v in asked.headers.items()}.items()


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "private\r\nY: b"},
        {"X": "private\n"},
        {"X": "private\x00"},
        {"X": "private\x1b"},
        {"X": " private"},
        {"X": "privaté"},
        {"X y": "private"},
        {"X\n": "private"},
        {"": "private"},
    ],
)
async def test_a_header_that_cannot_be_sent_is_named_but_not_shown(
    server: Server, attempt: Attempt, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput, match=r"config\.headers") as caught:
        await sent(attempt, server, headers=headers)
    assert "priv" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert server.requests == []


async def test_json(server: Server, attempt: Attempt) -> None:
    asked = await sent(attempt, server, json_body={"a": [1, None, "ü"]})
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {"a": [1, None, "ü"]}
    own = {"Content-Type": "application/ld+json"}
    asked = await sent(attempt, server, json_body=[], headers=own)
    assert (asked.headers["content-type"], asked.body) == ("application/ld+json", b"[]")


async def test_a_form_may_repeat_names(server: Server, attempt: Attempt) -> None:
    asked = await sent(attempt, server, form={"a": "x y&", "l": [1, 2], "none": None, "on": True})
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"a=x+y%26&l=1&l=2&on=true"


async def test_a_text_is_sent_as_it_is(server: Server, attempt: Attempt) -> None:
    own = {"Content-Type": "text/csv; charset=utf-8"}
    asked = await sent(attempt, server, body="a;ü\r\n", headers=own)
    assert (asked.headers["content-type"], asked.body) == (own["Content-Type"], "a;ü\r\n".encode())


async def test_an_artifact_is_sent_with_its_length_and_kind(
    server: Server, attempt: Attempt
) -> None:
    data = bytes(range(256)) * 1_000
    stored = await attempt.artifacts.put(
        "00000000-0000-4000-8000-000000000000", data, content_type="image/png"
    )
    asked = await sent(attempt, server, method="PUT", body=stored)
    assert asked.body == data
    assert asked.headers["content-type"] == "image/png"
    assert asked.headers["content-length"] == str(len(data))
    assert "transfer-encoding" not in asked.headers
    asked = await sent(attempt, server, body=stored, headers={"content-type": "image/x-own"})
    assert asked.headers["content-type"] == "image/x-own"


async def test_json_that_became_an_artifact_is_sent_as_json(
    server: Server, attempt: Attempt
) -> None:
    data = json.dumps({"rows": list(range(50_000))}).encode()
    stored = await attempt.artifacts.put(
        "00000000-0000-4000-8000-000000000000", data, content_type="application/json"
    )
    asked = await sent(attempt, server, json_body=stored)
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == data


async def test_an_artifact_that_is_gone_is_the_callers_fault(
    server: Server, attempt: Attempt
) -> None:
    gone = {"$artifact": {"id": f"00000000-0000-4000-8000-000000000000.{'0' * 32}"}}
    with pytest.raises(InvalidInput, match="does not exist"):
        await sent(attempt, server, body=gone)
    with pytest.raises(InvalidInput, match="does not exist"):
        await sent(attempt, server, multipart=[{"name": "a", "value": gone}])
    assert server.requests == []


async def test_parts_keep_their_order_and_say_what_they_are(
    server: Server, attempt: Attempt
) -> None:
    stored = await attempt.artifacts.put(
        "00000000-0000-4000-8000-000000000000", b"\x00\xff", content_type="image/png", name="a.png"
    )
    asked = await sent(
        attempt,
        server,
        multipart=[
            {"name": "note", "value": "grüße"},
            {"name": "facts", "value": {"a": [1]}},
            {"name": "count", "value": 5},
            {"name": "left", "value": None},
            {"name": "picture", "value": stored},
            {"name": "table", "value": "a;b", "filename": "t.csv", "content_type": "text/csv"},
            {"name": 'odd"\r\nname', "value": stored, "filename": 'o"dd', "content_type": "a/b"},
        ],
    )
    found = [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["Content-Type"],
            part.get_payload(decode=True),
        )
        for part in parts_of(asked)
    ]
    assert found == [
        ("note", None, None, "grüße".encode()),
        ("facts", None, "application/json", b'{"a":[1]}'),
        ("count", None, None, b"5"),
        ("picture", "a.png", "image/png", b"\x00\xff"),
        ("table", "t.csv", "text/csv", b"a;b"),
        ("odd%22%0D%0Aname", "o%22dd", "a/b", b"\x00\xff"),
    ]
    assert asked.headers["content-length"] == str(len(asked.body))


async def test_a_parts_kind_cannot_begin_another_head(server: Server, attempt: Attempt) -> None:
    forged = {"$artifact": {"id": "x", "content_type": "a/b\r\nX: y"}}
    stored = await attempt.artifacts.put(
        "00000000-0000-4000-8000-000000000000", b"x", content_type="a/b\r\nX: y"
    )
    for part in (
        {"name": "a", "value": "x", "content_type": "a/b\r\nX: y"},
        {"name": "a", "value": stored},
    ):
        with pytest.raises(InvalidInput, match=r"multipart\[0\]\.content_type"):
            await sent(attempt, server, multipart=[part])
    with pytest.raises(InvalidInput):
        await sent(attempt, server, body=forged)
    with pytest.raises(InvalidInput, match="Content-Type"):
        await sent(attempt, server, body=stored)
    assert server.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {"json_body": {"a": 1}},
        {"form": {"a": "1"}},
        {"multipart": [{"name": "a", "value": "1"}]},
        {"body": "a=1"},
        {"artifact": True},
    ],
)
async def test_a_redirect_that_keeps_the_method_gets_the_same_body(
    server: Server, attempt: Attempt, body: dict[str, Any]
) -> None:
    if body.pop("artifact", False):
        body["body"] = await attempt.artifacts.put(
            "00000000-0000-4000-8000-000000000000", b"a=1", content_type="text/plain"
        )
    server.answers["/"] = (307, {"Location": "/on"}, b"")
    await sent(attempt, server, url=f"{server.url}/", **body)
    first, second = server.requests
    assert (first.path, second.path) == ("/", "/on")
    assert (first.method, first.body) == (second.method, second.body) == ("POST", first.body)
    assert first.body
    for name in ("content-type", "content-length", "idempotency-key"):
        assert first.headers.get(name) == second.headers.get(name)


async def test_see_other_becomes_a_read(server: Server, attempt: Attempt) -> None:
    server.answers["/"] = (303, {"Location": "/on"}, b"")
    await sent(attempt, server, url=f"{server.url}/", json_body={"a": 1})
    assert (server.requests[1].method, server.requests[1].body) == ("GET", b"")
