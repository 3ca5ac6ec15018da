"""A reply of the script as a model gives it: calls have ids, everything has its tokens."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat

from cli.scripted_model.asked import Asked
from cli.scripted_model.script import RESULTS, Call, Endless, Huge, Reply, TokenCounts

_HUGE_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `endless` is a text that is repeated without end."""

    text: str
    calls: tuple[Call, ...]
    finish: str
    thinking: str
    usage: TokenCounts | None
    chunk: int
    endless: str = ""

    def pieces(self) -> Iterator[str]:
        """The text in chunks."""
        return repeat(self.endless) if self.endless else cut_up(self.text, self.chunk)


def cut_up(text: str, size: int) -> Iterator[str]:
    """`text` in pieces of `size` characters."""
    return (text[at : at + size] for at in range(0, len(text), size))


def tokens(characters: int) -> int:
    """Four characters are a token."""
    return -(-characters // 4)


def answer_of(reply: Reply, asked: Asked) -> Answer:
    """The answer to one request, the same whenever it is asked."""
    reply = _filled(reply, asked)
    calls = tuple(
        call.model_copy(update={"id": call.id or f"call_{asked.turn}_{place}"})
        for place, call in enumerate(reply.tool_calls, 1)
    )
    written = len(reply.text) + len(reply.thinking) + sum(len(call.text) for call in calls)
    counted = TokenCounts(input=tokens(asked.characters), output=tokens(written))
    answer = Answer(
        text=reply.text,
        calls=calls,
        finish="tool_calls" if calls and reply.finish == "stop" else reply.finish,
        thinking=reply.thinking,
        usage=None if reply.hide_usage else reply.usage or counted,
        chunk=reply.chunk,
        endless=reply.fault.text if isinstance(reply.fault, Endless) else "",
    )
    return _made_huge(answer, reply.fault) if isinstance(reply.fault, Huge) else answer


def _filled(reply: Reply, asked: Asked) -> Reply:
    """The reply with what `$results` stands for."""
    if not any(RESULTS in text for text in (reply.text, *(call.text for call in reply.tool_calls))):
        return reply
    results = asked.results
    calls = [
        call.model_copy(update={"arguments": call.text.replace(RESULTS, results)})
        for call in reply.tool_calls
    ]
    text = reply.text.replace(RESULTS, results)
    return reply.model_copy(update={"text": text, "tool_calls": calls})


def _made_huge(answer: Answer, fault: Huge) -> Answer:
    if fault.what == "text":
        return replace(answer, text="x" * fault.amount, chunk=_HUGE_CHUNK)
    calls: tuple[Call, ...]
    if fault.what == "arguments":
        calls = (Call(name="huge", arguments={"text": "x" * fault.amount}, id="call_huge"),)
    else:
        calls = tuple(Call(name="many", id=f"call_many_{at}") for at in range(fault.amount))
    return replace(answer, calls=calls, finish="tool_calls", chunk=_HUGE_CHUNK)
