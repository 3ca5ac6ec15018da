"""Servers that mean harm: whatever they send, a turn ends soon, with a reply or a typed error."""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from activities.llm.errors import ModelError, ModelReplyTooLarge
from activities.llm.messages import ModelReply
from cli.scripted_model import anthropic_wire, openai_wire
from cli.scripted_model.answer import answer_of
from cli.scripted_model.asked import Asked, Said
from cli.scripted_model.script import Raw, Reply, Script, Slow
from models.enums import ModelProvider
from tests.activities.llm.served import Served, served

ROUNDS = 300
ASKED = Asked("scripted-1", (Said("user", "Hello"),), ("weather",), stream=True)
REPLY = Reply.model_validate(
    {
        "text": "Some words, and more.",
        "thinking": "Hm.",
        "tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}, {"name": "other"}],
    }
)
JUNK: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, "", "x", "\ud800", "\x00", [], {}, [[]], [None], {"a": 1},
    "stop", "tool_use", "thinking", {"type": "text"}, [{"index": 0}], "tool_calls", "error",
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as its holder and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def damaged(document: Any, chance: random.Random) -> Any:
    """A copy with junk in one or two places, or without them."""
    copy = json.loads(json.dumps(document))
    for _ in range(chance.choice([1, 1, 2])):
        found = list(places(copy))
        if not found:
            return chance.choice(JUNK)
        holder, key = chance.choice(found)
        if isinstance(holder, dict) and chance.random() < 0.3:
            del holder[key]
        else:
            holder[key] = chance.choice(JUNK)
    return copy


def stream(frames: list[bytes], chance: random.Random) -> list[str]:
    """The frames of a stream, one of them damaged; some are lost, or come twice."""
    found: list[str] = []
    victim = chance.randrange(len(frames))
    for place, frame in enumerate(frames):
        head, _, data = frame.decode().partition("data: ")
        text = data.strip()
        if place == victim and text != "[DONE]":
            text = json.dumps(damaged(json.loads(text), chance))
        times = chance.choices([0, 1, 2], [1, 18, 1])[0]
        found += [f"{head}data: {text}\n\n"] * times
    return found


async def outcome(found: Served, chunks: list[str], *, pause: float = 0) -> ModelReply | ModelError:
    reply = Reply(fault=Raw(chunks=chunks), slow=Slow(between=pause))
    found.server.script = Script(default=reply)
    async with asyncio.timeout(20):
        try:
            return await found.ask()
        except ModelError as error:
            return error


@pytest.mark.parametrize("provider", [ModelProvider.OPENAI, ModelProvider.ANTHROPIC])
async def test_a_damaged_stream_is_a_reply_or_a_typed_error(provider: ModelProvider) -> None:
    chance = random.Random(7)  # noqa: S311 - the same damage in every run
    wire = anthropic_wire if provider is ModelProvider.ANTHROPIC else openai_wire
    frames = list(wire.events(answer_of(REPLY, ASKED), ASKED))
    kinds = set()
    async with served(provider, {}, streamed=True) as found:
        for _ in range(ROUNDS):
            ended = await outcome(found, stream(frames, chance))
            kinds.add(type(ended))
            if isinstance(ended, ModelReply):
                assert "".join(found.deltas) == ended.content
                assert ModelReply.model_validate_json(ended.model_dump_json()) == ended
    assert ModelReply in kinds
    assert len(kinds) > 1


@pytest.mark.parametrize("provider", [ModelProvider.OPENAI, ModelProvider.ANTHROPIC])
async def test_a_damaged_answer_is_a_reply_or_a_typed_error(provider: ModelProvider) -> None:
    chance = random.Random(11)  # noqa: S311 - the same damage in every run
    wire = anthropic_wire if provider is ModelProvider.ANTHROPIC else openai_wire
    whole = wire.whole(answer_of(REPLY, ASKED), ASKED)
    kinds = set()
    async with served(provider, {}) as found:
        for _ in range(ROUNDS):
            ended = await outcome(found, [json.dumps(damaged(whole, chance))])
            kinds.add(type(ended))
    assert ModelReply in kinds
    assert len(kinds) > 1


@pytest.mark.parametrize("line", ["data: x\n", "a\r", ": c\r\n", "\x00\n"])
async def test_an_event_of_many_lines_does_not_hold_the_loop_up(
    provider: ModelProvider, line: str
) -> None:
    async with served(provider, {}, streamed=True) as found:
        await found.ask()  # the library is loaded
        before = time.process_time()
        ended = await outcome(found, [line * 200_000] * 10)
        assert time.process_time() - before < 5
    assert isinstance(ended, ModelReplyTooLarge)


async def test_an_event_without_end_is_refused(provider: ModelProvider) -> None:
    async with served(provider, {}, streamed=True) as found:
        ended = await outcome(found, ["data: ", *["x" * 1_000_000] * 20])
    assert isinstance(ended, ModelReplyTooLarge)


async def test_line_ends_that_come_in_halves_are_no_blank_lines(provider: ModelProvider) -> None:
    async with served(provider, {}, streamed=True) as found:
        ended = await outcome(found, ["data: x\r", *["\ndata: x\r"] * 150], pause=0.002)
    assert isinstance(ended, ModelReplyTooLarge)


async def test_a_stream_that_says_nothing_for_ever_is_refused(provider: ModelProvider) -> None:
    nothing = f":{'x' * 1_000}\n\n" * 1_000
    async with served(provider, {}, streamed=True) as found:
        ended = await outcome(found, [nothing] * 70)
    assert isinstance(ended, ModelReplyTooLarge)


async def test_a_connection_that_stays_open_after_the_end_is_not_waited_for(
    provider: ModelProvider,
) -> None:
    wire = anthropic_wire if provider is ModelProvider.ANTHROPIC else openai_wire
    frames = b"".join(wire.events(answer_of(REPLY, ASKED), ASKED)).decode()
    async with served(provider, {}, streamed=True) as found:
        await found.ask()  # the library is loaded
        before = time.monotonic()
        ended = await outcome(found, [frames], pause=15)
        assert time.monotonic() - before < 10
    assert isinstance(ended, ModelReply)


async def test_connections_are_used_again(provider: ModelProvider) -> None:
    for streamed in (False, True):
        async with served(provider, {"default": REPLY.model_dump()}, streamed=streamed) as found:
            for _ in range(5):
                await found.ask()
            clients = {each.client for each in found.server.ledger.requests}
        assert len(clients) == 1


async def test_events_may_be_cut_anywhere(provider: ModelProvider) -> None:
    wire = anthropic_wire if provider is ModelProvider.ANTHROPIC else openai_wire
    text = "äöü 🎉 " * 20
    frames = b"".join(wire.events(answer_of(Reply(text=text), ASKED), ASKED)).decode()
    for ends in ("\n", "\r\n", "\r"):
        body = frames.replace("\n", ends)
        async with served(provider, {}, streamed=True) as found:
            ended = await outcome(found, [body[at : at + 7] for at in range(0, len(body), 7)])
        assert isinstance(ended, ModelReply), ended
        assert ended.content == text
