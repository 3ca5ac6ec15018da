"""Models of Anthropic, and of whoever speaks its messages API."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import anthropic
import httpx2

from activities.llm.answer_ways import AnswerWays
from activities.llm.anthropic_answer import AnthropicAnswer, Event, Whole
from activities.llm.anthropic_request import ways
from activities.llm.failures import Failures
from activities.llm.messages import ModelReply, ModelRequest
from activities.llm.model import OnDelta
from activities.llm.transport import EVENTS, JSON, ModelTransport, is_whole

_AFTER_THE_END_SECONDS = 0.1
# Told to by the environment, the library would write whole conversations into its log.
logging.getLogger("anthropic").setLevel(logging.WARNING)


class AnthropicModel:
    """The messages API over `transport`; `failures` names what goes wrong."""

    def __init__(self, base_url: str, transport: ModelTransport, failures: Failures) -> None:
        self._client = anthropic.AsyncAnthropic(
            api_key="in-the-transport",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            open_telemetry=False,
            http_client=httpx2.AsyncClient(transport=transport, trust_env=False, timeout=None),
        )
        self._seconds = transport.seconds
        self._failures = failures
        self._ways = AnswerWays()

    async def reply(self, request: ModelRequest, on_delta: OnDelta | None = None) -> ModelReply:
        """See `ChatModel`; an output schema is passed on, but the answer is not checked."""

        async def send(arguments: Mapping[str, Any]) -> ModelReply:
            answer_tool = "tool_choice" in arguments
            answer = AnthropicAnswer(self._failures, on_delta, answer_tool=answer_tool)
            with self._typed():
                async with self._failures.within(self._seconds):
                    if on_delta is None:
                        await self._at_once(arguments, answer)
                    else:
                        await self._streamed(arguments, answer)
                    return answer.reply()

        return await self._ways.reply(request.model, ways(request), send)

    async def _at_once(self, arguments: Mapping[str, Any], answer: AnthropicAnswer) -> None:
        found = await self._client.messages.create(
            **arguments, stream=False, extra_headers={"Accept": JSON}
        )
        self._whole(found, answer)

    def _whole(self, found: object, answer: AnthropicAnswer) -> None:
        message = Whole.model_validate(found)
        if message.content is None:
            raise self._failures.malformed("the message has no content")
        answer.add_whole(message)

    async def _streamed(self, arguments: Mapping[str, Any], answer: AnthropicAnswer) -> None:
        stream = await self._client.messages.create(
            **arguments, stream=True, extra_headers={"Accept": EVENTS}
        )
        async with stream:
            if is_whole(stream.response):
                self._whole(json.loads(await stream.response.aread()), answer)
                return
            async for found in stream:
                event = Event.model_validate(found)
                answer.add_event(event)
                if event.type == "message_stop":
                    break
            await _read_out(stream)

    @contextmanager
    def _typed(self) -> Iterator[None]:
        with self._failures.typed():
            try:
                yield
            except anthropic.APIStatusError as error:
                raise self._failures.of_status(
                    error.status_code, error.response.headers, error.body
                ) from None
            except anthropic.APIConnectionError as error:
                raise self._failures.of_connection(error) from None
            except anthropic.APIResponseValidationError:
                raise self._failures.malformed("what it sent cannot be read") from None


async def _read_out(stream: AsyncIterator[object]) -> None:
    """Up to its very end, so that the connection may be used again; but not for long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_AFTER_THE_END_SECONDS):
            async for _ in stream:
                continue
