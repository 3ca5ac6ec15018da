"""Servers that pause, drip, or never end: each is left in time, with an error that says so."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, BinaryIO

import pytest

from activities.addresses import parse_openings
from activities.errors import ConnectionFailed, PayloadTooLarge, ToolError, ToolTimeout
from activities.http_client import HttpClient, Times
from activities.tools.http import HttpTool
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Server, call, client_for, run

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
# Only a guard against hanging; the timeouts under test are a tenth of it.
PATIENCE = 5.0


def silence(_: BinaryIO) -> None:
    time.sleep(PATIENCE)


def pause(to: BinaryIO) -> None:
    """Sends a beginning, then nothing more."""
    to.write(HEAD + b"\r\n1\r\nx\r\n")
    time.sleep(PATIENCE)


def endless(to: BinaryIO) -> None:
    """Sends as fast as it can, for ever."""
    with contextlib.suppress(OSError):
        to.write(HEAD + b"\r\n")
        while True:
            to.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def drip(to: BinaryIO, head: bytes = HEAD + b"\r\n", piece: bytes = b"1\r\nx\r\n") -> None:
    """Sends a little, often enough to never be silent for long."""
    with contextlib.suppress(OSError):
        to.write(head)
        for _ in range(int(PATIENCE / 0.05)):
            to.write(piece)
            to.flush()
            time.sleep(0.05)


def drip_headers(to: BinaryIO) -> None:
    drip(to, b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n")


async def opened_call(attempt: Attempt, authority: str, **config: Any) -> Any:
    """A call with one place opened that is no `Server`."""
    client = HttpClient(parse_openings(authority))
    try:
        return await run(HttpTool(client), attempt, **{"url": f"http://{authority}/", **config})
    finally:
        await client.close()


async def given_up(wait: Awaitable[Any], error: type[ToolError]) -> ToolError:
    """The error, which must come long before the server ends."""
    started = time.monotonic()
    with pytest.raises(error) as caught:
        await wait
    assert time.monotonic() - started < PATIENCE - 1
    assert caught.value.retryable
    return caught.value


@pytest.mark.parametrize("write", [silence, pause])
async def test_a_silent_server_hits_the_read_timeout(
    server: Server, attempt: Attempt, write: Callable[[BinaryIO], None]
) -> None:
    server.writes["/"] = write
    wait = call(attempt, server, url=f"{server.url}/", read_timeout_seconds=0.3)
    error = await given_up(wait, ToolTimeout)
    assert "silent for 0.3 seconds" in error.message
    assert "127.0.0.1" in error.message


@pytest.mark.parametrize("write", [silence, pause, drip, drip_headers])
@pytest.mark.parametrize("response", ["text", "bytes"])
async def test_a_slow_server_hits_the_total_timeout(
    server: Server, attempt: Attempt, write: Callable[[BinaryIO], None], response: str
) -> None:
    server.writes["/"] = write
    url = f"{server.url}/"
    wait = call(attempt, server, url=url, total_timeout_seconds=0.3, response=response)
    error = await given_up(wait, ToolTimeout)
    assert "within 0.3 seconds" in error.message


async def test_drips_are_no_silence(server: Server, attempt: Attempt) -> None:
    server.writes["/"] = drip
    url = f"{server.url}/"
    wait = call(attempt, server, url=url, read_timeout_seconds=1.5, total_timeout_seconds=2)
    assert "within 2 seconds" in (await given_up(wait, ToolTimeout)).message


async def test_an_endless_answer_ends_at_its_cap(server: Server, attempt: Attempt) -> None:
    server.writes["/"] = endless
    for response in ("text", "bytes"):
        with pytest.raises(PayloadTooLarge, match="max_bytes"):
            await call(
                attempt, server, url=f"{server.url}/", response=response, max_bytes=1_000_000
            )


async def test_a_refusal_that_never_ends_is_still_a_refusal(
    server: Server, attempt: Attempt
) -> None:
    server.writes["/"] = lambda to: drip(
        to, HEAD.replace(b"200 OK", b"503 Busy") + b"\r\n", b"800\r\n" + b"x" * 0x800 + b"\r\n"
    )
    with pytest.raises(ToolError) as caught:
        await call(attempt, server, url=f"{server.url}/")
    assert caught.value.code == "HttpStatus"


async def test_the_total_covers_redirects(server: Server, attempt: Attempt) -> None:
    def hop(to: BinaryIO) -> None:
        time.sleep(0.2)
        to.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    server.writes["/"] = hop
    wait = call(attempt, server, url=f"{server.url}/", total_timeout_seconds=1)
    await given_up(wait, ToolTimeout)
    assert 1 < len(server.requests) < 10


async def test_a_server_that_does_not_read_hits_the_read_timeout(attempt: Attempt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        authority = f"127.0.0.1:{listener.getsockname()[1]}"
        large = {"method": "POST", "body": "x" * 50_000_000}
        wait = opened_call(attempt, authority, read_timeout_seconds=0.3, **large)
        await given_up(wait, ToolTimeout)


@contextlib.contextmanager
def full(host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The authority of a server whose queue is full, so that no connection comes about."""
    with socket.create_server((host, port), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(5):
            taken = stack.enter_context(socket.socket())
            taken.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                taken.connect(listener.getsockname())
        yield f"{host}:{listener.getsockname()[1]}"


async def test_a_server_that_takes_no_connection_hits_the_connect_timeout(
    attempt: Attempt,
) -> None:
    with full() as authority:
        error = await given_up(
            opened_call(attempt, authority, connect_timeout_seconds=0.3), ConnectionFailed
        )
    assert "no connection within 0.3 seconds" in error.message


async def test_a_slow_look_up_counts_as_connecting(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(*_: Any, **__: Any) -> list[Any]:
        await asyncio.sleep(PATIENCE)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    wait = call(attempt, url="http://slow.example/", connect_timeout_seconds=0.3)
    assert "no connection" in (await given_up(wait, ConnectionFailed)).message


async def test_an_address_that_answers_nothing_leaves_time_for_the_next(
    server: Server, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.http.server_port

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    with full("127.0.0.2", port):
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        url = f"http://two.example:{port}/"
        await opened_call(attempt, f"two.example:{port}", url=url, connect_timeout_seconds=1)
    assert len(server.requests) == 1


async def test_a_cancelled_call_is_cancelled_not_failed(server: Server, attempt: Attempt) -> None:
    server.writes["/"] = silence
    waiting = asyncio.create_task(
        call(attempt, server, url=f"{server.url}/", total_timeout_seconds=3)
    )
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_readers_own_timeout_is_not_taken_for_the_total(server: Server) -> None:
    client = client_for(server)
    with pytest.raises(TimeoutError, match="own"):
        async with client.stream(
            client.build("GET", server.url), follow_redirects=False, times=Times(total=PATIENCE)
        ):
            raise TimeoutError("own")
    await client.close()
