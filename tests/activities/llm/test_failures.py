"""Every way to fail has its type, and says whether another attempt may help."""

from contextlib import closing
from typing import Any

import pytest

from activities.addresses import parse_openings
from activities.errors import AddressBlocked, InvalidInput, ToolError
from activities.http_client import HttpClient, Times
from activities.llm.errors import (
    ModelAuthFailed,
    ModelError,
    ModelOverloaded,
    ModelProtocolError,
    ModelReplyTooLarge,
    ModelRequestRefused,
)
from activities.llm.limits import MAX_TOOL_CALLS
from activities.llm.messages import Parameters
from activities.llm.providers import open_model
from cli.scripted_model.server import address, listen
from models.enums import ModelProvider
from tests.activities.llm.conftest import Serve
from tests.activities.llm.served import Served, request, served

LONG = "a word, " * 40


async def failure(found: Served, **more: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await found.ask(**more)
    assert found.server.ledger.count()["requests"] <= 1, "the library tried again by itself"
    return caught.value


def with_fault(**fault: Any) -> dict[str, Any]:
    return {"default": {"text": LONG, "fault": fault}}


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_what_passes_is_worth_another_attempt(serve: Serve, status: int) -> None:
    async with serve(with_fault(kind="status", status=status)) as found:
        error = await failure(found)
    assert type(error) is ModelOverloaded
    assert error.retryable
    assert str(status) in error.message
    assert "fails on purpose" in error.message


@pytest.mark.parametrize("status", [400, 402, 404, 413, 422])
async def test_what_stays_wrong_is_not_tried_again(serve: Serve, status: int) -> None:
    async with serve(with_fault(kind="status", status=status)) as found:
        error = await failure(found)
    assert isinstance(error, ModelRequestRefused)
    assert not error.retryable
    assert error.status == status
    assert "look at" in error.message or "too long" in error.message


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_says_what_to_look_at(serve: Serve, status: int) -> None:
    async with serve(with_fault(kind="status", status=status)) as found:
        error = await failure(found)
    assert isinstance(error, ModelAuthFailed)
    assert not error.retryable
    assert "look at the secret" in error.message


async def test_a_server_that_wants_a_key_says_so(provider: ModelProvider) -> None:
    async with served(provider, {"key": "something"}, key=None) as found:
        error = await failure(found)
    assert isinstance(error, ModelAuthFailed)
    assert "wants an API key" in error.message


async def test_an_account_without_money_is_not_asked_again(serve: Serve) -> None:
    fault = {"kind": "status", "status": 429, "type": "insufficient_quota"}
    async with serve(with_fault(**fault)) as found:
        error = await failure(found)
    assert isinstance(error, ModelRequestRefused)
    assert "billing" in error.message


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"retry_after": 7}, 7.0),
        ({"retry_after": 7, "headers": {"retry-after-ms": "1500"}}, 1.5),
        ({"headers": {"x-ratelimit-reset-requests": "6m0s"}}, 360.0),
        ({}, None),
    ],
)
async def test_the_servers_delay_goes_along(
    serve: Serve, fault: dict[str, Any], seconds: float | None
) -> None:
    async with serve(with_fault(kind="status", status=429, **fault)) as found:
        assert (await failure(found)).retry_after == seconds


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("after", [0, 1, 6])
async def test_an_answer_that_breaks_off_is_no_answer(
    provider: ModelProvider, after: int, clean: bool
) -> None:
    script = with_fault(kind="cut", after=after, clean=clean)
    async with served(provider, script, streamed=True) as found:
        error = await failure(found)
    assert isinstance(error, ModelOverloaded)
    assert "".join(found.deltas) in LONG


async def test_half_an_answer_is_no_answer(provider: ModelProvider) -> None:
    async with served(provider, with_fault(kind="cut")) as found:
        assert isinstance(await failure(found), ModelOverloaded)
    async with served(provider, with_fault(kind="cut", clean=True)) as found:
        assert isinstance(await failure(found), ModelProtocolError)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", ModelOverloaded),
        ("something_new", ModelOverloaded),
        ("invalid_request_error", ModelRequestRefused),
        ("authentication_error", ModelAuthFailed),
    ],
)
async def test_an_error_within_a_stream_has_its_type(
    provider: ModelProvider, kind: str, expected: type[ModelError]
) -> None:
    script = with_fault(kind="error_event", type=kind)
    async with served(provider, script, streamed=True) as found:
        assert type(await failure(found)) is expected


async def test_a_web_page_is_no_model(serve: Serve) -> None:
    async with serve(with_fault(kind="wrong_type")) as found:
        error = await failure(found)
    assert isinstance(error, ModelProtocolError)
    assert "text/html" in error.message
    assert "base URL" in error.message


HOSTILE = [
    "{]",
    "null",
    "[]",
    '"text"',
    "17",
    "{}",
    '{"choices": 3, "content": 3}',
    '{"choices": [null], "content": [null]}',
    '{"choices": [{"message": "x", "delta": "x"}], "content": "x"}',
    '{"choices": [{"message": {"content": {}}, "delta": {"content": {}}}], "delta": 5}',
    '{"choices": [{"message": {"tool_calls": {}}, "delta": {"tool_calls": [7]}}]}',
    '{"choices": [], "content": [], "usage": {"prompt_tokens": -5, "input_tokens": -5}}',
    '{"usage": {"prompt_tokens": 1e400, "input_tokens": "many", "output_tokens": {}}}',
    "[" * 100_000,
    '{"type": "content_block_delta", "index": 10, "delta": {"text": "x", "type": "text_delta"}}',
    '{"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}}',
    '{"type": null, "choices": [{"finish_reason": ["stop"]}], "stop_reason": {}}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_what_is_no_answer_has_a_type(serve: Serve, text: str) -> None:
    async with serve(with_fault(kind="garbage", text=text)) as found:
        error = await failure(found)
    assert type(error) in {ModelProtocolError, ModelOverloaded}


@pytest.mark.parametrize(
    ("what", "amount"), [("text", 5_000_000), ("arguments", 300_000), ("calls", MAX_TOOL_CALLS + 1)]
)
async def test_too_much_of_anything_is_refused(serve: Serve, what: str, amount: int) -> None:
    async with serve(with_fault(kind="huge", what=what, amount=amount)) as found:
        error = await failure(found)
    assert isinstance(error, ModelReplyTooLarge)
    assert not error.retryable


async def test_the_largest_answer_that_is_allowed_comes_through(serve: Serve) -> None:
    async with serve(with_fault(kind="huge", amount=4 * 1024 * 1024)) as found:
        assert len((await found.ask()).content) == 4 * 1024 * 1024


async def test_bytes_without_end_are_refused_too(serve: Serve) -> None:
    async with serve(with_fault(kind="endless", pause=0, text="on and on" * 500)) as found:
        assert isinstance(await failure(found), ModelReplyTooLarge)


async def test_a_silent_server_is_given_up(serve: Serve) -> None:
    async with serve(with_fault(kind="silent"), times=Times(read=0.3)) as found:
        error = await failure(found)
    assert isinstance(error, ModelOverloaded)
    assert "0.3 seconds" in error.message


async def test_an_answer_that_takes_too_long_in_all_is_given_up(serve: Serve) -> None:
    times = Times(read=20, total=0.5)
    async with serve(with_fault(kind="endless", pause=0.05), times=times) as found:
        error = await failure(found)
    assert isinstance(error, ModelOverloaded)
    assert "0.5 seconds" in error.message


async def test_nobody_there_is_worth_another_attempt(provider: ModelProvider) -> None:
    with closing(listen()) as listening:
        gone = address(listening)
    http = HttpClient(parse_openings("127.0.0.1"))
    model = open_model(provider, base_url=gone, api_key="some-key", http=http)
    with pytest.raises(ModelOverloaded):
        await model.reply(request())
    await http.close()


async def test_a_redirect_is_not_followed(serve: Serve) -> None:
    async with serve({}) as elsewhere:
        to = {"location": f"{elsewhere.server.url}/v1/messages"}
        async with serve(with_fault(kind="status", status=307, headers=to)) as found:
            error = await failure(found)
        assert elsewhere.server.ledger.count()["requests"] == 0
    assert isinstance(error, ModelRequestRefused)
    assert "redirects" in error.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://169.254.169.254/v1"])
async def test_an_address_inside_is_not_reached(provider: ModelProvider, url: str) -> None:
    http = HttpClient(())
    model = open_model(provider, base_url=url, api_key="some-key", http=http)
    with pytest.raises(AddressBlocked):
        await model.reply(request())
    await http.close()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"base_url": "ftp://example.com"}, "base_url"),
        ({"base_url": "http://user:pass@example.com"}, "base_url"),
        ({}, "base_url"),
    ],
)
async def test_a_base_url_that_is_none_is_named(given: dict[str, str], field: str) -> None:
    http = HttpClient(())
    with pytest.raises(InvalidInput, match=field):
        open_model(ModelProvider.OPENAI_COMPATIBLE, http=http, **given)
    await http.close()


@pytest.mark.parametrize("key", ["", "two words", "line\n", "schlüssel"])
async def test_a_key_that_cannot_be_sent_is_told_without_it(key: str) -> None:
    http = HttpClient(())
    with pytest.raises(ModelAuthFailed) as caught:
        open_model(ModelProvider.OPENAI, api_key=key, http=http)
    assert not key or key not in caught.value.message
    await http.close()


async def test_an_effort_that_a_provider_does_not_know_is_named() -> None:
    async with served(ModelProvider.ANTHROPIC, {}) as found:
        with pytest.raises(InvalidInput, match="reasoning_effort"):
            await found.ask(parameters=Parameters(reasoning_effort="minimal"))


async def test_failing_first_and_then_not_costs_one_answer(serve: Serve) -> None:
    rule = {"when": {"attempt": 1}, "reply": with_fault(kind="status", status=529)["default"]}
    async with serve({"rules": [rule]}) as found:
        with pytest.raises(ModelOverloaded):
            await found.ask("[conversation: one] hi")
        assert (await found.ask("[conversation: one] hi")).content == "Done."
        turns = found.server.ledger.count()["conversations"]["one"]
    assert turns == {"1": {"requests": 2, "answered": 1}}


def test_every_failure_is_one_of_a_tool() -> None:
    def below(kind: type[ModelError]) -> set[type[ModelError]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    kinds = below(ModelError)
    assert all(issubclass(kind, ToolError) for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)
