"""What a model said, through the providers' own libraries."""

import pytest

from activities.llm.messages import (
    INVALID_JSON,
    Finish,
    Message,
    Parameters,
    Role,
    TokenUsage,
    ToolCall,
    ToolOffer,
)
from models.enums import ModelProvider
from models.graph.values import ValueProblem
from tests.activities.llm.conftest import Serve
from tests.activities.llm.served import KEY, WEATHER, result, served, user

TEXT = "Grüße, 世界 🎉 — und noch ein zweiter Satz, damit es mehrere Stücke sind."


async def test_a_text_comes_whole_and_its_pieces_are_the_same(serve: Serve) -> None:
    async with serve({"default": TEXT}) as served:
        reply = await served.ask()
    assert (reply.content, reply.finish, reply.tool_calls) == (TEXT, Finish.STOP, ())
    assert reply.model == "scripted-1"
    if served.streamed:
        assert len(served.deltas) > 3
        assert "".join(served.deltas) == TEXT


async def test_usage_is_what_the_server_counted(serve: Serve) -> None:
    used = {"input": 120, "output": 7, "cached": 100}
    async with serve({"default": {"text": "x", "usage": used}}) as served:
        reply = await served.ask()
    assert reply.usage == TokenUsage(input=120, output=7, cached=100)


async def test_usage_that_is_not_told_is_no_zero(serve: Serve) -> None:
    async with serve({"default": {"text": "x", "hide_usage": True}}) as served:
        reply = await served.ask()
    assert not reply.usage.reported
    assert not (reply.usage + TokenUsage(input=1)).reported


async def test_calls_in_parallel_come_with_their_arguments(serve: Serve) -> None:
    calls = [
        {"name": "weather", "arguments": {"city": "Łódź", "days": [1, 2, 3]}},
        {"name": "weather", "arguments": {"city": 'a "quoted" one'}},
        {"name": "nothing"},
    ]
    async with serve({"default": {"text": "Let me look.", "tool_calls": calls}}) as served:
        reply = await served.ask(tools=(WEATHER,))
    assert reply.finish is Finish.TOOL_CALLS
    assert reply.content == "Let me look."
    assert [(call.name, call.parsed()) for call in reply.tool_calls] == [
        (call["name"], call.get("arguments", {})) for call in calls
    ]
    assert len({call.id for call in reply.tool_calls}) == 3


async def test_a_conversation_goes_on_with_results(serve: Serve) -> None:
    calls = [{"name": "weather", "arguments": {"city": each}} for each in ("Oslo", "Rome")]
    rules = [
        {"when": {"turn": 1}, "reply": {"tool_calls": calls}},
        {"when": {"tool": "weather", "turn": 2, "last": "sunny"}, "reply": "Sunny in Rome."},
    ]
    async with serve({"rules": rules}) as served:
        said = [Message(role=Role.SYSTEM, content="Be short."), user("And now?")]
        first = await served.ask(said, tools=(WEATHER,))
        results = [result(first.tool_calls[0].id, ""), result(first.tool_calls[1].id, "sunny")]
        second = await served.ask([*said, first.as_message(), *results], tools=(WEATHER,))
    assert second.content == "Sunny in Rome."
    asked = served.server.ledger.requests[-1].asked
    assert [each.role for each in asked.said][:2] == ["system", "user"]
    assert served.server.ledger.count()["refused"] == 0


@pytest.mark.parametrize("arguments", ["{oops", "[1]", '"text"', "{} {}", "[" * 5_000, ""])
async def test_broken_arguments_are_told_and_do_not_spoil_what_follows(
    serve: Serve, arguments: str
) -> None:
    broken = {"name": "weather", "arguments": arguments}
    async with serve({"turns": [{"tool_calls": [broken]}, "Sorry."]}) as served:
        first = await served.ask(tools=(WEATHER,))
        call = first.tool_calls[0]
        if arguments:
            with pytest.raises(ValueProblem, match=r"arguments|nested"):
                call.parsed()
            assert call.repeated() == {INVALID_JSON: arguments}
        else:
            assert call.parsed() == {}
        said = [user("Hello"), first.as_message(), result(call.id, "that was no JSON")]
        second = await served.ask(said, tools=(WEATHER,))
    assert second.content == "Sorry."


async def test_a_tool_that_nobody_offers_is_a_call_as_any_other(serve: Serve) -> None:
    called = {"name": "rm -rf / # " + "x" * 300, "arguments": {}}
    async with serve({"turns": [{"tool_calls": [called]}, "Well."]}) as served:
        first = await served.ask(tools=(WEATHER,))
        assert first.tool_calls[0].name == called["name"][:256]
        said = [user("Hello"), first.as_message(), result(first.tool_calls[0].id, "no such tool")]
        assert (await served.ask(said, tools=(WEATHER,))).content == "Well."


async def test_an_answer_that_was_cut_off_says_so_and_calls_nothing(serve: Serve) -> None:
    cut = {"text": "Once upon", "tool_calls": [{"name": "weather"}], "finish": "length"}
    async with serve({"default": cut}) as served:
        reply = await served.ask(tools=(WEATHER,))
    assert (reply.finish, reply.content, reply.tool_calls) == (Finish.LENGTH, "Once upon", ())


async def test_a_refusal_is_a_reply(serve: Serve) -> None:
    async with serve({"default": {"text": "I will not.", "finish": "refusal"}}) as served:
        reply = await served.ask()
    assert (reply.finish, reply.content) == (Finish.REFUSAL, "I will not.")
    assert "".join(served.deltas) == ("I will not." if served.streamed else "")


async def test_characters_that_nothing_can_store_are_replaced(serve: Serve) -> None:
    called = {"name": "a", "arguments": '{"x": "\\u0000"}'}
    async with serve({"default": {"text": "a\x00b", "tool_calls": [called]}}) as served:
        served.server.script = served.server.script.model_copy(
            update={"default": served.server.script.default.model_copy(update={"text": "\ud83d!"})}
        )
        reply = await served.ask()
    assert reply.content == "\ufffd!"
    with pytest.raises(ValueProblem, match="NUL"):
        reply.tool_calls[0].parsed()


async def test_a_slow_answer_is_waited_for(serve: Serve) -> None:
    slow = {"text": TEXT, "slow": {"first": 0.2, "between": 0.02}}
    async with serve({"default": slow}) as served:
        assert (await served.ask()).content == TEXT


async def test_parameters_go_under_the_names_of_their_provider(provider: ModelProvider) -> None:
    given = Parameters(
        temperature=0.5, top_p=0.9, max_output_tokens=99, stop=("END",), seed=7,
        reasoning_effort="low",
    )  # fmt: skip
    async with served(provider, {}) as found:
        await found.ask(parameters=given)
        body = found.body
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)
    if provider is ModelProvider.ANTHROPIC:
        assert (body["max_tokens"], body["stop_sequences"]) == (99, ["END"])
        assert body["output_config"] == {"effort": "low"}
        assert "seed" not in body
    else:
        limit = "max_completion_tokens" if provider is ModelProvider.OPENAI else "max_tokens"
        assert (body[limit], body["stop"], body["seed"]) == (99, ["END"], 7)
        assert body["reasoning_effort"] == "low"


async def test_nothing_is_sent_that_was_not_said(provider: ModelProvider) -> None:
    async with served(provider, {}) as found:
        await found.ask()
        sent = set(found.body) - {"stream"}
    needed = {"max_tokens"} if provider is ModelProvider.ANTHROPIC else set()
    assert sent == {"model", "messages"} | needed


async def test_thinking_comes_back_word_for_word(streamed: bool) -> None:
    turn = {"text": "Hm.", "thinking": "It may rain. " * 5, "tool_calls": [{"name": "weather"}]}
    script = {"turns": [turn, "Rain."], "wants_thinking": True}
    async with served(ModelProvider.ANTHROPIC, script, streamed=streamed) as found:
        first = await found.ask(tools=(WEATHER,))
        assert first.content == "Hm."
        kept = Message.model_validate_json(first.as_message().model_dump_json())
        said = [user("Hello"), kept, result(first.tool_calls[0].id, "rain")]
        assert (await found.ask(said, tools=(WEATHER,))).content == "Rain."
        blocks = found.body["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert blocks[0]["thinking"] == "It may rain. " * 5


async def test_the_credentials_arrive(serve: Serve) -> None:
    async with serve({"key": KEY}) as served:
        assert (await served.ask()).content == "Done."


def test_a_call_whose_arguments_are_too_deep_is_repeated_as_text() -> None:
    deep = '{"a":' * 80 + "1" + "}" * 80
    assert ToolCall(id="1", name="a", arguments=deep).repeated() == {INVALID_JSON: deep}


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "tool", "content": "x"},
        {"role": "user", "tool_call_id": "1"},
        {"role": "user", "tool_calls": [{"id": "1", "name": "a"}]},
        {"role": "robot"},
    ],
)
def test_a_message_that_no_provider_takes_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tool_call|Input should be"):
        Message.model_validate(wrong)


def test_what_nothing_can_store_is_replaced_in_what_is_said_too() -> None:
    assert user("a\x00\ud800b").content == "a\ufffd\ufffdb"
    with pytest.raises(ValueError, match="surrogate"):
        ToolOffer(name="a", parameters={"title": "\ud800"})
