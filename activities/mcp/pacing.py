"""Reads a server's messages no faster than we can bear: the rest waits where it comes from."""

import asyncio
import time
from typing import Any, Self

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest

from activities.mcp.limits import (
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    REQUESTS_A_SECOND,
    REQUESTS_AT_ONCE,
)

Streams = tuple["PacedStream", MemoryObjectSendStream[SessionMessage]]


class Bucket:
    """Lets so many through a second, and so many at once after a pause."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self._a_second = a_second
        self._at_once = at_once
        self._left = at_once
        self._at = time.monotonic()

    def take(self) -> float:
        """Take one; seconds to wait before it may be used, 0 for none."""
        now = time.monotonic()
        self._left = min(self._at_once, self._left + (now - self._at) * self._a_second) - 1
        self._at = now
        return max(-self._left / self._a_second, 0.0)

    def try_take(self) -> bool:
        """Take one if there is one."""
        if self.take() == 0:
            return True
        self._left += 1
        return False


class PacedStream:
    """The SDK's read stream; what is no message is dropped, and so are requests beyond a few."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._messages = Bucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self._requests = Bucket(REQUESTS_A_SECOND, REQUESTS_AT_ONCE)

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while True:
            item = await self._inner.receive()
            wait = self._messages.take()
            if wait:
                await asyncio.sleep(wait)
            if self._passes(item):
                message: SessionMessage = item
                return message

    def _passes(self, item: SessionMessage | Exception) -> bool:
        if isinstance(item, Exception):
            return False
        return not isinstance(item.message, JSONRPCRequest) or self._requests.try_take()

    async def aclose(self) -> None:
        """Close the stream beneath."""
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
