"""Models of OpenAI, and of whoever speaks its chat completions."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import openai

from activities.llm.answer_ways import AnswerWays
from activities.llm.assembly import Assembly, CallParts
from activities.llm.failures import Failures
from activities.llm.messages import Finish, ModelReply, ModelRequest, Text, TokenUsage
from activities.llm.model import OnDelta
from activities.llm.openai_request import Dialect, ways
from activities.llm.streaming import Streaming
from activities.llm.transport import EVENTS, JSON, ModelTransport, is_whole
from activities.llm.wire import Count, JsonText, Part

_FINISH = {
    "length": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "content_filter": Finish.REFUSAL,
    "sensitive": Finish.REFUSAL,
}
_BROKE_OFF = "network_error"


class _Function(Part):
    name: Text | None = None
    arguments: JsonText | None = None


class _Call(Part):
    index: int | None = None
    id: Text | None = None
    function: _Function | None = None


class _Message(Part):
    content: Text | None = None
    refusal: Text | None = None
    tool_calls: list[_Call] | None = None


class _Choice(Part):
    index: int | None = None
    delta: _Message | None = None
    message: _Message | None = None
    finish_reason: str | None = None


class _Cached(Part):
    cached_tokens: Count = 0


class _Usage(Part):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _Cached | None = None


class _Completion(Part):
    """A whole completion, or a chunk of one."""

    model: Text | None = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class OpenAIModel:
    """Chat completions over `transport`; `failures` names what goes wrong."""

    def __init__(
        self, base_url: str, transport: ModelTransport, dialect: Dialect, failures: Failures
    ) -> None:
        self._client = openai.AsyncOpenAI(
            api_key="in-the-transport",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            http_client=httpx2.AsyncClient(transport=transport, trust_env=False, timeout=None),
        )
        self._dialect = dialect
        self._seconds = transport.seconds
        self._failures = failures
        self._ways = AnswerWays()
        self._streaming = Streaming(may_refuse=not dialect.streams)

    async def reply(self, request: ModelRequest, on_delta: OnDelta | None = None) -> ModelReply:
        """See `ChatModel`; an output schema is passed on, but the answer is not checked."""

        async def at_once(arguments: Mapping[str, Any]) -> ModelReply:
            with self._typed():
                async with self._failures.within(self._seconds):
                    return await self._at_once(arguments, on_delta)

        async def streamed(arguments: Mapping[str, Any]) -> ModelReply:
            with self._typed():
                async with self._failures.within(self._seconds):
                    return await self._streamed(arguments, on_delta)

        async def either(arguments: Mapping[str, Any]) -> ModelReply:
            return await self._streaming.reply(request.model, arguments, streamed, at_once)

        send = at_once if on_delta is None else either
        return await self._ways.reply(request.model, ways(request, self._dialect), send)

    async def _at_once(self, arguments: Mapping[str, Any], on_delta: OnDelta | None) -> ModelReply:
        found = await self._client.chat.completions.create(
            **arguments, stream=False, extra_headers={"Accept": JSON}
        )
        return self._whole(found, on_delta)

    def _whole(self, found: object, on_delta: OnDelta | None) -> ModelReply:
        completion = _Completion.model_validate(found)
        if not completion.choices:
            raise self._failures.malformed("the completion has no choices")
        answer = _Answer(self._failures, on_delta)
        answer.add(completion)
        return answer.assembly.reply()

    async def _streamed(self, arguments: Mapping[str, Any], on_delta: OnDelta | None) -> ModelReply:
        stream = await self._client.chat.completions.create(
            **arguments,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers={"Accept": EVENTS},
        )
        answer = _Answer(self._failures, on_delta)
        async with stream:
            if is_whole(stream.response):
                return self._whole(json.loads(await stream.response.aread()), on_delta)
            async for chunk in stream:
                answer.add(_Completion.model_validate(chunk))
        if answer.assembly.finish is None:
            raise self._failures.cut()
        return answer.assembly.reply()

    @contextmanager
    def _typed(self) -> Iterator[None]:
        with self._failures.typed():
            try:
                yield
            except openai.APIStatusError as error:
                raise self._failures.of_status(
                    error.status_code, error.response.headers, error.body
                ) from None
            except openai.APIConnectionError as error:
                raise self._failures.of_connection(error) from None
            except openai.APIResponseValidationError:
                raise self._failures.malformed("what it sent cannot be read") from None
            except openai.APIError as error:
                raise self._failures.of_status(200, {}, error.body) from None


class _Answer:
    """Reads a completion, or the chunks of one, into a reply."""

    def __init__(self, failures: Failures, on_delta: OnDelta | None = None) -> None:
        self.assembly = Assembly(on_delta)
        self._failures = failures
        self._calls: dict[int, CallParts] = {}
        self._last: CallParts | None = None
        self._refused = False

    def add(self, part: _Completion) -> None:
        """One completion or chunk.

        Raises:
            ModelReplyTooLarge: it is too much by now.
            ModelOverloaded: the provider says that it broke off.
        """
        self.assembly.model = part.model or self.assembly.model
        if part.usage is not None:
            self.assembly.usage = _usage(part.usage)
        for choice in part.choices or ():
            if choice.index in {0, None}:
                self._choice(choice)

    def _choice(self, choice: _Choice) -> None:
        said = choice.delta or choice.message or _Message()
        self._refused = self._refused or bool(said.refusal)
        self.assembly.add_text((said.content or "") + (said.refusal or ""))
        for call in said.tool_calls or ():
            parts = self._parts(call) if choice.message is None else self._begun(call)
            self._add_to(parts, call.function or _Function())
        if choice.finish_reason == _BROKE_OFF:
            raise self._failures.cut()
        if choice.finish_reason or (choice.message is not None):
            known = _FINISH.get(choice.finish_reason or "", Finish.STOP)
            self.assembly.finish = Finish.REFUSAL if self._refused else known

    def _add_to(self, parts: CallParts, function: _Function) -> None:
        # Some servers repeat the name with every piece.
        name = "" if function.name in {None, parts.name} else function.name
        self.assembly.add_to_call(parts, name=name or "", arguments=function.arguments or "")

    def _begun(self, call: _Call) -> CallParts:
        return self.assembly.add_call(call.id or "")

    def _parts(self, call: _Call) -> CallParts:
        """The call that this is more of: servers leave the index out, or give all the same."""
        known = self._last if call.index is None else self._calls.get(call.index)
        if known is None or (call.id and call.id != known.given):
            known = self._begun(call)
        if call.index is not None:
            self._calls[call.index] = known
        self._last = known
        return known


def _usage(usage: _Usage) -> TokenUsage:
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0
    return TokenUsage(
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
        cached=min(cached, usage.prompt_tokens),
    )
