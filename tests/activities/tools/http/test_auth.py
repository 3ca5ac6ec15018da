"""Who calls: every kind of credentials, and where they must not go."""

import base64
import logging
from typing import Any

import pytest

from activities.errors import HttpStatusError, InvalidInput, ToolError
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Asked, Server, call

SECRET = "s3cret-value"
KINDS: dict[str, dict[str, Any]] = {
    "basic": {"type": "basic", "username": "me", "password": SECRET},
    "bearer": {"type": "bearer", "token": SECRET},
    "header": {"type": "api_key", "name": "X-API-Key", "value": SECRET},
    "query": {"type": "api_key", "name": "api_key", "value": SECRET, "place": "query"},
}
kinds = pytest.mark.parametrize("kind", KINDS)


def shown_in(asked: Asked) -> str:
    """All that a request carries, with what Basic hides undone."""
    basic = asked.headers.get("authorization", "").removeprefix("Basic ")
    try:
        undone = base64.b64decode(basic, validate=True).decode()
    except ValueError:
        undone = ""
    return f"{asked} {undone}"


async def test_nobody_says_nothing(server: Server, attempt: Attempt) -> None:
    await call(attempt, server, url=server.url, auth={"type": "none"})
    assert "authorization" not in server.requests[0].headers


async def test_basic(server: Server, attempt: Attempt) -> None:
    auth = {"type": "basic", "username": "jö", "password": "a:ü"}
    await call(attempt, server, url=server.url, auth=auth)
    kind, _, value = server.requests[0].headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(value).decode()) == ("Basic", "jö:a:ü")
    with pytest.raises(InvalidInput, match="colon"):
        await call(attempt, server, url=server.url, auth=auth | {"username": "a:b"})


async def test_bearer(server: Server, attempt: Attempt) -> None:
    await call(attempt, server, url=server.url, auth=KINDS["bearer"])
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_a_key_in_a_header(server: Server, attempt: Attempt) -> None:
    await call(attempt, server, url=server.url, auth=KINDS["header"])
    assert server.requests[0].headers["x-api-key"] == SECRET


async def test_a_key_in_the_query(server: Server, attempt: Attempt) -> None:
    auth = KINDS["query"] | {"value": "a&b ü"}
    await call(attempt, server, url=f"{server.url}/p?a=1&api_key=old", auth=auth, query={"b": 2})
    assert server.requests[0].path == "/p?a=1&b=2&api_key=a%26b+%C3%BC"


@kinds
async def test_credentials_do_not_follow_to_another_origin(
    server: Server, other: Server, attempt: Attempt, kind: str
) -> None:
    server.answers["/"] = (302, {"Location": f"{other.url}/on"}, b"")
    await call(attempt, server, other, url=f"{server.url}/", auth=KINDS[kind])
    assert SECRET in shown_in(server.requests[0])
    assert SECRET not in shown_in(other.requests[0])


async def test_credentials_do_not_come_back_with_a_detour(
    server: Server, other: Server, attempt: Attempt
) -> None:
    server.answers["/"] = (302, {"Location": f"{other.url}/detour"}, b"")
    other.answers["/detour"] = (302, {"Location": f"{server.url}/chosen-by-others"}, b"")
    await call(attempt, server, other, url=f"{server.url}/", auth=KINDS["bearer"])
    assert [asked.path for asked in server.requests] == ["/", "/chosen-by-others"]
    assert "authorization" not in server.requests[1].headers


async def test_credentials_that_a_redirect_brings_are_not_used(
    server: Server, other: Server, attempt: Attempt
) -> None:
    theirs = f"http://their:own@{other.authority}/on"
    server.answers["/"] = (302, {"Location": theirs}, b"")
    await call(attempt, server, other, url=f"{server.url}/", auth=KINDS["bearer"])
    assert "authorization" not in other.requests[0].headers


@kinds
@pytest.mark.parametrize("status", [302, 400, 401, 503])
async def test_no_error_and_no_line_shows_credentials(
    server: Server,
    attempt: Attempt,
    kind: str,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers["/"] = (status, {"Location": "ftp://x"}, b"no")
    with pytest.raises(ToolError) as caught:
        await call(attempt, server, url=f"{server.url}/", auth=KINDS[kind])
    told = f"{caught.value!r} {caught.value.details} {attempt.lines} {caplog.text}"
    assert SECRET not in told
    assert base64.b64encode(f"me:{SECRET}".encode()).decode() not in told


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "bearer", "token": f"{SECRET}\n"},
        {"type": "bearer", "token": f"{SECRET}é"},
        {"type": "api_key", "name": "X-API-Key", "value": f"{SECRET}\r\nX: y"},
        {"type": "api_key", "name": "X API", "value": SECRET},
    ],
)
async def test_credentials_that_cannot_be_sent_are_named_but_not_shown(
    server: Server, attempt: Attempt, auth: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match=r"config\.auth") as caught:
        await call(attempt, server, url=server.url, auth=auth)
    assert SECRET not in str(caught.value)
    assert server.requests == []


async def test_a_refused_fixed_token_is_not_tried_twice(server: Server, attempt: Attempt) -> None:
    server.answers["/"] = (401, {}, b"")
    with pytest.raises(HttpStatusError):
        await call(attempt, server, url=f"{server.url}/", auth=KINDS["bearer"])
    assert len(server.requests) == 1
