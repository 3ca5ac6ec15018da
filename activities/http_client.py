"""The one client of every outgoing call: it connects only to addresses that it has checked."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from activities.addresses import Opening, allowed
from activities.errors import AddressBlocked, ConnectionFailed, InvalidInput, ToolTimeout
from activities.http_body import CODINGS, Allowance, read

MAX_REDIRECTS = 10
POOL = httpcore.AsyncConnectionPool
# What may follow a redirect to another origin: nothing in it proves who we are.
SAFE_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-encoding",
        "content-type",
        "idempotency-key",
        "range",
        "user-agent",
    }
)
_FRAMING = frozenset(
    {"connection", "content-length", "te", "trailer", "transfer-encoding", "upgrade"}
)
# These libraries write whole URLs and headers into their logs, credentials included.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Times:
    """How long a request may take, in seconds; None is for ever.

    Attributes:
        connect: From the look-up of the name to the connection; again for TLS.
        read: Longest silence of the other side.
        total: All of it: redirects, and the reading of the answer.
    """

    connect: float = 10.0
    read: float | None = 60.0
    total: float | None = None


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves, checks, and connects to the checked address: a second look-up cannot differ."""

    def __init__(self, openings: Sequence[Opening]) -> None:
        self._openings = openings
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class names it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See base class; raises `AddressBlocked` when nothing that `host` resolves to may be reached."""
        clock = asyncio.get_running_loop().time
        end = None if timeout is None else clock() + timeout
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host, port)
                for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
                    # One that answers nothing leaves time for the others.
                    share = None if end is None else max(end - clock(), 0.0) / left
                    try:
                        return await self._inner.connect_tcp(
                            address, port, share, local_address, socket_options
                        )
                    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                        last = error
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class names it
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a URL cannot lead to a file."""
        raise AddressBlocked(f"{path} is a file, not an address")

    async def sleep(self, seconds: float) -> None:
        """See base class."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError, OverflowError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        open_ones = [each for each in addresses if allowed(host, each, port, self._openings)]
        if not open_ones:
            raise AddressBlocked(
                f"{host} is at {', '.join(addresses)}, which is not on the public internet; "
                f"the operator can open it: PASTETRADER_HTTP_ALLOW={_opening_for(host, port)}"
            )
        return open_ones


class GuardedTransport(httpx.AsyncHTTPTransport):
    """For libraries that bring a client of their own; it must not read the environment either."""

    def __init__(self, openings: Sequence[Opening]) -> None:
        """`openings` are what the operator allows beyond the public internet."""
        super().__init__(trust_env=False)
        self._pool = POOL(
            ssl_context=ssl.create_default_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15,
            network_backend=GuardedBackend(openings),
        )


class HttpClient:
    """Sends requests to the outside; one for a whole worker."""

    def __init__(self, openings: Sequence[Opening] = ()) -> None:
        """`openings` are what the operator allows beyond the public internet."""
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(openings),
            trust_env=False,
            follow_redirects=False,
            # One client serves everybody: what one call is given, no other may send.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "PasteTrader/0.1", "Accept-Encoding": ", ".join(CODINGS)},
        )

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    def build(self, method: str, url: str | httpx.URL, **content: Any) -> httpx.Request:
        """A request.

        Raises:
            InvalidInput: the URL is no http or https one, or a header cannot be sent.
        """
        url = parse_url(url)
        framing = sorted(_FRAMING & {name.lower() for name in content.get("headers") or {}})
        if framing:
            raise InvalidInput(f"config.headers.{framing[0]}: the client sets it itself")
        try:
            return self._client.build_request(method, url, **content)
        except (httpx.InvalidURL, ValueError, TypeError, UnicodeError) as error:
            raise InvalidInput(f"config: the request cannot be made: {error}") from None

    @asynccontextmanager
    async def stream(
        self, request: httpx.Request, *, follow_redirects: bool, times: Times | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The last answer; its body is read within the block (see `http_body`).

        Raises:
            AddressBlocked: it, or a redirect, leads to where calls may not go.
            ConnectionFailed: nobody answers, the connection broke, or too many redirects.
            ToolTimeout: the server was silent, or took too long in all.
            InvalidInput: a header cannot be sent.
        """
        times = times or Times()
        limits = {"connect": times.connect, "read": times.read, "write": times.read, "pool": None}
        request.extensions = {**request.extensions, "timeout": limits}
        limit = asyncio.timeout(times.total)
        with _typed(request.url.host, times, limit):
            async with limit:
                response = await self._last(request, follow_redirects)
                try:
                    yield response
                finally:
                    await response.aclose()

    async def send(
        self,
        request: httpx.Request,
        *,
        follow_redirects: bool,
        max_bytes: int,
        times: Times | None = None,
    ) -> tuple[httpx.Response, bytes]:
        """The last answer and its body.

        Raises:
            PayloadTooLarge: the body is over `max_bytes`.
            ToolError: see `stream`.
        """
        async with self.stream(request, follow_redirects=follow_redirects, times=times) as response:
            return response, await read(response, Allowance(max_bytes))

    async def _last(self, request: httpx.Request, follow_redirects: bool) -> httpx.Response:
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            following = response.next_request if follow_redirects else None
            if following is None:
                return response
            await response.aclose()
            request = _onward(request, following)
        raise ConnectionFailed(f"more than {MAX_REDIRECTS} redirects")


def parse_url(url: str | httpx.URL, *, field: str = "config.url") -> httpx.URL:
    """A URL that can be called.

    Raises:
        InvalidInput: it is none, or holds credentials; `field` says where it stands.
    """
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise InvalidInput(f"{field}: this is no URL: {error}") from None
    if found.scheme not in {"http", "https"} or not found.host:
        raise InvalidInput(f"{field}: a URL begins with http:// or https:// and a host")
    if found.userinfo:
        raise InvalidInput(f"{field}: put credentials into `auth`, not into the URL")
    return found


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both have one scheme, host and port."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


@contextmanager
def _typed(host: str, times: Times, limit: asyncio.Timeout) -> Iterator[None]:
    """What went wrong between us and the server, in words that repeat nothing that was sent."""
    try:
        yield
    except httpx.LocalProtocolError:
        raise InvalidInput("config.headers: HTTP cannot carry one of them") from None
    except httpx.ConnectTimeout as error:
        raise ConnectionFailed(
            f"{_host(error, host)}: no connection within {times.connect:g} seconds "
            "(connect timeout)"
        ) from error
    except httpx.TimeoutException as error:
        raise ToolTimeout(
            f"{_host(error, host)} was silent for {times.read:g} seconds (read timeout)"
        ) from error
    except httpx.ProtocolError as error:
        raise ConnectionFailed(
            f"{_host(error, host)} hung up, or does not answer as HTTP wants"
        ) from None
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise ConnectionFailed(f"{_host(error, host)}: {reason}") from error
    except httpx.InvalidURL:
        raise ConnectionFailed(f"{host} redirects to what is no URL") from None
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise ToolTimeout(
            f"{host} did not answer in full within {times.total:g} seconds (total timeout)"
        ) from error


def _host(error: httpx.TransportError, first: str) -> str:
    """The host that failed, which after redirects is not the first one."""
    try:
        return error.request.url.host
    except RuntimeError:  # it was raised before there was a request
        return first


def _onward(before: httpx.Request, following: httpx.Request) -> httpx.Request:
    """The redirected request: what proves who we are stays with the origin it was given for."""
    if following.url.scheme not in {"http", "https"}:
        raise ConnectionFailed(f"{before.url.host} redirects to {following.url.scheme}:")
    # Credentials in the new URL are the server's own idea.
    following.url = following.url.copy_with(userinfo=b"")
    if not same_origin(following.url, before.url):
        for name in list(following.headers):
            plain = name in SAFE_HEADERS or name in {"host", "content-length", "transfer-encoding"}
            if not plain:
                del following.headers[name]
    return following


def _opening_for(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
