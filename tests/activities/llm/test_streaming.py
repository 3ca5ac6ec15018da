"""Servers that do not stream, though people would like to follow what they say."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.addresses import parse_openings
from activities.http_client import HttpClient
from activities.llm.errors import ModelAuthFailed, ModelProtocolError, ModelRequestRefused
from activities.llm.messages import TokenUsage
from activities.llm.model import ChatModel
from activities.llm.providers import open_model
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.enums import ModelProvider
from tests.activities.llm.served import KEY, PROVIDERS, WEATHER, request, served

COMPATIBLE = ModelProvider.OPENAI_COMPATIBLE


class NotStreaming:
    """Answers at once whatever is asked for, or refuses to stream with `status`."""

    def __init__(self, app: ASGIApp, status: int | None, refusals: list[int]) -> None:
        self._inner = app
        self._status = status
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        asked = json.loads(body)
        if asked.pop("stream", False) and self._status is not None:
            self._refusals.append(self._status)
            await _refuse(send, self._status)
            return
        asked.pop("stream_options", None)
        waiting = [{"type": "http.request", "body": json.dumps(asked).encode()}]

        async def given() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._inner(scope, given, send)


def unheard(_piece: str) -> None:
    """Nobody listens."""


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = json.dumps({"error": {"message": "streams are not known here"}}).encode()
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def not_streaming(
    provider: ModelProvider, script: dict[str, Any], status: int | None = None
) -> AsyncIterator[tuple[ChatModel, ScriptedModel, list[int]]]:
    """A model of `provider` behind such a server, which lists its refusals."""
    refusals: list[int] = []
    async with scripted_model(Script.model_validate(script)) as server:
        server.app.add_middleware(NotStreaming, status=status, refusals=refusals)
        http = HttpClient(parse_openings("127.0.0.1"))
        path = "" if provider is ModelProvider.ANTHROPIC else "/v1"
        model = open_model(provider, base_url=f"{server.url}{path}", api_key=KEY, http=http)
        yield model, server, refusals
        await http.close()


@pytest.mark.parametrize("provider", [COMPATIBLE, *PROVIDERS])
async def test_an_answer_that_comes_at_once_is_as_good(provider: ModelProvider) -> None:
    call = {"name": "weather", "arguments": {"city": "Łódź"}, "id": "call_1"}
    script = {"default": {"text": "I look it up.", "tool_calls": [call]}}
    pieces: list[str] = []
    async with not_streaming(provider, script) as (model, server, _):
        reply = await model.reply(request(tools=(WEATHER,)), pieces.append)
        at_once = await model.reply(request(tools=(WEATHER,)))
        assert server.ledger.count()["requests"] == 2, "it is not paid for twice"
    assert reply == at_once
    assert reply.usage.reported
    assert reply.tool_calls[0].parsed() == {"city": "Łódź"}
    assert "".join(pieces) == reply.content == "I look it up."


@pytest.mark.parametrize("provider", [COMPATIBLE, ModelProvider.ANTHROPIC])
@pytest.mark.parametrize("text", ["{]", "null", "[]", '{"error": "no"}', "[" * 100_000])
async def test_what_comes_at_once_and_is_no_answer_has_a_type(
    provider: ModelProvider, text: str
) -> None:
    script = {"default": {"fault": {"kind": "garbage", "text": text}}}
    async with not_streaming(provider, script) as (model, _, _refusals):
        with pytest.raises(ModelProtocolError):
            await model.reply(request(), unheard)


async def test_a_server_that_refuses_to_stream_is_asked_at_once_from_then_on() -> None:
    pieces: list[str] = []
    async with not_streaming(COMPATIBLE, {"default": "Hello."}, 422) as (model, server, refusals):
        for _ in range(3):
            pieces.clear()
            reply = await model.reply(request(), pieces.append)
            assert "".join(pieces) == reply.content == "Hello."
        assert (len(refusals), server.ledger.count()["requests"]) == (1, 3)


async def test_what_is_refused_either_way_is_not_about_the_stream() -> None:
    fault = {"kind": "status", "status": 400, "message": "no such model"}
    script = {"rules": [{"when": {"last": "wrong"}, "reply": {"fault": fault}}]}
    async with served(COMPATIBLE, script, streamed=True) as found:
        with pytest.raises(ModelRequestRefused, match="no such model"):
            await found.ask("wrong")
        reply = await found.ask("right")
        assert found.body["stream"] is True
    assert "".join(found.deltas) == reply.content


async def test_other_refusals_are_not_tried_again() -> None:
    async with not_streaming(COMPATIBLE, {}, 401) as (model, server, refusals):
        with pytest.raises(ModelAuthFailed):
            await model.reply(request(), unheard)
        assert (len(refusals), server.ledger.count()["requests"]) == (1, 0)


async def test_budgets_matter_more_than_following() -> None:
    used = {"prompt_tokens": 7, "completion_tokens": 3}
    end = {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}
    whole = {"choices": [{"message": {"content": "x"}}], "usage": used}
    stream = {"fault": {"kind": "raw", "chunks": [f"data: {json.dumps(end)}\n\n"]}}
    rules = [
        {"reply": stream, "times": 1},
        {"reply": {"fault": {"kind": "raw", "chunks": [json.dumps(whole)]}}},
    ]
    async with served(COMPATIBLE, {"rules": rules}, streamed=True) as found:
        assert not (await found.ask()).usage.reported
        for _ in range(2):
            assert (await found.ask()).usage == TokenUsage(input=7, output=3)
            assert not found.body.get("stream")
            assert found.deltas == ["x"]


async def test_a_server_that_never_counts_may_as_well_be_followed() -> None:
    async with served(
        COMPATIBLE, {"default": {"text": "Hello.", "hide_usage": True}}, streamed=True
    ) as found:
        streams = []
        for _ in range(4):
            await found.ask()
            streams.append(bool(found.body.get("stream")))
    assert streams == [True, False, True, True]
