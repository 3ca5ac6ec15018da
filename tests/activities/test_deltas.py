"""Pieces of a turn on their way to people: joined they are the answer, without secrets, or nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import example, given, settings, strategies as st

from activities.deltas import BATCH_SECONDS, MAX_WAITING, Deltas, Speech
from activities.scrubbing import MIN_CHARACTERS, ScrubbedPieces, Scrubber
from activities.worker import WorkerSettings
from cli.scripted_model.server import address, listen
from models.deltas import DELTA_CHANNEL, Delta
from models.keys import new_key
from temporal_workflows.contracts import NodeContext

SECRET = "sk-live-0123456789abcdef"
OTHER = "wörd-abcabcabc"
SCRUBBER = Scrubber({"KEY": SECRET, "OTHER": OTHER})
Heard = list[Delta]


def context() -> NodeContext:
    return NodeContext(execution_id=str(uuid4()), node_key="turn_1")


def joined(heard: Heard) -> str:
    """The text, which has no gap."""
    assert [each.offset for each in heard[:1]] in ([], [0])
    for one, two in pairwise(heard):
        assert two.offset == one.offset + len(one.text)
    return "".join(each.text for each in heard)


def spoken(speech: Speech) -> Heard:
    return [Delta.model_validate_json(payload) for payload in speech.payloads()]


# Secrets -----------------------------------------------------------------------------------------

PARTS = st.sampled_from(
    [SECRET, SECRET[:9], SECRET[9:], OTHER, OTHER[:7], "abc", "abcabcabc", " ", "…", "ö🔑", "sk-"]
) | st.text(max_size=4)


@given(st.lists(PARTS, max_size=12), st.lists(st.integers(1, 9), min_size=1, max_size=9))
@example([SECRET[:8], SECRET[8:], OTHER], [1])
@settings(max_examples=300, deadline=None)
def test_wherever_it_is_cut_the_text_is_scrubbed_as_if_it_had_not_been(
    parts: list[str], sizes: list[int]
) -> None:
    text, given_so_far = "".join(parts), ""
    pieces, rest, turn = ScrubbedPieces(SCRUBBER), text, 0
    while rest:
        size = sizes[turn % len(sizes)]
        given_so_far += pieces.add(rest[:size])
        rest, turn = rest[size:], turn + 1
    given_so_far += pieces.end()
    assert SECRET not in given_so_far
    assert OTHER not in given_so_far
    whole = SCRUBBER.text(text)
    if SCRUBBER.ending(text.encode()) == whole.encode():
        assert given_so_far == whole


def test_nothing_of_a_secret_is_given_before_it_is_whole() -> None:
    pieces = ScrubbedPieces(SCRUBBER)
    given_so_far = [pieces.add(character) for character in f"It is {SECRET}."]
    assert "".join(given_so_far[: len("It is ") + len(SECRET)]).strip() in {"It is", "It"}
    assert "".join(given_so_far) + pieces.end() == "It is [secret KEY]."


def test_a_secret_that_broke_off_at_the_end_is_not_given() -> None:
    pieces = ScrubbedPieces(SCRUBBER)
    told = pieces.add(f"It is {SECRET[:-1]}") + pieces.end()
    assert told == "It is [secret KEY]"


def test_what_no_secret_began_in_is_held_back_no_longer() -> None:
    pieces = ScrubbedPieces(SCRUBBER)
    assert pieces.add(f"sk-live-0123 {'x' * MIN_CHARACTERS}").startswith("sk-live-0123 ")
    plain = ScrubbedPieces(Scrubber({}))
    assert plain.add("all of it") == "all of it"


def test_secrets_that_overlap_for_ever_end_in_silence() -> None:
    speech = Speech(context(), 1, Scrubber({"A": "aaaaaaaa"}))
    for number in range(10_000):
        speech.add("aaaaaaaa")
        if number % 80 == 0:
            assert speech.payloads() == []
    speech.ended = True
    assert speech.payloads() == []


# Notifications -----------------------------------------------------------------------------------


@pytest.mark.parametrize("character", ["x", "é", "\n", '"', "\x01", "🔑"])
def test_every_notification_is_one_that_postgresql_takes(character: str) -> None:
    speech = Speech(context(), 1, Scrubber({}))
    text = character * 40_000
    speech.add(text)
    payloads = speech.payloads()
    assert max(len(payload.encode()) for payload in payloads) < 7_900
    assert joined([Delta.model_validate_json(payload) for payload in payloads]) == text


def test_characters_are_counted_not_bytes() -> None:
    speech = Speech(context(), 2, Scrubber({}))
    speech.add("né🔑")
    first = spoken(speech)
    speech.add("!")
    assert [(each.attempt, each.offset, each.text) for each in [*first, *spoken(speech)]] == [
        (2, 0, "né🔑"),
        (2, 3, "!"),
    ]


def test_too_much_at_once_is_dropped_and_the_rest_with_it() -> None:
    speech = Speech(context(), 1, Scrubber({}))
    speech.add("x" * (MAX_WAITING + 1))
    speech.add("and on")
    speech.ended = True
    assert speech.payloads() == []


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Heard]:
    """What is heard of the channel."""
    connection = await asyncpg.connect(url)
    heard: Heard = []
    await connection.add_listener(
        DELTA_CHANNEL, lambda *event: heard.append(Delta.model_validate_json(str(event[3])))
    )
    yield heard
    await connection.close()


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_pieces_are_heard_while_the_turn_goes_on(migrated_url: str) -> None:
    deltas, where = Deltas(migrated_url), context()
    async with listening(migrated_url) as heard:
        with deltas.speech(where, 1, SCRUBBER) as on_delta:
            assert on_delta is not None
            for word in ("The ", "key ", "is ", SECRET[:11], SECRET[11:], ", ", "I ", "think"):
                on_delta(word)
            await until(lambda: heard)
            assert joined(heard).startswith("The key is [secret KEY]")
            on_delta(".")
        await until(lambda: joined(heard).endswith("."))
    assert joined(heard) == "The key is [secret KEY], I think."
    assert {each.execution_id for each in heard} == {where.execution_id}
    await deltas.close()


async def test_many_pieces_are_few_notifications(migrated_url: str) -> None:
    deltas = Deltas(migrated_url)
    async with listening(migrated_url) as heard:
        with deltas.speech(context(), 1, Scrubber({})) as on_delta:
            assert on_delta is not None
            for _ in range(2_000):
                on_delta("word ")
        await until(lambda: len(joined(heard)) == 10_000)
    assert len(heard) < 10
    await deltas.close()


async def test_what_a_failed_attempt_had_left_to_say_is_not_said(migrated_url: str) -> None:
    deltas, where = Deltas(migrated_url), context()
    async with listening(migrated_url) as heard:
        with pytest.raises(ZeroDivisionError):
            _break_off(deltas, where)
        with deltas.speech(where, 2, Scrubber({})) as on_delta:
            assert on_delta is not None
            on_delta("a whole one")
        await until(lambda: heard)
    assert [(each.attempt, each.text) for each in heard] == [(2, "a whole one")]
    await deltas.close()


def _break_off(deltas: Deltas, where: NodeContext) -> None:
    with deltas.speech(where, 1, Scrubber({})) as on_delta:
        assert on_delta is not None
        on_delta("half an ans")
        raise ZeroDivisionError


async def test_a_lost_connection_leaves_a_gap_at_most(migrated_url: str) -> None:
    deltas = Deltas(migrated_url)
    async with listening(migrated_url) as heard:
        with deltas.speech(context(), 1, Scrubber({})) as on_delta:
            assert on_delta is not None
            on_delta("before ")
            await until(lambda: heard)
            assert await _killed(migrated_url) >= 1
            said = "before "
            while not any(each.offset >= 200 for each in heard):
                on_delta("0123456789")
                said += "0123456789"
                await asyncio.sleep(0.02)
    for each in heard:
        assert said[each.offset : each.offset + len(each.text)] == each.text
    await deltas.close()


async def test_it_closes_in_the_moment_a_turn_ends(migrated_url: str) -> None:
    deltas = Deltas(migrated_url)
    async with listening(migrated_url) as heard:
        with deltas.speech(context(), 1, Scrubber({})) as on_delta:
            assert on_delta is not None
            on_delta("connected ")
            await until(lambda: heard)
            on_delta("and collecting")
            await asyncio.sleep(BATCH_SECONDS / 3)
        # Not a timeout: that would cancel what does not end, and call it ended.
        ended, _ = await asyncio.wait({asyncio.create_task(deltas.close())}, timeout=5)
    assert ended


async def _killed(url: str) -> int:
    """How many connections that notify were ended."""
    connection = await asyncpg.connect(url)
    try:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE '%pg_notify%unnest%'"
            " AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    return len(ended)


async def test_without_a_database_nobody_is_told_and_nothing_fails() -> None:
    with Deltas(None).speech(context(), 1, Scrubber({})) as on_delta:
        assert on_delta is None
    with closing(listen()) as free:
        gone = address(free).replace("http://", "postgresql://nobody@")
    deltas = Deltas(gone)
    with deltas.speech(context(), 1, Scrubber({})) as on_delta:
        assert on_delta is not None
        for _ in range(20):
            on_delta("word " * 100)
            await asyncio.sleep(0.01)
    await deltas.close()


@pytest.mark.parametrize(("value", "on"), [(None, True), ("1", True), ("0", False), ("No", False)])
def test_a_worker_may_be_told_not_to_stream(value: str | None, on: bool) -> None:
    environ = {"PASTETRADER_ARTIFACTS": "memory:///", "PASTETRADER_ENCRYPTION_KEYS": new_key("1")}
    if value is not None:
        environ["PASTETRADER_STREAM_TOKENS"] = value
    assert WorkerSettings.from_env(environ).stream_tokens is on


def test_a_payload_has_these_names() -> None:
    speech = Speech(context(), 1, Scrubber({}))
    speech.add("x")
    (payload,) = speech.payloads()
    assert sorted(json.loads(payload)) == ["attempt", "execution_id", "node_key", "offset", "text"]
