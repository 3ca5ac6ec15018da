"""The HTTP tool against real local servers, and everything it must not do."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from activities.addresses import parse_openings
from activities.errors import (
    AddressBlocked,
    ConnectionFailed,
    HttpStatusError,
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
)
from activities.http_client import HttpClient
from activities.tools.http import HttpTool
from models.graph.values import check_json
from tests.activities.conftest import Attempt
from tests.activities.test_addresses import INSIDE
from tests.activities.tools.http.server import JSON, Server, call, run


async def test_json_text_and_bytes(server: Server, attempt: Attempt) -> None:
    server.answers = {
        "/json": (200, JSON, b'{"a": [1, 2.5]}'),
        "/text": (200, {"Content-Type": "text/plain; charset=latin-1"}, "é".encode("latin-1")),
        "/bytes.bin": (200, {"Content-Type": "application/octet-stream"}, b"\x00\xff"),
        "/empty": (204, {}, b""),
    }
    found = await call(attempt, server, url=f"{server.url}/json", query={"q": "a b", "l": [1, 2]})
    assert (found["status"], found["body"]) == (200, {"a": [1, 2.5]})
    assert found["headers"]["content-type"] == "application/json"
    assert server.requests[0][1] == "/json?q=a+b&l=1&l=2"
    assert (await call(attempt, server, url=f"{server.url}/text"))["body"] == "é"
    stored = (await call(attempt, server, url=f"{server.url}/bytes.bin"))["body"]
    assert stored["$artifact"]["name"] == "bytes.bin"
    assert await attempt.artifacts.get(stored) == b"\x00\xff"
    assert (await call(attempt, server, url=f"{server.url}/empty"))["body"] is None


async def test_writes_carry_a_key_and_reads_do_not(server: Server, attempt: Attempt) -> None:
    await call(attempt, server, url=server.url, method="POST", json_body={"x": 1})
    await call(attempt, server, url=server.url, method="PUT", form={"x": "1"})
    mine = {"idempotency-key": "mine"}
    await call(attempt, server, url=server.url, method="POST", body="raw", headers=mine)
    await call(attempt, server, url=server.url)
    keys = [headers.get("idempotency-key") for _, _, headers, _ in server.requests]
    assert keys == ["run:node:", "run:node:", "mine", None]
    assert [body for *_, body in server.requests] == [b'{"x":1}', b"x=1", b"raw", b""]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
async def test_statuses(server: Server, attempt: Attempt, status: int, retryable: bool) -> None:
    server.answers["/"] = (status, {"Retry-After": "7"}, b"why \x00")
    with pytest.raises(HttpStatusError) as caught:
        await call(attempt, server, url=f"{server.url}/")
    assert caught.value.retryable is retryable
    assert caught.value.retry_after == 7
    assert caught.value.details == {"status": status, "body": "why \ufffd"}
    kept = await call(attempt, server, url=f"{server.url}/", fail_on_status=False)
    assert kept["status"] == status


async def test_retry_after_may_be_a_date(server: Server, attempt: Attempt) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.answers["/"] = (503, {"Retry-After": soon}, b"")
    with pytest.raises(HttpStatusError) as caught:
        await call(attempt, server, url=f"{server.url}/")
    assert caught.value.retry_after is not None
    assert 20 < caught.value.retry_after <= 30


@pytest.mark.parametrize("host", [text for text in INSIDE if "%" not in text])
async def test_no_spelling_reaches_the_inside(attempt: Attempt, host: str) -> None:
    name = f"[{host}]" if ":" in host else host
    with pytest.raises((AddressBlocked, InvalidInput)):
        await call(attempt, url=f"http://{name}/")


async def test_nothing_is_even_connected(other: Server, attempt: Attempt) -> None:
    with pytest.raises(AddressBlocked, match="PASTETRADER_HTTP_ALLOW"):
        await call(attempt, url=other.url)
    assert other.requests == []


async def test_redirects_are_checked_again(server: Server, other: Server, attempt: Attempt) -> None:
    server.answers["/"] = (302, {"Location": other.url + "/inside"}, b"")
    with pytest.raises(AddressBlocked):
        await call(attempt, server, url=f"{server.url}/")
    assert other.requests == []
    for target in ("file:///etc/passwd", "gopher://x", "http://[::bad"):
        server.answers["/"] = (302, {"Location": target}, b"")
        with pytest.raises((ConnectionFailed, AddressBlocked)):
            await call(attempt, server, url=f"{server.url}/")


async def test_credentials_stay_with_their_origin(
    server: Server, other: Server, attempt: Attempt
) -> None:
    server.answers["/"] = (307, {"Location": other.url + "/on"}, b"")
    headers = {"Authorization": "Bearer s", "X-API-Key": "s", "Cookie": "s=1", "Accept": "a/b"}
    await call(attempt, server, other, url=f"{server.url}/", headers=headers)
    _, _, seen, _ = other.requests[0]
    assert not {"authorization", "x-api-key", "cookie"} & seen.keys()
    assert seen["accept"] == "a/b"
    server.answers["/"] = (307, {"Location": "/same"}, b"")
    await call(attempt, server, url=f"{server.url}/", headers=headers)
    assert server.requests[-1][2]["x-api-key"] == "s"


async def test_redirects_end(server: Server, attempt: Attempt) -> None:
    server.answers["/"] = (302, {"Location": "/"}, b"")
    with pytest.raises(ConnectionFailed, match="redirects"):
        await call(attempt, server, url=f"{server.url}/")
    stayed = await call(attempt, server, url=f"{server.url}/", follow_redirects=False)
    assert stayed["status"] == 302


async def test_a_name_that_changes_its_address_is_checked_when_connecting(
    other: Server, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classic rebinding: public when looked at, private when connected to."""
    loop = asyncio.get_running_loop()
    looks = 0

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        nonlocal looks
        looks += 1
        address = "203.0.113.5" if looks == 1 else "127.0.0.1"
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    with pytest.raises(AddressBlocked):
        await call(attempt, url=f"http://rebind.example:{other.http.server_port}/")
    assert other.requests == []


async def test_size_and_time_are_bounded(server: Server, attempt: Attempt) -> None:
    server.answers["/big"] = (200, {}, b"x" * 5_000)
    with pytest.raises(PayloadTooLarge):
        await call(attempt, server, url=f"{server.url}/big", max_bytes=4_999)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await call(attempt, server, url=f"{server.url}/slow")


@pytest.mark.parametrize(
    "config",
    [
        {"url": "ftp://example.org"},
        {"url": "//example.org"},
        {"url": "http://user:pass@example.org"},
        {"url": "http://"},
        {"url": "http://exa mple.org/"},
        {"url": "http://example.org", "headers": {"X": "a\r\nY: b"}},
        {"url": "http://example.org", "headers": {"X\n": "a"}},
        {"url": "http://example.org", "headers": {"Content-Length": "3"}},
        {"url": "http://example.org", "headers": {"transfer-encoding": "chunked"}},
    ],
)
async def test_requests_that_cannot_be_made(attempt: Attempt, config: dict[str, Any]) -> None:
    with pytest.raises((InvalidInput, ConnectionFailed)) as caught:
        await call(attempt, **config)
    assert isinstance(caught.value, InvalidInput) or "exa" in config["url"]


async def test_answers_that_cannot_be_used(server: Server, attempt: Attempt) -> None:
    server.answers = {
        "/bad": (200, JSON, b"{"),
        "/nan": (200, JSON, b'{"a": NaN}'),
    }
    for path in server.answers:
        with pytest.raises(InvalidOutput):
            await call(attempt, server, url=server.url + path, response="json")


async def test_a_header_that_http_does_not_know_is_the_callers_fault(
    server: Server, attempt: Attempt
) -> None:
    with pytest.raises(InvalidInput, match="headers"):
        await call(attempt, server, url=server.url, headers={"a b": "c"})
    assert server.requests == []


async def test_cookies_of_one_call_are_not_sent_with_another(
    server: Server, attempt: Attempt
) -> None:
    server.answers["/login"] = (200, {"Set-Cookie": "session=somebody; Path=/"}, b"")
    client = HttpClient(parse_openings(server.url.removeprefix("http://")))
    for path in ("/login", "/next"):
        await run(HttpTool(client), attempt, url=server.url + path)
    await run(HttpTool(client), attempt, url=f"{server.url}/own", headers={"Cookie": "mine=1"})
    await client.close()
    assert [asked[2].get("cookie") for asked in server.requests] == [None, None, "mine=1"]


async def test_an_answer_packed_twice_is_refused_before_it_is_unpacked(
    server: Server, attempt: Attempt
) -> None:
    twice = gzip.compress(gzip.compress(b"0" * 1_000_000))
    server.answers["/bomb"] = (200, {"Content-Encoding": "gzip, gzip"}, twice)
    server.answers["/once"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 2_000))
    with pytest.raises(ConnectionFailed, match="more than once"):
        await call(attempt, server, url=f"{server.url}/bomb")
    with pytest.raises(PayloadTooLarge):
        await call(attempt, server, url=f"{server.url}/once", max_bytes=1_999)


@pytest.mark.parametrize("charset", ["no-such", "hex", "punycode", "idna", "undefined", "utf-7"])
async def test_charsets_that_are_none_do_not_hurt(
    server: Server, attempt: Attempt, charset: str
) -> None:
    kind = {"Content-Type": f"text/plain; charset={charset}"}
    server.answers["/text"] = (200, kind, b"caf\xe9 +2AA-")
    answer = await call(attempt, server, url=f"{server.url}/text")
    assert isinstance(check_json(answer["body"]), str)


async def test_nobody_there(server: Server, attempt: Attempt) -> None:
    server.close()
    with pytest.raises(ConnectionFailed):
        await call(attempt, server, url=server.url)
    with pytest.raises(ConnectionFailed, match="cannot be resolved"):
        await call(attempt, url="http://nowhere.invalid/")


async def test_proxies_of_the_environment_are_ignored(
    server: Server, other: Server, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    await call(attempt, server, url=server.url)
    assert other.requests == []
    assert len(server.requests) == 1


async def test_queries_do_not_reach_the_log(server: Server, attempt: Attempt) -> None:
    await call(attempt, server, url=f"{server.url}/x?token=hidden", query={"key": "hidden"})
    assert "hidden" not in json.dumps([line[0] for line in attempt.lines])
