"""A message of Anthropic's API, whole or in events, becomes a reply."""

from dataclasses import dataclass, field

from activities.llm.anthropic_request import ANSWER_TOOL, call_block
from activities.llm.assembly import Assembly, CallParts
from activities.llm.errors import ModelReplyTooLarge
from activities.llm.failures import Failures
from activities.llm.messages import Finish, ModelReply, Text, TokenUsage
from activities.llm.model import OnDelta
from activities.llm.wire import Count, JsonText, Part
from models.graph.values import Json

_FINISH = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.REFUSAL,
}
_MAX_BLOCKS = 1_000
_THINKING = frozenset({"thinking", "redacted_thinking"})


class Piece(Part):
    """A block of a message, or more of one."""

    type: str | None = None
    id: Text | None = None
    name: Text | None = None
    text: Text | None = None
    input: JsonText | None = None
    partial_json: Text | None = None
    thinking: Text | None = None
    signature: Text | None = None
    data: Text | None = None
    stop_reason: str | None = None


class Used(Part):
    """Tokens; `input_tokens` are those that no cache holds."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None


class Whole(Part):
    """A message, or the beginning of one."""

    model: Text | None = None
    content: list[Piece] | None = None
    stop_reason: str | None = None
    usage: Used | None = None


class Event(Part):
    """One event of a stream."""

    type: str
    index: int = 0
    message: Whole | None = None
    content_block: Piece | None = None
    delta: Piece | None = None
    usage: Used | None = None


class AnthropicAnswer:
    """Reads a message; with `answer_tool` a call of that tool is the content.

    Then `on_delta` gets the content at the end: before, nobody knows which of the texts it is.
    """

    def __init__(
        self, failures: Failures, on_delta: OnDelta | None = None, *, answer_tool: bool = False
    ) -> None:
        self._failures = failures
        self._assembly = Assembly(None if answer_tool else on_delta)
        self._at_the_end = on_delta if answer_tool else None
        self._answer_tool = answer_tool
        self._answer: CallParts | None = None
        self._blocks: dict[int, _Block] = {}
        self._used = Used()

    def add_whole(self, message: Whole) -> None:
        """A message that came at once. Raises as `add_event`."""
        self._begin(message)
        for index, piece in enumerate(message.content or ()):
            self._open(index, piece)
        self._end(message.stop_reason or "end_turn")

    def add_event(self, event: Event) -> None:
        """The next event.

        Raises:
            ModelReplyTooLarge: it is too much by now.
            ModelProtocolError: it continues what was not begun.
        """
        if event.message is not None:
            self._begin(event.message)
        if event.usage is not None:
            self._use(event.usage)
        if event.content_block is not None:
            self._open(event.index, event.content_block)
        elif event.type == "content_block_delta" and event.delta is not None:
            if event.index not in self._blocks:
                raise self._failures.malformed("a block goes on that was not begun")
            self._more(self._blocks[event.index], event.delta)
        elif event.delta is not None and event.delta.stop_reason:
            self._end(event.delta.stop_reason)

    def reply(self) -> ModelReply:
        """The whole. Raises `ModelOverloaded` when it broke off."""
        if self._assembly.finish is None:
            raise self._failures.cut()
        self._assembly.usage = _usage(self._used)
        reply = self._assembly.reply()
        if self._answer is not None and reply.finish in {Finish.STOP, Finish.LENGTH}:
            reply = reply.model_copy(update={"content": self._answer.whole().arguments})
        elif reply.finish in {Finish.STOP, Finish.TOOL_CALLS}:
            reply = reply.model_copy(update={"native": self._native()})
        if self._at_the_end is not None and reply.content:
            self._at_the_end(reply.content)
        return reply

    def _begin(self, message: Whole) -> None:
        self._assembly.model = message.model or ""
        if message.usage is not None:
            self._use(message.usage)

    def _use(self, used: Used) -> None:
        """Later numbers are the totals so far; those left out have not changed."""
        self._used = self._used.model_copy(update=used.model_dump(exclude_none=True))

    def _end(self, reason: str) -> None:
        self._assembly.finish = _FINISH.get(reason, Finish.STOP)

    def _open(self, index: int, piece: Piece) -> None:
        if len(self._blocks) >= _MAX_BLOCKS:
            raise ModelReplyTooLarge(f"the model's answer has more than {_MAX_BLOCKS} blocks")
        block = self._blocks[index] = _Block(piece.type or "", data=piece.data or "")
        self._assembly.count(block.data)
        if block.kind == "tool_use":
            self._open_call(block, piece)
        else:
            self._more(block, piece)

    def _open_call(self, block: "_Block", piece: Piece) -> None:
        name = piece.name or ""
        block.call = self._assembly.add_call(piece.id or "")
        self._assembly.add_to_call(block.call, name=name)
        if self._answer_tool and name == ANSWER_TOOL:
            self._assembly.forget(block.call)
            self._answer = self._answer or block.call
        if piece.input not in {None, "{}"}:
            self._more(block, Piece(partial_json=piece.input))

    def _more(self, block: "_Block", piece: Piece) -> None:
        if block.kind == "text" and piece.text:
            self._assembly.add_text(piece.text)
            block.text.append(piece.text)
        if block.call is not None and piece.partial_json:
            self._assembly.add_to_call(block.call, arguments=piece.partial_json)
        for kept in (piece.thinking, piece.signature):
            self._assembly.count(kept or "")
        block.thinking.append(piece.thinking or "")
        block.signature.append(piece.signature or "")

    def _native(self) -> Json:
        """All blocks, when there is thinking among them, which must come back with its answer."""
        blocks = self._blocks.values()
        if not any(block.kind in _THINKING for block in blocks):
            return None
        return [found for block in blocks if (found := self._native_block(block)) is not None]

    def _native_block(self, block: "_Block") -> Json:
        if block.kind == "text":
            text = "".join(block.text)
            return {"type": "text", "text": text} if text else None
        if block.kind == "thinking":
            thinking, signature = "".join(block.thinking), "".join(block.signature)
            return {"type": "thinking", "thinking": thinking, "signature": signature}
        if block.kind == "redacted_thinking":
            return {"type": "redacted_thinking", "data": block.data}
        is_answer = self._answer_tool and block.call is not None and block.call.name == ANSWER_TOOL
        if block.call is None or is_answer:
            return None
        return dict(call_block(block.call.whole()))


@dataclass(slots=True)
class _Block:
    kind: str
    data: str = ""
    call: CallParts | None = None
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)


def _usage(used: Used) -> TokenUsage:
    read = used.cache_read_input_tokens or 0
    plain, written = used.input_tokens or 0, used.cache_creation_input_tokens or 0
    return TokenUsage(
        input=plain + read + written,
        output=used.output_tokens or 0,
        cached=read,
        reported=used.input_tokens is not None and used.output_tokens is not None,
    )
