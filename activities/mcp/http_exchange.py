"""Requests to a streamable HTTP server and its answers, through the guarded client."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import httpx2
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from activities.errors import HttpStatusError, ToolError
from activities.http_body import Allowance, beginning, chunks, read
from activities.http_client import HttpClient, Times, same_origin
from activities.mcp.errors import McpProtocolError, McpServerLost, SessionExpired
from activities.mcp.limits import MAX_MESSAGE_BYTES

SESSION_HEADER = "mcp-session-id"
EVENTS = "text/event-stream"
JSON = "application/json"
# The caller's own limit ends a call; a server may think for long before it says the first word.
_CALL = Times(read=None)
_WORD = Times(connect=5.0, read=5.0, total=5.0)
_GOODBYE = Times(connect=1.0, read=1.0, total=2.0)
_MAX_REDIRECTS = 3
_MAX_RESUMES = 20
_FIRST_PAUSE_SECONDS = 1.0
_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
_EXCERPT = 64 * 1024
_RETRYABLE = frozenset({408, 425, 429})
_REDIRECTS_OF_A_POST = frozenset({307, 308})
Headers = Mapping[str, str]
PassOn = Callable[[SessionMessage], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is; `headers` are filled in, so they hold secrets."""

    name: str
    url: str
    headers: Headers = field(default_factory=dict, repr=False)


class HttpExchange:
    """One session with one endpoint; `pass_on` gets what the server says before an answer."""

    def __init__(self, client: HttpClient, endpoint: Endpoint, pass_on: PassOn) -> None:
        self._client = client
        self._name = endpoint.name
        self._headers = {name.lower(): value for name, value in endpoint.headers.items()}
        self._url = httpx.URL(endpoint.url)
        self._session_id: str | None = None
        self._pass_on = pass_on

    async def answer(self, message: JSONRPCRequest, headers: Headers) -> SessionMessage:
        """What the server answers to a request.

        Raises:
            PayloadTooLarge: more than `MAX_MESSAGE_BYTES`, all that came before it included.
            SessionExpired: the server has forgotten the session.
            HttpStatusError: it answers with another status, or from elsewhere.
            McpProtocolError, McpServerLost: it does not answer as MCP wants, or not to the end.
            ToolError: see `HttpClient.stream`.
        """
        allowance = Allowance(MAX_MESSAGE_BYTES)
        for _ in range(_MAX_REDIRECTS + 1):
            request = self._post(message, headers)
            async with self._client.stream(request, follow_redirects=False, times=_CALL) as found:
                if not self._moved(found):
                    return await self._read(message, found, allowance)
        raise McpProtocolError(f"MCP server {self._name!r} redirects in a circle")

    async def say(self, message: JSONRPCMessage, headers: Headers) -> None:
        """Send what has no answer; whether it arrives matters to the server only."""
        await self._send(self._post(message, headers), _WORD)

    async def end(self) -> None:
        """Tell the server that the session is over."""
        if self._session_id is not None:
            headers = self._standing({})
            await self._send(self._client.build("DELETE", self._url, headers=headers), _GOODBYE)

    async def _send(self, request: httpx.Request, times: Times) -> None:
        with contextlib.suppress(ToolError):
            await self._client.send(
                request, follow_redirects=False, max_bytes=_EXCERPT, times=times
            )

    def _post(self, message: JSONRPCMessage, headers: Headers) -> httpx.Request:
        body = message.model_dump_json(by_alias=True, exclude_unset=True).encode()
        standing = self._standing(headers)
        return self._client.build("POST", self._url, content=body, headers=standing)

    def _standing(self, more: Headers) -> dict[str, str]:
        headers = self._headers | {"accept": f"{JSON}, {EVENTS}", "content-type": JSON}
        if self._session_id is not None:
            headers[SESSION_HEADER] = self._session_id
        return headers | {name.lower(): value for name, value in more.items()}

    def _moved(self, response: httpx.Response) -> bool:
        """Whether the endpoint is elsewhere on its origin."""
        if response.next_request is None:
            return False
        target = response.next_request.url
        same = same_origin(target, self._url) and not target.userinfo
        if response.status_code not in _REDIRECTS_OF_A_POST or not same:
            place = target.copy_with(userinfo=b"", query=None, fragment=None)
            raise self._status(response, f"redirects to {place}; register that if it is the server")
        self._url = target
        return True

    async def _read(
        self, message: JSONRPCRequest, response: httpx.Response, allowance: Allowance
    ) -> SessionMessage:
        if response.status_code >= 400:
            return await self._refusal(message, response)
        if message.method == "initialize":
            self._session_id = _visible(response.headers.get(SESSION_HEADER))
        kind = _kind(response)
        if response.status_code == 200 and kind == JSON:
            return self._own(message, await read(response, allowance))
        if response.status_code == 200 and kind == EVENTS:
            return await self._events(message, response, allowance)
        raise self._status(response, f"answers with {kind or 'nothing'}, which is not MCP")

    async def _refusal(self, message: JSONRPCRequest, response: httpx.Response) -> SessionMessage:
        """The server's own error if it sent one, else what the status says."""
        if response.status_code == 404 and self._session_id is not None:
            raise SessionExpired(f"MCP server {self._name!r} has forgotten the session; try again")
        body = await beginning(response, _EXCERPT) if _kind(response) == JSON else b""
        with contextlib.suppress(ValueError):
            found = jsonrpc_message_adapter.validate_json(body, by_name=False)
            if isinstance(found, JSONRPCError):
                own = JSONRPCError(jsonrpc="2.0", id=message.id, error=found.error)
                return SessionMessage(own)
        raise self._status(response, f"answers {response.status_code} {response.reason_phrase}")

    def _own(self, message: JSONRPCRequest, body: bytes) -> SessionMessage:
        found = self._parsed(body)
        if not isinstance(found, JSONRPCResponse | JSONRPCError) or found.id != message.id:
            raise McpProtocolError(
                f"MCP server {self._name!r} answered something else than it was asked"
            )
        return SessionMessage(found)

    def _parsed(self, text: str | bytes) -> JSONRPCMessage:
        try:
            return jsonrpc_message_adapter.validate_json(text, by_name=False)
        except ValueError:
            raise McpProtocolError(
                f"what MCP server {self._name!r} sent is no message of MCP"
            ) from None

    async def _events(
        self, message: JSONRPCRequest, response: httpx.Response, allowance: Allowance
    ) -> SessionMessage:
        """The answer among the events of one stream, or of those that continue it."""
        place = _Place()
        found = await self._among(message, response, allowance, place)
        for _ in range(_MAX_RESUMES):
            if found is not None:
                return found
            if not place.event_id:
                break
            await asyncio.sleep(place.pause)
            found = await self._resumed(message, allowance, place)
        raise self._broken_off()

    async def _resumed(
        self, message: JSONRPCRequest, allowance: Allowance, place: "_Place"
    ) -> SessionMessage | None:
        headers = self._standing({"accept": EVENTS, "last-event-id": place.event_id})
        request = self._client.build("GET", self._url, headers=headers)
        async with self._client.stream(request, follow_redirects=False, times=_CALL) as response:
            if response.status_code != 200 or _kind(response) != EVENTS:
                raise self._broken_off()
            return await self._among(message, response, allowance, place)

    async def _among(
        self,
        message: JSONRPCRequest,
        response: httpx.Response,
        allowance: Allowance,
        place: "_Place",
    ) -> SessionMessage | None:
        async for event in _event_source(response, allowance):
            place.note(event)
            found = self._parsed(event.data) if event.event == "message" and event.data else None
            if isinstance(found, JSONRPCRequest | JSONRPCNotification):
                await self._pass_on(SessionMessage(found))
            elif found is not None and found.id == message.id:
                return SessionMessage(found)
        return None

    def _broken_off(self) -> McpServerLost:
        return McpServerLost(f"MCP server {self._name!r} broke off before it answered")

    def _status(self, response: httpx.Response, what: str) -> HttpStatusError:
        status = response.status_code
        hint = "; look at its headers and secrets" if status in {401, 403} else ""
        return HttpStatusError(
            f"MCP server {self._name!r} {what}{hint}",
            retryable=status >= 500 or status in _RETRYABLE,
            details={"status": status},
        )


@dataclass(slots=True)
class _Place:
    """Where in a broken stream to go on, and when."""

    event_id: str = ""
    pause: float = _FIRST_PAUSE_SECONDS

    def note(self, event: httpx2.ServerSentEvent) -> None:
        self.event_id = _visible(event.id) or self.event_id
        if event.retry is not None:
            asked = event.retry / 1000
            self.pause = min(max(asked, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)


def _event_source(response: httpx.Response, allowance: Allowance) -> httpx2.EventSource:
    """The SDK's own reader of events, over bytes that are counted already."""
    body = httpx2.Response(
        200,
        headers={"content-type": f"{EVENTS}; charset=utf-8"},
        content=chunks(response, allowance),
        request=httpx2.Request(response.request.method, str(response.request.url)),
    )
    return httpx2.EventSource(body, max_event_size=None)


def _kind(response: httpx.Response) -> str:
    header: str = response.headers.get("content-type", "")
    return header.partition(";")[0].strip().lower()


def _visible(text: str | None) -> str | None:
    """What may be sent back in a header; anything else is as good as nothing."""
    return text if text and text.isascii() and text.isprintable() else None
