"""A request as Anthropic's messages API takes it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from activities.errors import InvalidInput
from activities.llm.answer_ways import asked_in_words, fits_strict
from activities.llm.messages import Message, ModelRequest, Parameters, Role, ToolCall, ToolOffer
from activities.llm.openai_request import sendable_name

ANSWER_TOOL = "final_answer"
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
# The API wants a limit; models that think count their thinking, too.
_MAX_TOKENS = 16_384
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")
Block = dict[str, Any]


def ways(request: ModelRequest) -> list[Mapping[str, Any]]:
    """The arguments of a message; with an output schema several, best first.

    Models that always think refuse to be forced to a tool: these know schemas of their own.

    Raises:
        InvalidInput: the effort is none that Anthropic knows.
    """
    plain = _arguments(request)
    if request.output_schema is None:
        return [plain | _conversation(request.messages)]
    in_words = plain | _conversation(asked_in_words(request))
    if request.output_schema.get("type") != "object":
        return [in_words]
    as_asked = plain | _conversation(request.messages)
    found = [as_asked | _forced(request)]
    if fits_strict(request.output_schema):
        known = {"type": "json_schema", "schema": request.output_schema}
        config = {**plain.get("output_config", {}), "format": known}
        found.append(as_asked | {"output_config": config})
    return [*found, in_words]


def _forced(request: ModelRequest) -> dict[str, Any]:
    """A tool whose arguments are the answer; among others the model chooses one."""
    answer = {
        "name": ANSWER_TOOL,
        "description": "Gives the final answer; call it alone, when nothing else is left to do.",
        "input_schema": request.output_schema,
    }
    choice = {"type": "any"} if request.tools else {"type": "tool", "name": ANSWER_TOOL}
    return {"tools": [*map(_tool, request.tools), answer], "tool_choice": choice}


def _arguments(request: ModelRequest) -> dict[str, Any]:
    given = request.parameters
    # The library has no arguments for what only older models know.
    sampling = {"temperature": given.temperature, "top_p": given.top_p}
    found: dict[str, Any] = {
        "model": request.model,
        "max_tokens": given.max_output_tokens or _MAX_TOKENS,
        "tools": [_tool(tool) for tool in request.tools],
        "stop_sequences": list(given.stop),
        "output_config": _effort(given),
        "extra_body": {name: value for name, value in sampling.items() if value is not None},
    }
    return {name: value for name, value in found.items() if value}


def _effort(given: Parameters) -> dict[str, Any]:
    if given.reasoning_effort is None:
        return {}
    if given.reasoning_effort not in _EFFORTS:
        raise InvalidInput(
            f"parameters.reasoning_effort: Anthropic knows {', '.join(_EFFORTS)}, "
            f"not {given.reasoning_effort}"
        )
    return {"effort": given.reasoning_effort}


def _tool(tool: ToolOffer) -> Block:
    schema = {"type": "object", **tool.parameters}
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _conversation(messages: Iterable[Message]) -> dict[str, Any]:
    """The system's part, and the turns: what comes between two answers is one turn."""
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            system.append(message.content)
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if not turns or turns[-1]["role"] != role:
            turns.append({"role": role, "content": []})
        turns[-1]["content"].extend(_blocks(message))
    found: dict[str, Any] = {"messages": [turn for turn in turns if turn["content"]]}
    told = "\n\n".join(text for text in system if text)
    return found | {"system": told} if told else found


def _blocks(message: Message) -> list[Block]:
    if message.role is Role.TOOL:
        return [_result(message)]
    if message.role is Role.ASSISTANT and isinstance(message.native, list):
        return [block for block in message.native if isinstance(block, dict)]
    text: list[Block] = [{"type": "text", "text": message.content}] if message.content else []
    return [*text, *(call_block(call) for call in message.tool_calls)]


def call_block(call: ToolCall) -> Block:
    """A call as it is sent back."""
    return {
        "type": "tool_use",
        "id": _id(call.id),
        "name": sendable_name(call.name),
        "input": call.repeated(),
    }


def _result(message: Message) -> Block:
    found: Block = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id or "")}
    return found | {"content": message.content} if message.content else found


def _id(identity: str) -> str:
    return _NOT_IN_IDS.sub("_", identity)
