"""Answers in JSON: the way each provider knows, checked, and repaired once."""

import json
from typing import Any

import pytest

from activities.errors import InvalidInput
from activities.llm.answer_ways import fits_strict
from activities.llm.errors import ModelOutputInvalid, ModelOverloaded, ModelRequestRefused
from activities.llm.messages import Finish, ModelRequest, TokenUsage
from models.enums import ModelProvider
from tests.activities.llm.conftest import Serve
from tests.activities.llm.served import WEATHER, result, served, user

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer", "minimum": 1}},
    "required": ["name", "people"],
    "additionalProperties": False,
}
OSLO = {"name": "Oslo", "people": 717_710}
GOOD = json.dumps(OSLO)
BAD = json.dumps({"name": "Oslo", "people": "many"})


async def test_an_answer_satisfies_the_schema(serve: Serve) -> None:
    async with serve({"default": GOOD}) as found:
        reply = await found.ask(output_schema=CITY)
        assert found.server.ledger.count()["requests"] == 1
    assert json.loads(reply.content) == OSLO
    assert (reply.finish, reply.tool_calls) == (Finish.STOP, ())
    assert found.deltas == ([reply.content] if found.streamed else [])


async def test_each_provider_is_asked_in_the_way_it_knows(provider: ModelProvider) -> None:
    async with served(provider, {"default": GOOD}) as found:
        await found.ask(output_schema=CITY)
        body = found.body
    if provider is ModelProvider.ANTHROPIC:
        assert body["tool_choice"] == {"type": "tool", "name": "final_answer"}
        assert body["tools"][0]["input_schema"] == CITY
    elif provider is ModelProvider.OPENAI:
        assert body["response_format"]["json_schema"]["strict"] is True
        assert body["response_format"]["json_schema"]["schema"] == CITY
    else:
        assert body["response_format"] == {"type": "json_object"}
        assert json.dumps(CITY) in body["messages"][0]["content"]


async def test_a_wrong_answer_is_repaired_by_a_model_that_is_told_why(serve: Serve) -> None:
    turns = [{"text": BAD, "usage": {"input": 10, "output": 5}},
             {"text": GOOD, "usage": {"input": 30, "output": 6, "cached": 10}}]  # fmt: skip
    async with serve({"turns": turns}) as found:
        reply = await found.ask(output_schema=CITY)
        asked = found.server.ledger.requests[-1].asked
        assert found.server.ledger.count()["requests"] == 2
    assert json.loads(reply.content) == OSLO
    assert reply.usage == TokenUsage(input=40, output=11, cached=10)
    assert json.loads(asked.said[-2].text) == json.loads(BAD)
    assert "people" in asked.last.text
    assert '"many" is not of type "integer"' in asked.last.text
    assert "".join(found.deltas) == (reply.content if found.streamed else "")


@pytest.mark.parametrize("wrong", [BAD, "I would rather not.", "", "[" * 100, '{"name": NaN}'])
async def test_an_answer_that_stays_wrong_fails_with_its_problems(serve: Serve, wrong: str) -> None:
    async with serve({"default": {"text": wrong, "usage": {"input": 9, "output": 1}}}) as found:
        with pytest.raises(ModelOutputInvalid) as caught:
            await found.ask(output_schema=CITY)
        assert found.server.ledger.count()["requests"] == 2
    error = caught.value
    assert not error.retryable
    assert error.usage == TokenUsage(input=18, output=2)
    assert isinstance(error.details, dict)
    assert error.details["problems"]
    assert found.deltas == []


async def test_an_answer_in_a_block_of_markdown_is_taken_out_of_it(serve: Serve) -> None:
    async with serve({"default": f"```json\n{GOOD}\n```"}) as found:
        reply = await found.ask(output_schema=CITY)
    assert json.loads(reply.content) == OSLO


async def test_an_answer_that_was_cut_off_is_not_repaired(serve: Serve) -> None:
    async with serve({"default": {"text": GOOD[:9], "finish": "length"}}) as found:
        with pytest.raises(ModelOutputInvalid, match="max_output_tokens"):
            await found.ask(output_schema=CITY)
        assert found.server.ledger.count()["requests"] == 1


async def test_a_refusal_is_not_checked(serve: Serve) -> None:
    async with serve({"default": {"text": "No.", "finish": "refusal"}}) as found:
        reply = await found.ask(output_schema=CITY)
    assert (reply.finish, reply.content) == (Finish.REFUSAL, "No.")


async def test_tools_come_before_the_answer(serve: Serve) -> None:
    turns = [{"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}, GOOD]
    async with serve({"turns": turns}) as found:
        first = await found.ask(tools=(WEATHER,), output_schema=CITY)
        assert first.finish is Finish.TOOL_CALLS
        said = [user("Hello"), first.as_message(), result(first.tool_calls[0].id, "sunny")]
        second = await found.ask(said, tools=(WEATHER,), output_schema=CITY)
    assert json.loads(second.content) == OSLO
    assert second.finish is Finish.STOP


async def test_an_answer_beside_a_call_waits_for_its_result(streamed: bool) -> None:
    calls = [{"name": "final_answer", "arguments": OSLO}, {"name": "weather"}]
    turns = [{"text": "Hm.", "thinking": "Well.", "tool_calls": calls}, GOOD]
    async with served(ModelProvider.ANTHROPIC, {"turns": turns}, streamed=streamed) as found:
        first = await found.ask(tools=(WEATHER,), output_schema=CITY)
        assert [call.name for call in first.tool_calls] == ["weather"]
        assert first.content == "Hm."
        said = [user("Hello"), first.as_message(), result(first.tool_calls[0].id, "sunny")]
        second = await found.ask(said, tools=(WEATHER,), output_schema=CITY)
    assert json.loads(second.content) == OSLO


async def test_a_server_without_schemas_is_asked_in_words(serve: Serve) -> None:
    script = {"default": GOOD, "knows_schemas": False, "forces_tools": False}
    async with serve(script) as found:
        for _ in range(2):
            assert json.loads((await found.ask(output_schema=CITY)).content) == OSLO
        counted = found.server.ledger.count()
        first = found.server.ledger.requests[-1].asked.said[0]
    # The second time it is known what the server does not know.
    expected = 2 if found.provider is ModelProvider.ANTHROPIC else 1
    assert (counted["requests"], counted["refused"]) == (2, expected)
    assert (first.role, json.dumps(CITY) in first.text) == ("system", True)


async def test_a_model_that_cannot_be_forced_is_given_the_schema(streamed: bool) -> None:
    script = {"default": {"text": GOOD, "thinking": "Hm."}, "forces_tools": False}
    async with served(ModelProvider.ANTHROPIC, script, streamed=streamed) as found:
        reply = await found.ask(output_schema=CITY)
        assert found.body["output_config"] == {"format": {"type": "json_schema", "schema": CITY}}
    assert json.loads(reply.content) == OSLO


@pytest.mark.parametrize("schema", [{"type": "array", "items": {"type": "integer"}}, {}])
async def test_an_answer_need_not_be_an_object(serve: Serve, schema: dict[str, Any]) -> None:
    async with serve({"default": "[1, 2]"}) as found:
        assert json.loads((await found.ask(output_schema=schema)).content) == [1, 2]


async def test_what_is_refused_in_every_way_is_refused(serve: Serve) -> None:
    fault = {"kind": "status", "status": 400, "message": "no such model"}
    async with serve({"default": {"fault": fault}}) as found:
        with pytest.raises(ModelRequestRefused, match="no such model"):
            await found.ask(output_schema=CITY)


async def test_a_repair_that_fails_tells_what_the_first_answer_cost(serve: Serve) -> None:
    fails = {"fault": {"kind": "status", "status": 529}}
    turns = [{"text": BAD, "usage": {"input": 9, "output": 1}}, fails]
    async with serve({"turns": turns}) as found:
        with pytest.raises(ModelOverloaded) as caught:
            await found.ask(output_schema=CITY)
    assert (caught.value.usage.input, caught.value.usage.output) == (9, 1)


async def test_a_schema_that_is_none_is_told_before_anything_is_sent(serve: Serve) -> None:
    async with serve({}) as found:
        with pytest.raises(InvalidInput, match="output_schema"):
            await found.ask(output_schema={"type": "wrong"})
        assert found.server.ledger.count()["requests"] == 0


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CITY, True),
        ({"type": "array"}, False),
        ({"type": "object"}, False),
        ({**CITY, "additionalProperties": True}, False),
        ({**CITY, "required": ["name"]}, False),
        ({**CITY, "properties": {"name": {"type": "object"}, "people": {}}}, False),
        ({**CITY, "$defs": {"part": {"properties": {"a": {}}}}}, False),
    ],
)
def test_only_closed_schemas_are_strict(schema: dict[str, Any], strict: bool) -> None:
    assert fits_strict(schema) is strict


def test_a_request_carries_nothing_that_json_cannot() -> None:
    with pytest.raises(ValueError, match="finite"):
        ModelRequest(model="m", messages=(user("x"),), output_schema={"maximum": float("inf")})
