"""A server's messages are taken no faster than we can bear."""

import time
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from activities.mcp.limits import MESSAGES_A_SECOND, MESSAGES_AT_ONCE, REQUESTS_AT_ONCE
from activities.mcp.pacing import PacedStream


class Source:
    """Messages that are all there at once."""

    def __init__(self, *messages: Any) -> None:
        self._messages = list(messages)

    async def receive(self) -> Any:
        if not self._messages:
            raise anyio.EndOfStream
        return self._messages.pop(0)


def note() -> SessionMessage:
    return SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="notifications/message"))


async def test_messages_beyond_a_burst_come_slowly() -> None:
    more = MESSAGES_A_SECOND // 5
    stream = PacedStream(Source(*(note() for _ in range(MESSAGES_AT_ONCE + more))))
    started = time.monotonic()
    taken = [item async for item in stream]
    assert len(taken) == MESSAGES_AT_ONCE + more, "they are late, not lost"
    assert time.monotonic() - started > 0.1


async def test_requests_to_us_beyond_a_few_are_dropped_and_answers_are_not() -> None:
    request = SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=1, method="roots/list"))
    answer = SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result={}))
    stream = PacedStream(Source(*[request] * 100, ValueError("garbage"), answer))
    taken = [item async for item in stream]
    assert REQUESTS_AT_ONCE <= taken.count(request) <= REQUESTS_AT_ONCE + 1
    assert taken[-1] is answer
