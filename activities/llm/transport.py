"""The guarded client beneath the providers' libraries."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import httpx2

from activities.http_body import Allowance, beginning, chunks
from activities.http_client import HttpClient, Times
from activities.llm.errors import ModelProtocolError, ModelReplyTooLarge
from activities.llm.limits import (
    MAX_ANSWER_BYTES,
    MAX_ERROR_BYTES,
    MAX_EVENT_BYTES,
    MAX_EVENT_LINES,
    MAX_STREAM_BYTES,
)

EVENTS = "text/event-stream"
JSON = "application/json"
# The libraries also send what the environment says, and what they know of this machine.
_KEPT = ("accept", "content-type", "anthropic-version")
# Some servers do not stream, and answer at once.
_ANSWERS = {JSON: (JSON,), EVENTS: (EVENTS, JSON)}
_BLANK = frozenset({b"\r", b"\n", b"\r\n"})
_CHANGED = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})


class ModelTransport(httpx2.AsyncBaseTransport):
    """Sends what a library asks for through `client`.

    `seconds` is how long an answer may take in all; whoever reads it must see to that.
    The credentials are in `headers`, which are added here: the library never knows them. An answer
    is unpacked and counted on its way, and is none when it is not of the kind that was asked for.
    """

    def __init__(self, client: HttpClient, headers: Mapping[str, str], times: Times) -> None:
        self._client = client
        self._headers = headers
        self._times = replace(times, total=None)
        self.seconds = times.total

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See base class; redirects are answers here.

        Raises:
            ModelProtocolError: a good answer is of another kind.
            ToolError: see `HttpClient.stream`.
        """
        async with AsyncExitStack() as stack:
            sent = await self._outgoing(request)
            response = await stack.enter_async_context(
                self._client.stream(sent, follow_redirects=False, times=self._times)
            )
            kind = _kind(response)
            if response.is_success and kind not in _ANSWERS.get(_kind(request), ()):
                raise ModelProtocolError(
                    f"{sent.url.host} answers with {kind or 'nothing'} where {_kind(request)} "
                    "was asked for, so it is no such server; look at the base URL"
                )
            return httpx2.Response(
                response.status_code,
                headers=[(k, v) for k, v in response.headers.items() if k not in _CHANGED],
                stream=_Body(response, stack.pop_all()),
            )

    async def _outgoing(self, request: httpx2.Request) -> httpx.Request:
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        return self._client.build(
            request.method,
            str(request.url),
            content=await request.aread(),
            headers=headers | dict(self._headers),
        )


class _Body(httpx2.AsyncByteStream):
    """The body of an answer; the connection is given back when it ends or is closed."""

    def __init__(self, response: httpx.Response, stack: AsyncExitStack) -> None:
        self._response = response
        self._stack = stack
        self._pieces = self._read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """See base class; whoever iterates next goes on where the last one stopped."""
        async for piece in self._pieces:
            yield piece

    async def aclose(self) -> None:
        """See base class."""
        await self._pieces.aclose()
        await self._stack.aclose()

    async def _read(self) -> AsyncGenerator[bytes, None]:
        # What breaks goes through the stack, where the client names it.
        async with self._stack:
            if not self._response.is_success:
                yield await beginning(self._response, MAX_ERROR_BYTES)
            elif _kind(self._response) == EVENTS:
                events = _Events()
                async for piece in chunks(self._response, Allowance(MAX_STREAM_BYTES)):
                    events.count(piece)
                    yield piece
            else:
                async for piece in chunks(self._response, Allowance(MAX_ANSWER_BYTES)):
                    yield piece


class _Events:
    """Counts what each event holds: libraries may take quadratic time over a long one."""

    def __init__(self) -> None:
        self._lines = self._bytes = 0
        self._begun = False  # a line, which is not blank then
        self._returned = False  # the last piece ended between `\r` and `\n`

    def count(self, piece: bytes) -> None:
        """Raises `ModelReplyTooLarge`."""
        if self._returned and piece.startswith(b"\n"):
            piece = piece[1:]
        self._returned = piece.endswith(b"\r")
        for line in piece.splitlines(keepends=True):
            self._line(len(line), ends=line[-1:] in b"\r\n", blank=line in _BLANK)

    def _line(self, size: int, *, ends: bool, blank: bool) -> None:
        if blank and not self._begun:
            self._lines = self._bytes = 0
            return
        self._begun = not ends
        self._lines += ends
        self._bytes += size
        if self._lines > MAX_EVENT_LINES or self._bytes > MAX_EVENT_BYTES:
            raise ModelReplyTooLarge("an event of the model's answer is too large")


def is_whole(response: httpx2.Response) -> bool:
    """Whether a server that was asked to stream has answered at once."""
    return _kind(response) == JSON


def _kind(message: httpx.Response | httpx2.Response | httpx2.Request) -> str:
    header = message.headers.get(
        "accept" if isinstance(message, httpx2.Request) else "content-type", ""
    )
    return header.partition(";")[0].strip().lower()
