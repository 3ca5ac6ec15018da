"""A request as chat completions take it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from activities.llm.answer_ways import asked_in_words, fits_strict
from activities.llm.messages import Message, ModelRequest, Role, ToolCall, ToolOffer
from models.graph.values import ValueProblem

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where servers of chat completions differ.

    Attributes:
        limit: The field for the longest answer.
        response_format: The best that the server may know.
        streams: Whether it is sure to know streams.
    """

    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    response_format: Literal["json_schema", "json_object"] = "json_schema"
    streams: bool = True


OPENAI = Dialect(limit="max_completion_tokens")
GLM = Dialect(response_format="json_object")
COMPATIBLE = Dialect(streams=False)


def ways(request: ModelRequest, dialect: Dialect) -> list[Mapping[str, Any]]:
    """The arguments of a completion; with an output schema several, best first."""
    plain = _arguments(request, dialect)
    if request.output_schema is None:
        return [plain | {"messages": _messages(request.messages)}]
    in_words = plain | {"messages": _messages(asked_in_words(request))}
    if dialect.response_format == "json_object":
        return [in_words | {"response_format": {"type": "json_object"}}, in_words]
    if request.output_schema.get("type") != "object":
        return [in_words]
    schema = {
        "name": "answer",
        "strict": fits_strict(request.output_schema),
        "schema": request.output_schema,
    }
    by_schema = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return [plain | {"messages": _messages(request.messages)} | by_schema, in_words]


def sendable_name(name: str) -> str:
    """A tool's name as providers take it back, whatever the model called it."""
    return _NOT_IN_NAMES.sub("_", name)[:64] or "unknown"


def _arguments(request: ModelRequest, dialect: Dialect) -> dict[str, Any]:
    given = request.parameters
    found: dict[str, Any] = {
        "model": request.model,
        "tools": [_tool(tool) for tool in request.tools],
        "temperature": given.temperature,
        "top_p": given.top_p,
        dialect.limit: given.max_output_tokens,
        "stop": list(given.stop),
        "seed": given.seed,
        "reasoning_effort": given.reasoning_effort,
    }
    return {name: value for name, value in found.items() if value is not None and value != []}


def _tool(tool: ToolOffer) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}, **tool.parameters}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [_message(message) for message in messages]


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.role is Role.TOOL:
        found["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        found["content"] = message.content or None
        found["tool_calls"] = [_call(call) for call in message.tool_calls]
    return found


def _call(call: ToolCall) -> dict[str, Any]:
    try:
        call.parsed()
        arguments = call.arguments
    except ValueProblem:
        arguments = json.dumps(call.repeated())
    function = {"name": sendable_name(call.name), "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}
