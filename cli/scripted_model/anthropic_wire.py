"""Messages as Anthropic's servers read and write them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cli.scripted_model.answer import Answer, cut_up
from cli.scripted_model.asked import Asked, Refused, Said, check_name, field, tool_names
from cli.scripted_model.script import Call, Script

PATH = "/v1/messages"
_STOP = {"length": "max_tokens", "tool_calls": "tool_use", "refusal": "refusal"}
_THINKING = frozenset({"thinking", "redacted_thinking"})
_SIGNATURE = "c2lnbmVkIGJ5IHRoZSBzY3JpcHQ="


def read(body: Mapping[str, Any], script: Script) -> Asked:
    """The request. Raises `Refused` as the real server would."""
    turns = [(message["role"], _blocks(message)) for message in field(body, "messages", list)]
    field(body, "max_tokens", int)
    _check_turns(turns)
    if script.wants_thinking:
        _check_thinking(turns)
    tools = list(body.get("tools") or ())
    return Asked(
        model=field(body, "model", str),
        said=tuple(_said(body.get("system"), turns)),
        offered=tool_names(tools),
        stream=bool(body.get("stream")),
        forced=_forced(body, script),
        characters=len(json.dumps([body.get("system"), body["messages"], tools])),
    )


def adapted(answer: Answer, asked: Asked, script: Script) -> Answer:
    """The answer of a model that must call a tool: JSON becomes the arguments of that tool."""
    name = script.answer_tool if asked.forced == "*" else asked.forced
    if name not in asked.offered or answer.calls or not _is_object(answer.text):
        return answer
    call = Call(name=name or "", arguments=answer.text, id=f"toolu_{asked.turn}_answer")
    return replace(answer, text="", calls=(call,), finish=_called(answer))


def whole(answer: Answer, asked: Asked) -> dict[str, Any]:
    """The answer at once."""
    content: list[dict[str, Any]] = []
    if answer.thinking:
        content.append(_thinking(answer.thinking, _SIGNATURE))
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    content += [_call(call, _as_input(call)) for call in answer.calls]
    found = _frame(asked) | {"content": content, "stop_reason": _stop(answer)}
    return found if answer.usage is None else found | {"usage": _usage(answer)}


def events(answer: Answer, asked: Asked) -> Iterator[bytes]:
    """The answer as server-sent events."""
    beginning = _frame(asked) | {"content": [], "stop_reason": None}
    if answer.usage is not None:
        beginning["usage"] = _usage(answer) | {"output_tokens": 1}
    yield _event("message_start", {"message": beginning})
    yield _event("ping", {})
    for index, (block, deltas) in enumerate(_streamed(answer)):
        yield _event("content_block_start", {"index": index, "content_block": block})
        for delta in deltas:
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    end: dict[str, Any] = {"delta": {"stop_reason": _stop(answer), "stop_sequence": None}}
    if answer.usage is not None:
        end["usage"] = {"output_tokens": answer.usage.output}
    yield _event("message_delta", end)
    yield _event("message_stop", {})


def error(kind: str, _code: str | None, message: str) -> dict[str, Any]:
    """The body of an error."""
    return {"type": "error", "error": {"type": kind, "message": message}}


def error_event(kind: str, message: str) -> bytes:
    """An error within a stream."""
    return _event("error", error(kind, None, message))


def broken_event(text: str) -> bytes:
    """An event with `text` as its data."""
    return f"event: message_delta\ndata: {text}\n\n".encode()


def _blocks(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def _check_turns(turns: list[tuple[str, list[Any]]]) -> None:
    """Every call is answered in the next turn, and nothing else is answered."""
    expected: set[str] = set()
    for place, (role, blocks) in enumerate(turns):
        if role not in {"user", "assistant"} or not blocks:
            raise Refused(f"messages.{place}: text content blocks must be non-empty")
        for block in blocks:
            _check_block(block, place)
        answered = {each["tool_use_id"] for each in _of(blocks, "tool_result")}
        if answered != expected:
            raise Refused(
                f"messages.{place}: `tool_use` ids {sorted(expected)} and `tool_result` blocks "
                f"{sorted(answered)} do not belong together"
            )
        expected = {each["id"] for each in _of(blocks, "tool_use")}
    if expected:
        raise Refused(f"messages: `tool_use` ids {sorted(expected)} have no `tool_result`")


def _check_thinking(turns: list[tuple[str, list[Any]]]) -> None:
    for place, (_, blocks) in enumerate(turns):
        if _of(blocks, "tool_use") and blocks[0].get("type") not in _THINKING:
            raise Refused(f"messages.{place}: expected thinking before `tool_use`")


def _check_block(block: Mapping[str, Any], place: int) -> None:
    if block.get("type") == "text" and not block.get("text"):
        raise Refused(f"messages.{place}: text content blocks must be non-empty")
    if block.get("type") == "thinking" and block.get("signature") != _SIGNATURE:
        raise Refused(f"messages.{place}: Invalid `signature` in `thinking` block")
    if block.get("type") == "tool_use":
        check_name(block.get("name"))
        if not isinstance(block.get("input"), dict):
            raise Refused(f"messages.{place}: tool_use.input: Input should be an object")


def _forced(body: Mapping[str, Any], script: Script) -> str | None:
    if (body.get("output_config") or {}).get("format") and not script.knows_schemas:
        raise Refused("output_config.format: this model does not support it")
    choice = body.get("tool_choice") or {"type": "auto"}
    if choice["type"] in {"auto", "none"}:
        return None
    if not script.forces_tools:
        raise Refused("tool_choice: this model does not support forced tool use")
    return "*" if choice["type"] == "any" else str(choice["name"])


def _said(system: Any, turns: list[tuple[str, list[Any]]]) -> Iterator[Said]:
    if system:
        yield Said("system", system if isinstance(system, str) else _text(system))
    names = {call["id"]: call["name"] for _, blocks in turns for call in _of(blocks, "tool_use")}
    for role, blocks in turns:
        for result in _of(blocks, "tool_result"):
            content = result.get("content") or ""
            text = content if isinstance(content, str) else _text(content)
            yield Said("tool", text, names[result["tool_use_id"]])
        if role == "assistant" or _of(blocks, "text"):
            yield Said(role, _text(blocks))


def _of(blocks: list[Any], kind: str) -> list[Any]:
    return [block for block in blocks if block.get("type") == kind]


def _text(blocks: list[Any]) -> str:
    return "\n".join(block["text"] for block in _of(blocks, "text"))


def _streamed(answer: Answer) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    """Each block as it begins, and what follows."""
    if answer.thinking:
        parts = ({"type": "thinking_delta", "thinking": piece}
                 for piece in cut_up(answer.thinking, answer.chunk))  # fmt: skip
        signed = iter([{"type": "signature_delta", "signature": _SIGNATURE}])
        yield _thinking("", ""), (part for each in (parts, signed) for part in each)
    if answer.text or answer.endless:
        texts = ({"type": "text_delta", "text": piece} for piece in answer.pieces())
        yield {"type": "text", "text": ""}, texts
    for call in answer.calls:
        pieces = cut_up(call.text, answer.chunk)
        inputs = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
        yield _call(call, {}), inputs


def _thinking(text: str, signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": signature}


def _call(call: Call, given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}


def _as_input(call: Call) -> Any:
    return json.loads(call.text) if _is_object(call.text) else call.text


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _called(answer: Answer) -> str:
    return "tool_calls" if answer.finish == "stop" else answer.finish


def _stop(answer: Answer) -> str:
    return _STOP.get(answer.finish, "end_turn")


def _usage(answer: Answer) -> dict[str, Any]:
    assert answer.usage is not None  # noqa: S101 - both callers have looked
    used = answer.usage
    return {
        "input_tokens": used.input - used.cached,
        "cache_read_input_tokens": used.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": used.output,
    }


def _frame(asked: Asked) -> dict[str, Any]:
    identity = f"msg_{asked.conversation}_{asked.turn}"
    return {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "stop_sequence": None,
    }


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n".encode()
