"""Servers that speak chat completions nearly as OpenAI does; each of these is met somewhere."""

import json
from typing import Any

import pytest

from activities.llm.errors import ModelError, ModelOverloaded, ModelReplyTooLarge
from activities.llm.messages import Finish, ModelReply, TokenUsage
from models.enums import ModelProvider
from tests.activities.llm.served import served

COMPATIBLE = ModelProvider.OPENAI_COMPATIBLE
END = {"delta": {}, "finish_reason": "stop"}


def call(**more: Any) -> dict[str, Any]:
    function = {key: more.pop(key) for key in ("name", "arguments") if key in more}
    return {"delta": {"tool_calls": [{"function": function, **more}]}}


async def streamed(*choices: dict[str, Any], last: dict[str, Any] | None = None) -> ModelReply:
    """The reply to a stream with these choices."""
    frames: list[dict[str, Any]] = [{"choices": [each]} for each in choices]
    frames[-1] |= last or {}
    chunks = [f"data: {json.dumps(frame)}\n\n" for frame in frames]
    script = {"default": {"fault": {"kind": "raw", "chunks": chunks}}}
    async with served(COMPATIBLE, script, streamed=True) as found:
        return await found.ask()


async def whole(choice: dict[str, Any], **more: Any) -> ModelReply:
    """The reply to a completion with this choice."""
    body = json.dumps({"choices": [choice], **more})
    script = {"default": {"fault": {"kind": "raw", "chunks": [body]}}}
    async with served(COMPATIBLE, script) as found:
        return await found.ask()


async def test_calls_without_an_index_belong_to_the_last_that_began() -> None:
    reply = await streamed(
        call(id="1", name="a", arguments='{"x":'),
        call(arguments=" 1}"),
        call(id="2", name="b", arguments="{}"),
        END,
    )
    assert [(each.id, each.name, each.arguments) for each in reply.tool_calls] == [
        ("1", "a", '{"x": 1}'),
        ("2", "b", "{}"),
    ]


async def test_calls_that_all_have_one_index_are_told_apart_by_their_ids() -> None:
    reply = await streamed(
        call(index=0, id="1", name="a", arguments="{}"),
        call(index=0, id="2", name="b", arguments="{}"),
        END,
    )
    assert [(each.id, each.name) for each in reply.tool_calls] == [("1", "a"), ("2", "b")]


async def test_pieces_of_calls_may_come_in_turn() -> None:
    reply = await streamed(
        call(index=0, id="1", name="a"),
        call(index=1, id="2", name="b"),
        call(index=0, arguments='{"of": "a"}'),
        call(index=1, arguments='{"of": "b"}'),
        END,
    )
    assert [each.parsed() for each in reply.tool_calls] == [{"of": "a"}, {"of": "b"}]


async def test_a_name_that_comes_with_every_piece_is_one_name() -> None:
    reply = await streamed(
        call(index=0, id="1", name="a", arguments="{"),
        call(index=0, id="1", name="a", arguments="}"),
        END,
    )
    assert [(each.name, each.arguments) for each in reply.tool_calls] == [("a", "{}")]


@pytest.mark.parametrize("given", [None, "", "same", "x" * 1_000])
async def test_every_call_has_an_id_of_its_own(given: str | None) -> None:
    calls = [{"id": given, "function": {"name": "a", "arguments": ""}} for _ in range(3)]
    reply = await whole({"message": {"content": None, "tool_calls": calls}})
    assert len({each.id for each in reply.tool_calls}) == 3
    assert all(0 < len(each.id) <= 256 for each in reply.tool_calls)
    assert all(each.parsed() == {} for each in reply.tool_calls)


async def test_arguments_may_come_as_the_object_they_are() -> None:
    calls = [{"id": "1", "function": {"name": "a", "arguments": {"city": "Łódź"}}}]
    reply = await whole({"message": {"tool_calls": calls}, "finish_reason": "stop"})
    assert reply.finish is Finish.TOOL_CALLS
    assert reply.tool_calls[0].parsed() == {"city": "Łódź"}


async def test_the_usage_may_come_with_the_last_piece() -> None:
    used = {"usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": None}}
    reply = await streamed({"delta": {"content": "x"}}, END, last=used)
    assert reply.usage == TokenUsage(input=7, output=3)


async def test_more_tokens_from_the_cache_than_there_are_is_all_of_them() -> None:
    details = {"cached_tokens": 100}
    used = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": details}
    reply = await whole({"message": {"content": "x"}}, usage=used)
    assert reply.usage == TokenUsage(input=7, output=3, cached=7)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("length", Finish.LENGTH),
        ("content_filter", Finish.REFUSAL),
        ("sensitive", Finish.REFUSAL),
        ("eos", Finish.STOP),
        (None, Finish.STOP),
    ],
)
async def test_reasons_to_stop_have_their_meaning(reason: str | None, finish: Finish) -> None:
    reply = await whole({"message": {"content": "x"}, "finish_reason": reason})
    assert reply.finish is finish


async def test_a_model_whose_server_lost_it_is_asked_again() -> None:
    with pytest.raises(ModelOverloaded, match="broke off"):
        await streamed({"delta": {"content": "x"}}, {"delta": {}, "finish_reason": "network_error"})


async def test_other_choices_than_the_first_are_not_read() -> None:
    reply = await streamed(
        {"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}, END
    )
    assert reply.content == "a"


@pytest.mark.parametrize("stream", [False, True])
async def test_thinking_counts_as_part_of_the_answer(stream: bool) -> None:
    script = {"default": {"text": "x", "thinking": "hm " * 1_500_000, "chunk": 100_000}}
    async with served(ModelProvider.ANTHROPIC, script, streamed=stream) as found:
        with pytest.raises(ModelReplyTooLarge):
            await found.ask()


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "no such thing"},
        {"error": "no such thing"},
        {"error": {"message": "no such thing", "code": 7}},
        {"object": "error", "message": "no such thing", "type": "NotFoundError"},
        "no such thing",
    ],
)
async def test_the_text_of_an_error_is_found_wherever_it_stands(body: Any) -> None:
    fault = {"kind": "status", "status": 404, "body": json.dumps(body)}
    async with served(COMPATIBLE, {"default": {"fault": fault}}) as found:
        with pytest.raises(ModelError, match="no such thing"):
            await found.ask()
