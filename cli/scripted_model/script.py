"""What a scripted model answers: rules, turns, and ways to misbehave."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cli.scripted_model.asked import Asked

# In a text or in arguments: `Asked.results`, which only a model that saw them all can say.
RESULTS = "$results"
Seconds = Annotated[float, Field(ge=0, le=3_600)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Status(_Part):
    """An error in place of an answer, or just `body`.

    `echo` repeats the client's credentials in its text.
    """

    kind: Literal["status"] = "status"
    status: int = Field(ge=300, le=599)
    retry_after: float | str | None = None
    headers: dict[str, str] = {}
    type: str | None = None
    code: str | None = None
    message: str = "The scripted server fails on purpose."
    echo: bool = False
    body: str | None = None


class Cut(_Part):
    """The answer breaks off after some chunks; `clean` ends it as if that were all."""

    kind: Literal["cut"] = "cut"
    after: int = Field(3, ge=0)
    clean: bool = False


class Endless(_Part):
    """The answer never ends; `pause` is between chunks, in seconds."""

    kind: Literal["endless"] = "endless"
    pause: Seconds = 0.01
    text: str = Field("on and on, ", min_length=1)


class Silent(_Part):
    """No byte ever comes."""

    kind: Literal["silent"] = "silent"


class Huge(_Part):
    """Too much of something."""

    kind: Literal["huge"] = "huge"
    what: Literal["text", "arguments", "calls"] = "text"
    amount: int = Field(5_000_000, ge=1, le=200_000_000)


class WrongType(_Part):
    """A web page, as a proxy or another server would send it."""

    kind: Literal["wrong_type"] = "wrong_type"
    content_type: str = "text/html"


class Garbage(_Part):
    """What cannot be read, in the middle; `text` is the JSON of an event or of the answer."""

    kind: Literal["garbage"] = "garbage"
    text: str = "{]"


class Raw(_Part):
    """These chunks are the whole body."""

    kind: Literal["raw"] = "raw"
    chunks: list[str]


class ErrorEvent(_Part):
    """An error within a stream that began well."""

    kind: Literal["error_event"] = "error_event"
    after: int = Field(3, ge=0)
    type: str = "overloaded_error"
    message: str = "Overloaded"


Fault = Annotated[
    Status | Cut | Endless | Silent | Huge | WrongType | Garbage | Raw | ErrorEvent,
    Field(discriminator="kind"),
]


class Call(_Part):
    """A tool call; `arguments` as text are sent as they are, JSON or not."""

    name: str
    arguments: dict[str, Any] | str = {}
    id: str | None = None

    @property
    def text(self) -> str:
        """The arguments as they go over the wire."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


class Slow(_Part):
    """Seconds before the first byte, and between chunks."""

    first: Seconds = 0.0
    between: Seconds = 0.0


class TokenCounts(_Part):
    """Usage in place of the counted one."""

    input: int
    output: int
    cached: int = 0


class Reply(_Part):
    """One answer. `chunk` is how many characters a chunk of a stream has.

    `$results` in its text and arguments stands for a digest of all that tools gave so far.
    """

    text: str = ""
    tool_calls: list[Call] = []
    finish: Literal["stop", "length", "refusal"] = "stop"
    thinking: str = ""
    usage: TokenCounts | None = None
    hide_usage: bool = False
    chunk: int = Field(12, ge=1)
    slow: Slow = Slow()
    fault: Fault | None = None


def _reply(given: Any) -> Any:
    return {"text": given} if isinstance(given, str) else given


AReply = Annotated[Reply, BeforeValidator(_reply)]


class When(_Part):
    """All that is given must hold; `last` and `any` are regular expressions.

    Attributes:
        last: Is found in the newest message.
        any: Is found in some message.
        role: Of the newest message; `tool` for a result.
        tool: The newest message is this tool's result.
        turn: The model's first answer in the conversation is turn 1.
        attempt: How often this turn has been asked for, this time included.
        conversation: The conversation's marker.
    """

    last: str | None = None
    any: str | None = None
    role: Literal["system", "user", "tool"] | None = None
    tool: str | None = None
    turn: int | None = None
    attempt: int | None = None
    conversation: str | None = None

    def holds(self, asked: Asked, attempt: int) -> bool:
        """Whether it describes the request."""
        return (
            self.turn in {None, asked.turn}
            and self.attempt in {None, attempt}
            and self.role in {None, asked.last.role}
            and self.tool in {None, asked.last.tool}
            and self.conversation in {None, asked.conversation}
            and _found(self.last, asked.last.text)
            and (self.any is None or any(_found(self.any, each.text) for each in asked.said))
        )


class Rule(_Part):
    """`times` limits how often it applies within one conversation."""

    when: When = When()
    reply: AReply
    times: int | None = Field(None, ge=1)


class Script(_Part):
    """What the server answers: obedience first, then the first rule, the turn, the default.

    Attributes:
        turns: Replies by number of turn, for a conversation that always goes the same way.
        obey: Call whatever `CALL name {json}` in a new message says, in other languages and in
            disguise too; `CALL[id] name {}` also says the call's id.
        key: The only credentials that are accepted.
        knows_schemas: False for a server without `response_format` and `output_config.format`.
        forces_tools: False for models that refuse to be forced to a tool.
        wants_thinking: True for models whose calls must come back with the thinking before them.
        answer_tool: The tool that a JSON answer goes into when any tool must be called.
    """

    rules: list[Rule] = []
    turns: list[AReply] = []
    default: AReply = Reply(text="Done.")
    obey: bool = False
    key: str | None = None
    knows_schemas: bool = True
    forces_tools: bool = True
    wants_thinking: bool = False
    answer_tool: str = "final_answer"

    def by_turn(self, turn: int) -> Reply:
        """The reply when no rule applies."""
        return self.turns[turn - 1] if turn <= len(self.turns) else self.default


def _found(pattern: str | None, text: str) -> bool:
    return pattern is None or re.search(pattern, text) is not None
