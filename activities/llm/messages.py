"""What goes to a language model and what comes back, whoever serves it."""

import json
import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.graph.base import JsonSchema
from models.graph.values import Json, ValueProblem, check_json

INVALID_JSON = "INVALID_JSON"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without NUL characters and lone surrogates, which neither JSON nor PostgreSQL hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def _plain(schema: JsonSchema) -> JsonSchema:
    check_json(schema)
    return schema


Text = Annotated[str, AfterValidator(storable)]
Schema = Annotated[JsonSchema, AfterValidator(_plain)]


class _Said(BaseModel):
    """Unknown fields are ignored, so that an older worker reads a newer conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Role(StrEnum):
    """Whose message it is; `tool` is the result of a call."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Finish(StrEnum):
    """Why the model stopped; after `length` and `refusal` there are no tool calls to run."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    REFUSAL = "refusal"


class ToolCall(_Said):
    """A call that the model asks for: `arguments` is what it wrote, JSON or not, and `name` any."""

    id: Text
    name: Text
    arguments: Text = "{}"

    def parsed(self) -> dict[str, Json]:
        """The arguments.

        Raises:
            ValueProblem: they are no JSON object within the limits; the message is for the model.
        """
        try:
            found = check_json(json.loads(self.arguments))
        except ValueProblem:
            raise
        except (ValueError, RecursionError) as problem:
            raise ValueProblem(f"the arguments are no JSON: {problem}", "") from None
        if not isinstance(found, dict):
            raise ValueProblem("the arguments are no JSON object", "")
        return found

    def repeated(self) -> dict[str, Json]:
        """The arguments as an object that any provider takes back, broken ones included."""
        try:
            return self.parsed()
        except ValueProblem:
            return {INVALID_JSON: self.arguments}


class Message(_Said):
    """One message of a conversation.

    Attributes:
        tool_calls: Of an assistant only.
        tool_call_id: The call whose result a tool's message is.
        native: Blocks that its provider wants back word for word; see `ModelReply.native`.
    """

    role: Role
    content: Text = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: Text | None = None
    native: Json = None

    @model_validator(mode="after")
    def _whole(self) -> "Message":
        if self.tool_calls and self.role is not Role.ASSISTANT:
            raise ValueError("only an assistant's message has tool_calls")
        if (self.tool_call_id is None) == (self.role is Role.TOOL):
            raise ValueError("a tool's message has a tool_call_id, and no other has one")
        return self


class ToolOffer(_Said):
    """A tool that the model may call; `parameters` is the JSON Schema of an object."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: Text = ""
    parameters: Schema = Field(default_factory=dict)


class Parameters(_Said):
    """How the model should answer; what its provider does not know is not sent."""

    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000)
    stop: tuple[Annotated[str, Field(min_length=1), AfterValidator(storable)], ...] = ()
    seed: int | None = Field(None, ge=0, lt=2**63)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )


class ModelRequest(_Said):
    """One turn; with an `output_schema` the answer is JSON that satisfies it, or tool calls."""

    model: Text = Field(min_length=1, max_length=200)
    messages: tuple[Message, ...] = Field(min_length=1)
    tools: tuple[ToolOffer, ...] = ()
    output_schema: Schema | None = None
    parameters: Parameters = Parameters()


class TokenUsage(_Said):
    """Tokens of one turn or several; `cached` is the part of `input` that was read from a cache.

    `reported` is false when a server did not say: the numbers are then too low.
    """

    input: int = Field(0, ge=0)
    output: int = Field(0, ge=0)
    cached: int = Field(0, ge=0)
    reported: bool = True

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            input=self.input + other.input,
            output=self.output + other.output,
            cached=self.cached + other.cached,
            reported=self.reported and other.reported,
        )


class ModelReply(_Said):
    """What the model said.

    Attributes:
        model: The model as the provider names it, which may say more than what was asked for.
        native: The answer in the provider's own blocks, when it wants them back word for word
            (the thinking of Anthropic's models); kept with the conversation, shown to nobody.
    """

    content: Text = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: TokenUsage = TokenUsage()
    finish: Finish = Finish.STOP
    model: Text = ""
    native: Json = None

    def as_message(self) -> Message:
        """The reply as it stands in the conversation."""
        return Message(
            role=Role.ASSISTANT,
            content=self.content,
            tool_calls=self.tool_calls,
            native=self.native,
        )
