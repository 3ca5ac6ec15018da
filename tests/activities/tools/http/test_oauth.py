"""OAuth 2 client credentials: one token for many calls, renewed in time."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from activities.errors import (
    AddressBlocked,
    AuthenticationFailed,
    ConnectionFailed,
    HttpStatusError,
    InvalidInput,
    ToolError,
)
from activities.tools.http import HttpTool
from activities.tools.http.oauth import EARLY_SECONDS
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Asked, Server, as_json, call, client_for, run

SECRET = "s3cret+/value"
Call = Callable[..., Any]


class Issuer:
    """The token endpoint of a server: numbered tokens, each good until it is revoked."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked: list[Asked] = []
        self.answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": 3_600}
        self.good: set[str] = set()
        self.pause = 0.0
        server.answers["/token"] = self._token
        server.answers["/data"] = self._data

    def auth(self, **more: Any) -> dict[str, Any]:
        return {
            "type": "oauth2",
            "token_url": f"{self.server.url}/token",
            "client_id": "my id",
            "client_secret": SECRET,
            **more,
        }

    def _token(self, asked: Asked) -> Any:
        time.sleep(self.pause)
        self.asked.append(asked)
        token = f"token-{len(self.asked)}"
        self.good.add(token)
        return as_json({"access_token": token, **self.answer})

    def _data(self, asked: Asked) -> Any:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return as_json({"token": token}) if token in self.good else as_json({}, 401)


@pytest.fixture
def issuer(server: Server) -> Issuer:
    return Issuer(server)


@pytest.fixture
async def tool(server: Server) -> AsyncIterator[HttpTool]:
    """One tool, as a worker has."""
    client = client_for(server)
    yield HttpTool(client)
    await client.close()


async def token_of(tool: HttpTool, issuer: Issuer, attempt: Attempt, **auth: Any) -> str:
    """The token that a call was made with."""
    url = f"{issuer.server.url}/data"
    found = await run(tool, attempt, url=url, auth=issuer.auth(**auth))
    return str(found["body"]["token"])


def form_of(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


async def test_the_client_shows_itself_as_the_standard_wants(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    await token_of(tool, issuer, attempt, scopes=["a", "b"], audience="https://api.example.com")
    (asked,) = issuer.asked
    assert asked.method == "POST"
    assert form_of(asked) == {
        "grant_type": "client_credentials",
        "scope": "a b",
        "audience": "https://api.example.com",
    }
    shown = base64.b64decode(asked.headers["authorization"].removeprefix("Basic "))
    assert shown == b"my+id:s3cret%2B%2Fvalue"


async def test_the_client_may_show_itself_in_the_body(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    await token_of(tool, issuer, attempt, client_auth="body")
    assert "authorization" not in issuer.asked[0].headers
    assert form_of(issuer.asked[0]) == {
        "grant_type": "client_credentials",
        "client_id": "my id",
        "client_secret": SECRET,
    }


async def test_a_token_serves_many_calls(tool: HttpTool, issuer: Issuer, attempt: Attempt) -> None:
    found = [await token_of(tool, issuer, attempt) for _ in range(5)]
    assert found == ["token-1"] * 5


async def test_calls_at_once_share_one_request(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    issuer.pause = 0.2
    found = await asyncio.gather(*(token_of(tool, issuer, attempt) for _ in range(20)))
    assert set(found) == {"token-1"}
    assert len(issuer.asked) == 1


async def test_a_caller_that_gives_up_leaves_the_token_to_the_others(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    issuer.pause = 0.3
    first = asyncio.create_task(token_of(tool, issuer, attempt))
    second = asyncio.create_task(token_of(tool, issuer, attempt))
    await asyncio.sleep(0.1)
    first.cancel()
    assert await second == "token-1"
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "other"},
        {"client_secret": "other"},
        {"scopes": ["other"]},
        {"audience": "other"},
    ],
)
async def test_what_differs_has_its_own_token(
    tool: HttpTool, issuer: Issuer, attempt: Attempt, other: dict[str, Any]
) -> None:
    assert await token_of(tool, issuer, attempt) == "token-1"
    assert await token_of(tool, issuer, attempt, **other) == "token-2"
    assert await token_of(tool, issuer, attempt) == "token-1"


async def test_a_token_is_renewed_before_it_expires(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    issuer.answer["expires_in"] = EARLY_SECONDS + 2
    assert await token_of(tool, issuer, attempt) == "token-1"
    assert await token_of(tool, issuer, attempt) == "token-1"
    await asyncio.sleep(2.1)
    assert await token_of(tool, issuer, attempt) == "token-2"


@pytest.mark.parametrize("expires_in", [0, -5, EARLY_SECONDS, str(EARLY_SECONDS)])
async def test_a_token_that_is_nearly_over_is_used_once(
    tool: HttpTool, issuer: Issuer, attempt: Attempt, expires_in: object
) -> None:
    issuer.answer["expires_in"] = expires_in
    assert await token_of(tool, issuer, attempt) == "token-1"
    assert await token_of(tool, issuer, attempt) == "token-2"


@pytest.mark.parametrize("expires_in", [None, "soon", "nan", "1e999", []])
async def test_a_token_of_unknown_life_is_kept_a_while(
    tool: HttpTool, issuer: Issuer, attempt: Attempt, expires_in: object
) -> None:
    issuer.answer["expires_in"] = expires_in
    assert await token_of(tool, issuer, attempt) == "token-1"
    assert await token_of(tool, issuer, attempt) == "token-1"


async def test_a_kept_token_that_is_refused_is_renewed_once(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    assert await token_of(tool, issuer, attempt) == "token-1"
    issuer.good.clear()
    assert await token_of(tool, issuer, attempt) == "token-2"
    assert len(issuer.asked) == 2


async def test_a_new_token_that_is_refused_is_an_error(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    assert await token_of(tool, issuer, attempt) == "token-1"
    issuer.server.answers["/data"] = (401, {}, b"")
    for tokens in (2, 3):
        with pytest.raises(HttpStatusError) as caught:
            await token_of(tool, issuer, attempt)
        assert not caught.value.retryable
        assert len(issuer.asked) == tokens


async def test_a_renewed_call_sends_its_body_and_key_again(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    await token_of(tool, issuer, attempt)
    issuer.good.clear()
    issuer.server.requests.clear()
    post = {"method": "POST", "multipart": [{"name": "a", "value": "b"}], "auth": issuer.auth()}
    await run(tool, attempt, url=f"{issuer.server.url}/data", **post)
    first, token, second = issuer.server.requests
    assert [first.path, token.path, second.path] == ["/data", "/token", "/data"]
    assert b'name="a"' in first.body
    assert b'name="a"' in second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (as_json({"error": "invalid_client"}, 401), AuthenticationFailed, "invalid_client"),
        (as_json({"error": "invalid_scope"}, 400), AuthenticationFailed, "invalid_scope"),
        (as_json({"error": f"you sent {SECRET}"}, 400), AuthenticationFailed, "status 400"),
        ((404, {}, b"<html>"), AuthenticationFailed, "status 404"),
        ((302, {"Location": "/elsewhere"}, b""), AuthenticationFailed, "status 302"),
        ((200, {}, b""), AuthenticationFailed, "access_token"),
        ((200, {}, b"[]"), AuthenticationFailed, "access_token"),
        (as_json({}), AuthenticationFailed, "access_token"),
        (as_json({"access_token": 5}), AuthenticationFailed, "access_token"),
        (as_json({"access_token": "a\r\nX: y"}), AuthenticationFailed, "access_token"),
        (as_json({"access_token": "a", "token_type": "mac"}), AuthenticationFailed, "bearer"),
        (as_json({"access_token": "a", "token_type": 5}), AuthenticationFailed, "bearer"),
        (as_json({}, 500), HttpStatusError, "500"),
        (as_json({}, 429, Retry_After="9"), HttpStatusError, "429"),
    ],
)
async def test_an_endpoint_that_gives_no_token(
    tool: HttpTool,
    issuer: Issuer,
    attempt: Attempt,
    answer: Any,
    error: type[ToolError],
    match: str,
) -> None:
    issuer.server.answers["/token"] = answer
    with pytest.raises(error, match=match) as caught:
        await token_of(tool, issuer, attempt)
    assert caught.value.retryable is (error is HttpStatusError)
    assert caught.value.retry_after == (9 if answer[0] == 429 else None)
    assert SECRET not in f"{caught.value!r} {caught.value.details} {attempt.lines}"
    assert [asked.path for asked in issuer.server.requests] == ["/token"]


async def test_an_endpoint_that_failed_is_asked_again(
    tool: HttpTool, issuer: Issuer, attempt: Attempt
) -> None:
    good = issuer.server.answers["/token"]
    issuer.server.answers["/token"] = (503, {}, b"")
    with pytest.raises(HttpStatusError):
        await token_of(tool, issuer, attempt)
    issuer.server.answers["/token"] = good
    assert await token_of(tool, issuer, attempt) == "token-1"


async def test_the_endpoint_is_guarded_too(server: Server, other: Server, attempt: Attempt) -> None:
    auth = Issuer(other).auth()
    with pytest.raises(AddressBlocked):
        await call(attempt, server, url=server.url, auth=auth)
    assert server.requests == other.requests == []


@pytest.mark.parametrize(
    ("token_url", "error"),
    [
        ("ftp://example.org", InvalidInput),
        ("http://me:s3cret@example.org", InvalidInput),
        ("http://nowhere.invalid/", ConnectionFailed),
    ],
)
async def test_an_endpoint_that_is_none(
    server: Server, attempt: Attempt, token_url: str, error: type[ToolError]
) -> None:
    auth = Issuer(server).auth(token_url=token_url)
    with pytest.raises(error) as caught:
        await call(attempt, server, url=server.url, auth=auth)
    if error is InvalidInput:
        assert "config.auth.token_url" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert server.requests == []


async def test_tokens_do_not_go_to_another_origin(
    server: Server, other: Server, attempt: Attempt
) -> None:
    issuer = Issuer(server)
    server.answers["/away"] = (302, {"Location": f"{other.url}/"}, b"")
    other.answers["/"] = (401, {}, b"")
    client = client_for(server, other)
    tool = HttpTool(client)
    for _ in range(2):
        with pytest.raises(HttpStatusError):
            await run(tool, attempt, url=f"{server.url}/away", auth=issuer.auth())
    await client.close()
    # What refused never had the token, so the token is as good as it was.
    assert len(issuer.asked) == 1
    assert all("authorization" not in asked.headers for asked in other.requests)
