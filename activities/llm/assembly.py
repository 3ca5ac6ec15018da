"""Puts a reply together from its pieces, never more than the limits allow."""

from uuid import uuid4

from activities.llm.errors import ModelReplyTooLarge
from activities.llm.limits import MAX_ARGUMENTS_BYTES, MAX_REPLY_BYTES, MAX_TOOL_CALLS
from activities.llm.messages import Finish, ModelReply, TokenUsage, ToolCall
from activities.llm.model import OnDelta

_MAX_NAME = 256
_MAX_ID = 200  # as many characters as the conversation keeps


class CallParts:
    """A tool call while it comes; `id` is its own, also when the server gave none or one twice."""

    def __init__(self, given: str, identity: str) -> None:
        self.given = given
        self.id = identity
        self.name = ""
        self._arguments: list[str] = []
        self._size = 0

    def add(self, name: str, arguments: str) -> int:
        """More of it; bytes of the arguments so far."""
        self.name = (self.name + name)[:_MAX_NAME]
        self._arguments.append(arguments)
        self._size += len(arguments.encode())
        return self._size

    def whole(self) -> ToolCall:
        """The call; one without arguments has an empty object."""
        arguments = "".join(self._arguments).strip() or "{}"
        return ToolCall(id=self.id, name=self.name, arguments=arguments)


class Assembly:
    """A reply while it comes; every piece counts."""

    def __init__(self, on_delta: OnDelta | None = None) -> None:
        self._on_delta = on_delta
        self._text: list[str] = []
        self._calls: list[CallParts] = []
        self._size = 0
        self.usage = TokenUsage(reported=False)
        self.finish: Finish | None = None
        self.model = ""

    @property
    def text(self) -> str:
        """The content so far."""
        return "".join(self._text)

    def add_text(self, piece: str) -> None:
        """More of the content. Raises `ModelReplyTooLarge`."""
        self.count(piece)
        if piece:
            self._text.append(piece)
            if self._on_delta is not None:
                self._on_delta(piece)

    def add_call(self, given: str) -> CallParts:
        """One more tool call, with the id that the server gives it. Raises `ModelReplyTooLarge`."""
        if len(self._calls) >= MAX_TOOL_CALLS:
            raise ModelReplyTooLarge(f"the model asks for more than {MAX_TOOL_CALLS} tool calls")
        known = {call.id for call in self._calls}
        unique = 0 < len(given) <= _MAX_ID and given not in known
        self._calls.append(CallParts(given, given if unique else f"call_{uuid4().hex}"))
        return self._calls[-1]

    def add_to_call(self, call: CallParts, *, name: str = "", arguments: str = "") -> None:
        """More of a tool call. Raises `ModelReplyTooLarge`."""
        self.count(arguments)
        if call.add(name, arguments) > MAX_ARGUMENTS_BYTES:
            limit = MAX_ARGUMENTS_BYTES // 1024
            raise ModelReplyTooLarge(f"the arguments of {call.name!r} are over {limit} KiB")

    def forget(self, call: CallParts) -> None:
        """Leave a call out; what comes of it still counts."""
        self._calls.remove(call)

    def count(self, piece: str) -> None:
        """A piece, whatever becomes of it. Raises `ModelReplyTooLarge`."""
        self._size += len(piece.encode())
        if self._size > MAX_REPLY_BYTES:
            limit = MAX_REPLY_BYTES // 1024**2
            raise ModelReplyTooLarge(f"the model's answer is over {limit} MiB")

    def reply(self) -> ModelReply:
        """The whole; calls that were cut off, or come with a refusal, are left out."""
        finish = self.finish or Finish.STOP
        calls: tuple[ToolCall, ...] = ()
        if finish in {Finish.STOP, Finish.TOOL_CALLS}:
            calls = tuple(call.whole() for call in self._calls)
            finish = Finish.TOOL_CALLS if calls else Finish.STOP
        return ModelReply(
            content=self.text,
            tool_calls=calls,
            usage=self.usage,
            finish=finish,
            model=self.model,
        )
