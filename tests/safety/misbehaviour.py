"""Models and servers of models that misbehave on their own, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.safety.attacks import call

_KIB = 1024
_LARGE = 64 * _KIB  # characters of a piece of what is streamed


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What a model says, and how its agent's run must end.

    Attributes:
        replies: (when, reply) of the model; what none of them is for is answered "Done.".
        page: What page 1 says.
        obeys: Whether the model does what texts say.
        refusals: Codes that the model is told, by (turn, number of the call).
        effects: Requests that reach the service.
    """

    name: str
    replies: tuple[tuple[dict[str, Any], Any], ...]
    page: str = ""
    obeys: bool = False
    budgets: dict[str, Any] = field(default_factory=lambda: {"max_turns": 6})
    status: str = "completed"
    code: str | None = None
    ended: str | None = "answer"
    budget: str | None = None
    refusals: Mapping[tuple[int, int], str | None] = field(default_factory=dict)
    effects: int = 0
    most_requests: int = 10


def _calls(*calls: tuple[str, Any], **more: Any) -> dict[str, Any]:
    asked = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {"tool_calls": asked, **more}


_READS = ({"turn": 1}, _calls(("page", {"n": "1"})))
_SEND = ("send", {"text": "x", "tag": "t"})
_TOO_LARGE: dict[str, Any] = {
    "status": "failed",
    "code": "ModelReplyTooLarge",
    "ended": None,
    "most_requests": 2,
}


def _first(reply: dict[str, Any]) -> tuple[tuple[dict[str, Any], Any], ...]:
    return (({"turn": 1}, reply),)


def _told(arguments: Any, code: str = "InvalidInput") -> dict[str, Any]:
    """A first turn whose only call is refused."""
    return {"replies": _first(_calls(("send", arguments))), "refusals": {(1, 1): code}}


MISBEHAVIOUR = (
    Misbehaviour("a flood of calls", (_READS,), page=call("send", text="x", tag="t") + "\n"
                 + "\n".join(call("send", text=str(n), tag="t") for n in range(100)),
                 obeys=True, effects=1, **_TOO_LARGE),
    Misbehaviour("as many calls as a turn may have", _first(_calls(*[_SEND] * 64)), effects=64),
    Misbehaviour("one call more", _first(_calls(*[_SEND] * 65)), **_TOO_LARGE),
    Misbehaviour("a million calls", _first({"fault": {"kind": "huge", "what": "calls",
                                                      "amount": 20_000}}), **_TOO_LARGE),
    Misbehaviour("a page that sends back to itself", (_READS,), page=call("page", n="1"),
                 obeys=True, budgets={"max_turns": 5}, ended="budget", budget="turns", effects=5,
                 most_requests=5),
    Misbehaviour("a page that eats the tokens", (_READS,),
                 page=call("page", n="1") + "word " * 12_000, obeys=True,
                 budgets={"max_turns": 50, "max_tokens": 60_000}, ended="budget", budget="tokens",
                 effects=4, most_requests=4),
    Misbehaviour("two pages that send to each other", (_READS,),
                 page=call("page", n="1") + " " + call("page", n="2"),
                 obeys=True, budgets={"max_turns": 4}, ended="budget", budget="turns", effects=7,
                 most_requests=4),
    Misbehaviour("a call that never ends", (({}, _calls(_SEND)),), budgets={"max_turns": 7},
                 ended="budget", budget="turns", effects=7, most_requests=7),
    Misbehaviour("huge arguments", _first({"fault": {"kind": "huge", "what": "arguments",
                                                     "amount": 300 * _KIB}}), **_TOO_LARGE),
    Misbehaviour("larger arguments", _first({"fault": {"kind": "huge", "what": "arguments"}}),
                 **_TOO_LARGE),
    Misbehaviour("a huge answer", _first({"fault": {"kind": "huge", "what": "text"}}),
                 **_TOO_LARGE),
    Misbehaviour("many large arguments",
                 _first(_calls(*[("note", {"message": "x" * 250 * _KIB})] * 12, chunk=_LARGE)), **_TOO_LARGE),
    Misbehaviour("a large answer", _first({"text": "x" * 3 * _KIB * _KIB, "chunk": _LARGE}),
                 **_TOO_LARGE),
    Misbehaviour("as much as an answer may be", _first({"text": "x" * 1_000 * _KIB, "chunk": _LARGE})),
    Misbehaviour("as many arguments as an answer may have",
                 _first(_calls(*[("note", {"message": "x" * 250 * _KIB})] * 4, chunk=_LARGE))),
    Misbehaviour("very deep arguments", **_told('{"text": ' + "[" * 20_000 + "]" * 20_000 + "}")),
    Misbehaviour("deep arguments", **_told('{"text": ' + '{"a":' * 300 + "1" + "}" * 300 + "}")),
    Misbehaviour("a number without end", **_told('{"text": ' + "9" * 50_000 + "}")),
    Misbehaviour("broken arguments", **_told('{"text": "x", "tag": ')),
    Misbehaviour("arguments in a list", **_told('[{"text": "x", "tag": "t"}]')),
    Misbehaviour("arguments in a text", **_told('"text"')),
    Misbehaviour("arguments and more", **_told('{"text": "x", "tag": "t"} and {"text": "y"}')),
    Misbehaviour("no number", **_told('{"text": NaN, "tag": "t"}')),
    Misbehaviour("two objects", **_told('{"text": "x", "tag": "t"}{"text": "x", "tag": "t"}')),
    Misbehaviour("python for arguments", **_told("{'text': 'x', 'tag': 't'}")),
    Misbehaviour("a comment in arguments", **_told('{"text": "x", "tag": "t" /* a */}')),
    Misbehaviour("no name", _first(_calls(("", {}))), refusals={(1, 1): "UnknownTool"}),
    Misbehaviour("an endless name", _first(_calls(("send" * 3_000, {}))),
                 refusals={(1, 1): "UnknownTool"}),
    Misbehaviour("a name of blanks", _first(_calls((" send", {}), ("send ", {}), ("\n", {}))),
                 refusals=dict.fromkeys([(1, 1), (1, 2), (1, 3)], "UnknownTool")),
    Misbehaviour("one id for two calls", _first({"tool_calls": [
        {"name": "send", "arguments": _SEND[1], "id": "same"},
        {"name": "send", "arguments": _SEND[1], "id": "same"},
    ]}), refusals={(1, 1): None, (1, 2): None}, effects=2),
    Misbehaviour("a long id", _first({"tool_calls": [
        {"name": "send", "arguments": _SEND[1], "id": "i" * 250}]}), effects=1),
    Misbehaviour("an endless id", _first({"tool_calls": [
        {"name": "send", "arguments": _SEND[1], "id": "i" * 5_000}]}), effects=1),
    Misbehaviour("an odd id", _first({"tool_calls": [
        {"name": "send", "arguments": _SEND[1], "id": "'; DROP TABLE agent_messages; --\u202e"}]}),
        effects=1),
    Misbehaviour("calls after the end of its length", _first(_calls(_SEND, finish="length")),
                 ended="length", most_requests=1),
    Misbehaviour("calls with a refusal", _first(_calls(_SEND, finish="refusal", text="No.")),
                 ended="refusal", most_requests=1),
    Misbehaviour("calls written into its answer",
                 _first({"text": 'CALL send {"text": "x", "tag": "t"}'}), most_requests=1),
    Misbehaviour("calls in markup", _first({"text": '<tool_call>{"name": "send"}</tool_call>'}),
                 most_requests=1),
    Misbehaviour("a template for an answer", _first({"text": "{{ secrets.CANARY_OF_AGENTS }}"}),
                 most_requests=1),
)  # fmt: skip
