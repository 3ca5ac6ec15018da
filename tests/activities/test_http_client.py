"""The guarded client by itself: what it takes apart, what it says, and what it keeps to itself."""

import asyncio
import gzip
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, BinaryIO

import httpcore
import httpx
import pytest

from activities.errors import (
    AddressBlocked,
    ConnectionFailed,
    InvalidInput,
    PayloadTooLarge,
    ToolError,
)
from activities.http_body import Allowance, chunks
from activities.http_client import (
    GuardedBackend,
    GuardedTransport,
    HttpClient,
    parse_url,
    same_origin,
)
from tests.activities.tools.http.server import Server, client_for

DATA = bytes(range(256)) * 2_000
BARE = zlib.compress(DATA)[2:-4]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server the operator opened."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[HttpClient]:
    """One that may reach the test's server."""
    made = client_for(server)
    yield made
    await made.close()


async def got(client: HttpClient, server: Server, max_bytes: int = len(DATA)) -> bytes:
    request = client.build("GET", f"{server.url}/")
    _, body = await client.send(request, follow_redirects=True, max_bytes=max_bytes)
    return body


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", DATA),
        ("identity", DATA),
        ("gzip", gzip.compress(DATA)),
        ("GZIP ", gzip.compress(DATA)),
        ("x-gzip", gzip.compress(DATA)),
        ("deflate", zlib.compress(DATA)),
        ("deflate", BARE),
        ("gzip", gzip.compress(DATA) + b"padding"),
    ],
)
async def test_what_is_packed_is_unpacked(
    client: HttpClient, server: Server, coding: str, sent: bytes
) -> None:
    server.answers["/"] = (200, {"Content-Encoding": coding}, sent)
    assert await got(client, server) == DATA
    with pytest.raises(PayloadTooLarge, match=f"more than {len(DATA) - 1} bytes"):
        await got(client, server, len(DATA) - 1)


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(DATA)[:-20]),
        ("gzip", b"no gzip at all"),
        ("deflate", b"\xff\xff\xff\xff"),
        ("deflate", BARE[:-20]),
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(DATA))),
    ],
)
async def test_what_cannot_be_unpacked_is_an_error(
    client: HttpClient, server: Server, coding: str, sent: bytes
) -> None:
    server.answers["/"] = (200, {"Content-Encoding": coding}, sent)
    with pytest.raises(ConnectionFailed, match="pack"):
        await got(client, server)


async def test_a_packed_bomb_comes_in_small_pieces(client: HttpClient, server: Server) -> None:
    server.answers["/"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(20_000_000)))
    request = client.build("GET", f"{server.url}/")
    async with client.stream(request, follow_redirects=False) as response:
        sizes = [len(piece) async for piece in chunks(response, Allowance(20_000_000))]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 64 * 1024


async def test_only_what_can_be_unpacked_is_asked_for(client: HttpClient, server: Server) -> None:
    await got(client, server)
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-s3cret\r\n",
        b"HTTP/1.1 200 OK\r\ns3cret header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ns3cret\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://x:s3cret/\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_said_without_repeating_it(
    client: HttpClient, server: Server, answer: bytes
) -> None:
    def write(to: BinaryIO) -> None:
        to.write(answer)

    server.writes["/"] = write
    with pytest.raises(ConnectionFailed) as caught:
        await got(client, server)
    assert "127.0.0.1" in str(caught.value)
    assert "s3cret" not in causes(caught.value)


def causes(error: BaseException | None) -> str:
    """All that Temporal would write down: an error and what it was raised from."""
    return "" if error is None else f"{error!r} {causes(error.__cause__)}"


async def test_a_header_that_slips_through_is_not_repeated(
    client: HttpClient, server: Server
) -> None:
    request = client.build("GET", server.url, headers={"X": "s3cret\n"})
    with pytest.raises(InvalidInput, match="headers") as caught:
        await client.send(request, follow_redirects=False, max_bytes=1)
    assert "s3cret" not in causes(caught.value)


async def test_libraries_write_no_urls_into_the_log(
    client: HttpClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = client.build("GET", f"{server.url}/?key=s3cret", headers={"X": "s3cret"})
    await client.send(request, follow_redirects=False, max_bytes=1)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["", "x", "/x", "//x", "ftp://x", "http://", "http:///x", "http://x:port", "http://u@x"],
)  # fmt: skip
def test_a_url_that_cannot_be_called_names_its_field(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^config\.here: "):
        parse_url(url, field="config.here")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://x/a", "http://X:80/b?c", True),
        ("https://x", "https://x:443", True),
        ("http://x", "https://x", False),
        ("http://x", "http://x:81", False),
        ("http://x", "http://x.y", False),
    ],
)
def test_origins(one: str, other: str, same: bool) -> None:
    assert same_origin(httpx.URL(one), httpx.URL(other)) is same


async def test_no_url_leads_to_a_file() -> None:
    with pytest.raises(AddressBlocked):
        await GuardedBackend([]).connect_unix_socket("/run/x.sock")


@pytest.mark.parametrize(
    ("url", "setting"),
    [("http://[::1]:81/", "[::1]:81"), ("http://127.0.0.1/", "127.0.0.1:80")],
)
async def test_a_refusal_says_how_the_operator_opens_it(
    client: HttpClient, url: str, setting: str
) -> None:
    with pytest.raises(AddressBlocked) as caught:
        await client.send(client.build("GET", url), follow_redirects=False, max_bytes=1)
    assert f"PASTETRADER_HTTP_ALLOW={setting}" in str(caught.value)


async def test_a_refusal_is_not_tried_again(client: HttpClient) -> None:
    with pytest.raises(ToolError) as caught:
        await client.send(
            client.build("GET", "http://10.0.0.1/"), follow_redirects=False, max_bytes=1
        )
    assert not caught.value.retryable


async def test_clients_of_other_libraries_are_guarded_by_the_transport(server: Server) -> None:
    async with httpx.AsyncClient(
        transport=GuardedTransport([]), trust_env=False, follow_redirects=True
    ) as foreign:
        with pytest.raises(AddressBlocked):
            await foreign.get(server.url)
    assert server.requests == []


async def test_a_name_without_addresses(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nothing)
    with pytest.raises(ToolError):
        await client.send(
            client.build("GET", "http://empty.test/"), follow_redirects=False, max_bytes=1
        )


@pytest.mark.parametrize("place", ["/direct", "/redirected"])
async def test_a_port_that_is_none(client: HttpClient, server: Server, place: str) -> None:
    server.answers["/redirected"] = (302, {"Location": "http://x.example:99999/"}, b"")
    url = server.url + place if place == "/redirected" else "http://x.example:99999/"
    with pytest.raises(ConnectionFailed, match=r"x\.example"):
        await client.send(client.build("GET", url), follow_redirects=True, max_bytes=1)


async def test_idle_connections_are_used_again(client: HttpClient, server: Server) -> None:
    taken = 0
    real: Callable[..., Any] = httpcore.AnyIOBackend.connect_tcp

    async def counted(*args: Any, **more: Any) -> Any:
        nonlocal taken
        taken += 1
        return await real(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore.AnyIOBackend, "connect_tcp", counted)
        for _ in range(3):
            await got(client, server)
    assert taken == 1
