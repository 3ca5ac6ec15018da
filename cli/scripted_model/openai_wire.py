"""Chat completions as OpenAI's servers read and write them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cli.scripted_model.answer import Answer, cut_up
from cli.scripted_model.asked import Asked, Refused, Said, check_name, field, tool_names
from cli.scripted_model.script import Call, Script

PATH = "/v1/chat/completions"
_CREATED = 1_750_000_000
_FINISH = {"length": "length", "tool_calls": "tool_calls"}


def read(body: Mapping[str, Any], script: Script) -> Asked:
    """The request. Raises `Refused` as the real server would."""
    messages = field(body, "messages", list)
    _check_order(messages)
    _check_format(body.get("response_format"), script)
    stream = bool(body.get("stream"))
    options = body.get("stream_options") or {}
    if options and not stream:
        raise Refused("stream_options: only allowed when stream is enabled")
    names = {call["id"]: call["function"]["name"] for each in messages for call in _calls_of(each)}
    tools = [tool.get("function", {}) for tool in body.get("tools") or ()]
    return Asked(
        model=field(body, "model", str),
        said=tuple(_said(each, names) for each in messages),
        offered=tool_names(tools),
        stream=stream,
        tells_usage=bool(options.get("include_usage")),
        characters=len(json.dumps([messages, tools])),
    )


def adapted(answer: Answer, _asked: Asked, _script: Script) -> Answer:
    """The answer as it is: nothing forces these models to a tool."""
    return answer


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """The answer at once."""
    refused = answer.finish == "refusal"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else answer.text or None,
        "refusal": answer.text if refused else None,
    }
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}
    found = _frame(asked, "chat.completion") | {"choices": [choice]}
    return found if answer.usage is None else found | {"usage": _usage(answer)}


def events(answer: Answer, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    said = "refusal" if answer.finish == "refusal" else "content"
    yield _delta(asked, {"role": "assistant", said: ""})
    for piece in answer.pieces():
        yield _delta(asked, {said: piece})
    for index, call in enumerate(answer.calls):
        yield _delta(asked, {"tool_calls": [{"index": index, **_call(call, arguments="")}]})
        for piece in cut_up(call.text, answer.chunk):
            part = {"index": index, "function": {"arguments": piece}}
            yield _delta(asked, {"tool_calls": [part]})
    yield _delta(asked, {}, finish=_finish(answer))
    if asked.tells_usage and answer.usage is not None:
        last = _frame(asked, "chat.completion.chunk") | {"choices": [], "usage": _usage(answer)}
        yield _event(last)
    yield b"data: [DONE]\n\n"


def error(kind: str, code: str | None, message: str) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def error_event(kind: str, message: str) -> bytes:
    """An error within a stream."""
    return _event(error(kind, None, message))


def broken_event(text: str) -> bytes:
    """An event with `text` as its data."""
    return f"data: {text}\n\n".encode()


def _check_order(messages: list[Any]) -> None:
    """Every call is answered before anything else is said, and nothing else is answered."""
    open_calls: set[str] = set()
    for place, message in enumerate(messages):
        role = message.get("role")
        if role not in {"system", "developer", "user", "assistant", "tool"}:
            raise Refused(f"messages[{place}].role: {role!r} is not one of the roles")
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused(f"messages[{place}]: a tool's message must answer a preceding call")
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            raise Refused(f"messages[{place}]: {sorted(open_calls)} did not have responses")
        for call in _calls_of(message):
            json.loads(call["function"]["arguments"])
            check_name(call["function"]["name"])
            open_calls.add(call["id"])
    if open_calls:
        raise Refused(f"messages: {sorted(open_calls)} did not have responses")


def _check_format(wanted: Any, script: Script) -> None:
    if wanted is None:
        return
    if not script.knows_schemas:
        raise Refused("response_format: this model does not support it")
    schema = wanted.get("json_schema") or {}
    if schema.get("strict") and schema["schema"].get("additionalProperties") is not False:
        raise Refused("response_format: 'additionalProperties' is required to be false")


def _calls_of(message: Mapping[str, Any]) -> list[Any]:
    return list(message.get("tool_calls") or ())


def _said(message: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    role = "system" if message["role"] == "developer" else message["role"]
    tool = names.get(message.get("tool_call_id") or "")
    return Said(role, message.get("content") or "", tool)


def _call(call: Call, arguments: str | None = None) -> dict[str, Any]:
    text = call.text if arguments is None else arguments
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def _finish(answer: Answer) -> str:
    return _FINISH.get(answer.finish, "stop")


def _usage(answer: Answer) -> dict[str, Any]:
    assert answer.usage is not None  # noqa: S101 - both callers have looked
    used = answer.usage
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached},
    }


def _frame(asked: Asked, kind: str) -> dict[str, Any]:
    identity = f"chatcmpl-{asked.conversation}-{asked.turn}"
    return {"id": identity, "object": kind, "created": _CREATED, "model": asked.model}


def _delta(asked: Asked, delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return _event(_frame(asked, "chat.completion.chunk") | {"choices": [choice]})


def _event(data: dict[str, Any]) -> bytes:
    return broken_event(json.dumps(data))
