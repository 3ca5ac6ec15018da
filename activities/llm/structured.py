"""Answers in JSON are checked, and repaired once."""

import json
import re
from collections.abc import Sequence

from activities.errors import InvalidInput
from activities.llm.errors import ModelError, ModelOutputInvalid
from activities.llm.messages import Finish, Message, ModelReply, ModelRequest, Role
from activities.llm.model import ChatModel, OnDelta
from models.graph.base import JsonSchema
from models.graph.json_schema import SchemaInvalid, check_json_schema, schema_problems
from models.graph.values import Json, ValueProblem, check_json

_FENCED = re.compile(r"```[A-Za-z]*\n(.*)```", re.DOTALL)
_MAX_PROBLEMS = 10
_MAX_SHOWN = 64 * 1024


class CheckedModel:
    """A model whose answers satisfy the output schema of their request.

    `on_delta` gets such an answer once it is checked, in one piece; the content is bare JSON then.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def reply(self, request: ModelRequest, on_delta: OnDelta | None = None) -> ModelReply:
        """See `ChatModel`; tool calls and refusals are not checked.

        Raises:
            InvalidInput: the schema is none.
            ModelOutputInvalid: the answer does not satisfy it, nor does the second one.
        """
        if request.output_schema is None:
            return await self._model.reply(request, on_delta)
        try:
            check_json_schema(request.output_schema)
        except SchemaInvalid as problem:
            raise InvalidInput(f"output_schema: {problem}") from None
        # A model that is streamed shows at once when it falls silent.
        unheard = None if on_delta is None else _unheard
        reply = await self._checked(request, request.output_schema, unheard)
        if on_delta is not None and reply.content:
            on_delta(reply.content)
        return reply

    async def _checked(
        self, request: ModelRequest, schema: JsonSchema, on_delta: OnDelta | None
    ) -> ModelReply:
        first = await self._model.reply(request, on_delta)
        if first.finish in {Finish.TOOL_CALLS, Finish.REFUSAL}:
            return first
        problems = _problems(first, schema)
        if not problems:
            return _bare(first)
        if first.finish is Finish.LENGTH:
            raise _invalid(first, problems, "it was cut off: raise max_output_tokens")
        second = await self._repaired(request, first, problems, on_delta)
        problems = ["it calls tools instead"] if second.tool_calls else _problems(second, schema)
        if problems and second.finish is not Finish.REFUSAL:
            raise _invalid(second, problems, "the model was told why, and could not repair it")
        return _bare(second)

    async def _repaired(
        self,
        request: ModelRequest,
        first: ModelReply,
        problems: Sequence[str],
        on_delta: OnDelta | None,
    ) -> ModelReply:
        """The second answer, with the usage of both."""
        again = request.model_copy(
            update={"messages": (*request.messages, *_correction(request, first, problems))}
        )
        try:
            second = await self._model.reply(again, on_delta)
        except ModelError as error:
            error.usage = first.usage + error.usage
            raise
        return second.model_copy(update={"usage": first.usage + second.usage})


def _unheard(_piece: str) -> None: ...


def _correction(
    request: ModelRequest, first: ModelReply, problems: Sequence[str]
) -> tuple[Message, ...]:
    said = first.as_message()
    if len(said.content) > _MAX_SHOWN:
        said = Message(role=Role.ASSISTANT, content=f"{said.content[:_MAX_SHOWN]}…")
    listed = "\n".join(f"- {problem}" for problem in problems)
    schema = json.dumps(request.output_schema, ensure_ascii=False)
    told = Message(
        role=Role.USER,
        content=f"Your answer does not satisfy the JSON Schema:\n{listed}\n\nAnswer again, "
        f"complete, with nothing but JSON that satisfies this schema:\n{schema}",
    )
    return (said, told) if said.content else (told,)


def _problems(reply: ModelReply, schema: JsonSchema) -> list[str]:
    """Why the content does not satisfy `schema`; empty when it does."""
    try:
        value = _value(reply.content)
        found = schema_problems(value, schema)
    except ValueProblem as problem:
        return [f"{problem.path}: {problem.message}" if problem.path else problem.message]
    except (ValueError, RecursionError) as problem:
        return [f"it is no JSON: {problem}" if reply.content.strip() else "it is empty"]
    return [
        f"{problem.path}: {problem.message}" if problem.path else problem.message
        for problem in found[:_MAX_PROBLEMS]
    ]


def _value(content: str) -> Json:
    return check_json(json.loads(_json_text(content)))


def _json_text(content: str) -> str:
    """The JSON alone; models like to put it into a block of Markdown."""
    fenced = _FENCED.fullmatch(content.strip())
    return (fenced.group(1) if fenced else content).strip()


def _bare(reply: ModelReply) -> ModelReply:
    if reply.finish is Finish.REFUSAL:
        return reply
    return reply.model_copy(update={"content": _json_text(reply.content)})


def _invalid(reply: ModelReply, problems: Sequence[str], why: str) -> ModelOutputInvalid:
    return ModelOutputInvalid(
        f"the model's answer does not satisfy output_schema: {problems[0]}; {why}",
        details={"problems": list(problems), "finish": reply.finish.value},
        usage=reply.usage,
    )
