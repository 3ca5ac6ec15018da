"""What an agent does about one message, as a terminal tells it while it happens."""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from cli.follow.render import SYMBOLS

_OVER = frozenset({"completed", "failed", "cancelled", "skipped"})
Out = Callable[[str], None]


@dataclass(slots=True)
class Reply:
    """Fed with a conversation's events; says the model's words and notes what else happens.

    A stream tells the conversation's status as it is before the rows that led there.

    Attributes:
        known: Keys of the turns and calls from before the message: they are not told again.
        say: Takes the model's words, piece by piece.
        note: Takes lines about tools, retries and approvals.
        asked: Whether the model was asked anything since the message.
        status: Of the conversation.
        failure: What went wrong in the newest attempt.
    """

    known: Set[str]
    say: Out
    note: Out
    asked: bool = False
    status: str = ""
    failure: str | None = None
    _attempt: dict[str, int] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)
    _noted: set[tuple[str, str]] = field(default_factory=set)
    _seen: dict[tuple[str, int], str] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)

    @property
    def may_rest(self) -> bool:
        """Whether it looks as if the agent did something, and now waits for a message only."""
        return self.asked and self.status == "waiting" and not self._waiting

    @property
    def has_ended(self) -> bool:
        """Whether the conversation is over."""
        return self.status in _OVER

    def apply(self, event: str, data: dict[str, Any]) -> bool:
        """Take in one event; whether it is a turn that ended with an answer."""
        if event in {"execution", "end"}:
            self.status = data["status"]
        key = str(data.get("node_key") or "")
        if not key or key in self.known:
            return False
        if event == "node":
            self._seen[key, data["attempt"]] = data["status"]
        if event == "delta":
            self._delta(key, data)
        elif event == "node" and key.startswith(("turn_", "summary_")):
            self._model_was_asked(data)
            return key.startswith("turn_") and self._turn(key, data)
        elif event == "node" and key.startswith("call_"):
            self._call(key, data)
        return False

    def has_told(self, rows: Iterable[dict[str, Any]]) -> bool:
        """Whether the events of these rows have come, as far as they are not known from before."""
        return all(
            row["node_key"] in self.known
            or self._seen.get((row["node_key"], row["attempt"])) == row["status"]
            for row in rows
        )

    def finish(self, text: str) -> None:
        """Say of the answer what no event told."""
        told = [words for words in self._said.values() if words and text.startswith(words)]
        rest = text[len(max(told, key=len, default="")) :]
        if rest:
            self.say(f"{rest}\n")

    # Within --------------------------------------------------------------------------------------

    def _delta(self, key: str, data: dict[str, Any]) -> None:
        self._begin(key, data["attempt"])
        said, offset = self._said[key], data["offset"]
        # A piece that was missed comes with the whole turn.
        if offset <= len(said):
            self._add(key, data["text"][len(said) - offset :])

    def _model_was_asked(self, row: dict[str, Any]) -> None:
        self.asked = True
        if row["status"] == "failed":
            error = row.get("error") or {}
            self.failure = f"{error.get('message', 'the model failed')} [{error.get('code', '')}]"
        elif row["status"] == "completed":
            self.failure = None

    def _turn(self, key: str, row: dict[str, Any]) -> bool:
        self._begin(key, row["attempt"])
        if row["status"] != "completed" or key in self._whole:
            return False
        if row.get("truncated"):
            return True
        output = row.get("output") or {}
        text, said = str(output.get("text") or ""), self._said[key]
        if not text.startswith(said):
            self.say("\n")
            said = self._said[key] = ""
        self._add(key, text[len(said) :])
        if self._said[key]:
            self.say("\n")
        self._whole.add(key)
        return not output.get("calls")

    def _call(self, key: str, row: dict[str, Any]) -> None:
        status, symbol = row["status"], SYMBOLS.get(row["status"], ("?", ""))[0]
        (self._waiting.add if status == "waiting" else self._waiting.discard)(key)
        if status == "waiting":
            self._note_once(key, status, f"{symbol} {row['name']} waits for a person's approval")
        elif status in _OVER:
            error = row.get("error") or {}
            why = f": {error['message']}" if error.get("message") else ""
            self._note_once(key, f"{status}{row['attempt']}", f"{symbol} {row['name']}{why}")

    def _begin(self, key: str, attempt: int) -> None:
        """An attempt that comes after another one says it all again."""
        if self._attempt.get(key, attempt) != attempt:
            self._note_once(key, f"{attempt}", f"attempt {attempt}, after: {self.failure or '?'}")
            if self._said[key]:
                self.say("\n")
            self._said[key] = ""
        self._attempt[key] = attempt
        self._said.setdefault(key, "")

    def _add(self, key: str, text: str) -> None:
        if text:
            self._said[key] += text
            self.say(text)

    def _note_once(self, key: str, what: str, line: str) -> None:
        if (key, what) not in self._noted:
            self._noted.add((key, what))
            self.note(line)


def answer_to(messages: Iterator[dict[str, Any]], number: int) -> dict[str, Any] | None:
    """The final answer after people's message of that number; None while there is none."""
    asked = 0
    for message in messages:
        asked += message["role"] == "user"
        if asked >= number and message["role"] == "assistant" and not message["tool_calls"]:
            return message
    return None
