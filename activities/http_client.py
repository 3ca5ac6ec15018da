"""The one client of every outgoing call: it connects only to addresses that it has checked."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from activities.addresses import Opening, allowed
from activities.errors import AddressBlocked, ConnectionFailed, InvalidInput, PayloadTooLarge

MAX_REDIRECTS = 10
CONNECT_SECONDS = 10.0
POOL = httpcore.AsyncConnectionPool
_SAFE_HEADERS = frozenset({"accept", "accept-language", "user-agent", "content-type", "range"})
_FRAMING = frozenset(
    {"connection", "content-length", "te", "trailer", "transfer-encoding", "upgrade"}
)


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
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._checked(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
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
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        open_ones = [each for each in addresses if allowed(host, each, port, self._openings)]
        if not open_ones:
            raise AddressBlocked(
                f"{host} is at {', '.join(addresses)}, which is not on the public internet; "
                f"the operator can open it: PASTETRADER_HTTP_ALLOW={host}:{port}"
            )
        return open_ones


class _GuardedTransport(httpx.AsyncHTTPTransport):
    def __init__(self, openings: Sequence[Opening]) -> None:
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
            transport=_GuardedTransport(openings),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            # One client serves everybody: what one call is given, no other may send.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "PasteTrader/0.1"},
        )

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.aclose()

    def build(self, method: str, url: str, **content: Any) -> httpx.Request:
        """A request.

        Raises:
            InvalidInput: the URL is no http or https one, or a header cannot be sent.
        """
        try:
            request = self._client.build_request(method, url, **content)
        except (httpx.InvalidURL, ValueError, TypeError, UnicodeError) as error:
            raise InvalidInput(f"config: the request cannot be made: {error}") from error
        if request.url.scheme not in {"http", "https"} or not request.url.host:
            raise InvalidInput("config.url: a URL begins with http:// or https:// and a host")
        framing = sorted(_FRAMING & {name.lower() for name in content.get("headers") or {}})
        if framing:
            raise InvalidInput(f"config.headers.{framing[0]}: the client sets it itself")
        if request.url.userinfo:
            raise InvalidInput("config.url: put credentials into a header, not into the URL")
        return request

    async def send(
        self, request: httpx.Request, *, follow_redirects: bool, max_bytes: int
    ) -> tuple[httpx.Response, bytes]:
        """The last answer and its body.

        Raises:
            AddressBlocked: it, or a redirect, leads to where calls may not go.
            ConnectionFailed: nobody answers, the connection broke, or too many redirects.
            PayloadTooLarge: the body is over `max_bytes`.
            InvalidInput: a header cannot be sent.
        """
        try:
            for _ in range(MAX_REDIRECTS + 1):
                response = await self._client.send(request, stream=True)
                try:
                    following = response.next_request if follow_redirects else None
                    if following is None:
                        return response, await _body(response, max_bytes)
                finally:
                    await response.aclose()
                request = _onward(request, following)
        except httpx.LocalProtocolError as error:
            raise InvalidInput(f"config.headers: the request cannot be sent: {error}") from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ConnectionFailed(f"{request.url.host}: {reason}") from error
        except httpx.InvalidURL as error:
            raise ConnectionFailed(f"{request.url.host} redirects to no URL: {error}") from error
        raise ConnectionFailed(f"more than {MAX_REDIRECTS} redirects")


async def _body(response: httpx.Response, max_bytes: int) -> bytes:
    if "," in response.headers.get("content-encoding", ""):
        # Each layer may grow a thousandfold in memory before its size is known.
        raise ConnectionFailed(f"{response.request.url.host} packs its answer more than once")
    chunks, size = [], 0
    try:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > max_bytes:
                raise PayloadTooLarge(
                    f"{response.request.url.host} sends more than {max_bytes} bytes (max_bytes)"
                )
            chunks.append(chunk)
    except httpx.DecodingError as error:
        raise ConnectionFailed(f"the answer cannot be decoded: {error}") from error
    return b"".join(chunks)


def _onward(before: httpx.Request, following: httpx.Request) -> httpx.Request:
    """The redirected request: what proves who we are stays with the origin it was given for."""
    if following.url.scheme not in {"http", "https"}:
        raise ConnectionFailed(f"{before.url.host} redirects to {following.url.scheme}:")
    origin = (before.url.scheme, before.url.host, before.url.port)
    if (following.url.scheme, following.url.host, following.url.port) != origin:
        for name in list(following.headers):
            plain = name in _SAFE_HEADERS or name in {"host", "content-length", "transfer-encoding"}
            if not plain:
                del following.headers[name]
    return following
