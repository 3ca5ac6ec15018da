"""How a model is made to answer in JSON: the ways its server may know, best first."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from activities.llm.errors import ModelRequestRefused
from activities.llm.messages import Message, ModelReply, ModelRequest, Role
from models.graph.base import JsonSchema

NOT_KNOWN = frozenset({400, 415, 422})
Send = Callable[[Mapping[str, Any]], Awaitable[ModelReply]]


class AnswerWays:
    """Remembers, for one server, which ways each model does not know."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    async def reply(self, model: str, ways: Sequence[Mapping[str, Any]], send: Send) -> ModelReply:
        """The answer to the first of `ways` that is not refused.

        Raises:
            ModelRequestRefused: none is taken, so the fault is not in the way; the first refusal.
            ModelError: another failure of any of them.
        """
        start = min(self._first.get(model, 0), len(ways) - 1)
        refusals: list[ModelRequestRefused] = []
        for place, way in enumerate(ways[start:], start):
            try:
                reply = await send(way)
            except ModelRequestRefused as refusal:
                if refusal.status not in NOT_KNOWN:
                    raise
                refusals.append(refusal)
            else:
                if refusals:
                    self._first[model] = place
                return reply
        raise refusals[0]


def asked_in_words(request: ModelRequest) -> tuple[Message, ...]:
    """The messages, with the schema told after what the system says first."""
    schema = json.dumps(request.output_schema, ensure_ascii=False)
    told = Message(
        role=Role.SYSTEM,
        content="Unless you call a tool, answer with nothing but JSON that satisfies this JSON "
        f"Schema:\n{schema}",
    )
    messages = request.messages
    place = next(
        (at for at, message in enumerate(messages) if message.role is not Role.SYSTEM),
        len(messages),
    )
    return (*messages[:place], told, *messages[place:])


def fits_strict(schema: JsonSchema) -> bool:
    """Whether every object in `schema` names all that it holds, and requires it."""
    return schema.get("type") == "object" and _closed(schema)


def _closed(part: Any) -> bool:
    if isinstance(part, list):
        return all(map(_closed, part))
    if not isinstance(part, dict):
        return True
    if part.get("type") == "object" or "properties" in part:
        names = part.get("properties") or {}
        required = part.get("required") or []
        if part.get("additionalProperties") is not False or set(names) != set(required):
            return False
    return all(map(_closed, part.values()))
