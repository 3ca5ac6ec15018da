"""Sends an answer over ASGI, or what a fault makes of it."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from starlette.types import Send

from cli.scripted_model.answer import Answer
from cli.scripted_model.asked import Asked
from cli.scripted_model.script import (
    Cut,
    Endless,
    ErrorEvent,
    Garbage,
    Raw,
    Reply,
    Silent,
    Status,
    WrongType,
)
from cli.scripted_model.wire import Wire

EVENTS = "text/event-stream; charset=utf-8"
JSON = "application/json"
_PAGE = b"<!doctype html><title>Not a model</title><p>Nothing to see here."
_KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error",
          413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error"}  # fmt: skip


class Speaker:
    """One answer on its way."""

    def __init__(self, wire: Wire, asked: Asked, reply: Reply, send: Send) -> None:
        self._wire = wire
        self._asked = asked
        self._reply = reply
        self._send = send

    async def say(self, answer: Answer, credentials: str) -> bool:
        """Send it; whether it was a whole answer.

        An answer that breaks off returns before its end, on which the server hangs up.
        """
        await asyncio.sleep(self._reply.slow.first)
        match self._reply.fault:
            case Silent():
                await asyncio.Event().wait()
            case Status() as status:
                await self.fail(status, credentials)
            case WrongType() as wrong:
                await self._begin(200, wrong.content_type)
                await self._end(_PAGE)
            case Raw() as raw:
                await self._begin(200, EVENTS if self._asked.stream else JSON)
                chunks = [chunk.encode() for chunk in raw.chunks]
                await self._chunks(chunks, self._reply.slow.between)
                await self._end(b"")
            case _ if self._asked.stream:
                return await self._stream(answer)
            case _:
                return await self._whole(answer)
        return False

    async def fail(self, status: Status, credentials: str = "") -> None:
        """An error in place of an answer."""
        kind = status.type or _KINDS.get(status.status, "api_error")
        text = f"{status.message} {credentials}" if status.echo else status.message
        headers = dict(status.headers)
        if status.retry_after is not None:
            headers["retry-after"] = str(status.retry_after)
        await self._begin(status.status, JSON, headers)
        body = json.dumps(self._wire.error(kind, status.code, text))
        await self._end((body if status.body is None else status.body).encode())

    async def _whole(self, answer: Answer) -> bool:
        fault = self._reply.fault
        if isinstance(fault, ErrorEvent):
            await self.fail(Status(status=500, type=fault.type, message=fault.message))
            return False
        if isinstance(fault, Endless):
            await self._begin(200, JSON)
            await self._chunks(iter(lambda: b" " * 1_000, None), fault.pause)
        body = json.dumps(self._wire.whole(answer, self._asked)).encode()
        if isinstance(fault, Garbage):
            body = fault.text.encode()
        if isinstance(fault, Cut):
            half = body[: len(body) // 2]
            size = len(half) if fault.clean else len(body)
            await self._begin(200, JSON, {"content-length": str(size)})
            await self._chunks([half], 0)
            return False
        await self._begin(200, JSON, {"content-length": str(len(body))})
        await self._end(body)
        return not isinstance(fault, Garbage)

    async def _stream(self, answer: Answer) -> bool:
        fault = self._reply.fault
        frames: Iterator[bytes] = self._wire.events(answer, self._asked)
        pause = fault.pause if isinstance(fault, Endless) else self._reply.slow.between
        await self._begin(200, EVENTS)
        if isinstance(fault, Cut | ErrorEvent):
            frames = islice(frames, fault.after)
        if isinstance(fault, ErrorEvent):
            frames = chain(frames, [self._wire.error_event(fault.type, fault.message)])
        if isinstance(fault, Garbage):
            frames = chain(islice(frames, 1), [self._wire.broken_event(fault.text)])
        await self._chunks(frames, pause)
        if isinstance(fault, Cut) and not fault.clean:
            return False
        await self._end(b"")
        return fault is None or not isinstance(fault, Cut | ErrorEvent | Garbage)

    async def _begin(
        self, status: int, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        fields = {"content-type": kind, **(headers or {})}
        encoded = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def _chunks(self, chunks: Iterable[bytes], pause: float) -> None:
        for chunk in chunks:
            message: dict[str, Any] = {"type": "http.response.body", "body": chunk}
            await self._send(message | {"more_body": True})
            await asyncio.sleep(pause)

    async def _end(self, chunk: bytes) -> None:
        await self._send({"type": "http.response.body", "body": chunk, "more_body": False})
