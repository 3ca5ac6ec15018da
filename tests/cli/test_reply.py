"""An agent's answer as a terminal tells it, from the events that make it."""

from typing import Any

import pytest

from cli.follow.reply import Reply, answer_to


class Told:
    """A reply and what it told."""

    def __init__(self, known: set[str] | None = None) -> None:
        self.words = ""
        self.notes: list[str] = []
        self.reply = Reply(known or set(), self._say, self.notes.append)

    def _say(self, text: str) -> None:
        self.words += text

    def delta(self, offset: int, text: str, key: str = "turn_1", attempt: int = 1) -> bool:
        piece = {"node_key": key, "attempt": attempt, "offset": offset, "text": text}
        return self.reply.apply("delta", piece)

    def node(self, key: str, status: str, attempt: int = 1, **more: Any) -> bool:
        row = {"node_key": key, "name": key, "status": status, "attempt": attempt, **more}
        return self.reply.apply("node", row)

    def status(self, status: str) -> bool:
        return self.reply.apply("execution", {"status": status})


def output(text: str, *calls: str) -> dict[str, Any]:
    return {"text": text, "calls": [{"name": name} for name in calls]}


def test_words_are_said_once_while_they_come() -> None:
    told = Told()
    told.delta(0, "One ")
    told.delta(4, "two ")
    told.delta(2, "e two th")
    assert told.words == "One two th"
    assert told.node("turn_1", "completed", output=output("One two three."))
    assert told.words == "One two three.\n"
    told.node("turn_1", "completed", output=output("One two three."))
    told.reply.finish("One two three.")
    assert told.words == "One two three.\n", "told before"


def test_what_was_missed_comes_with_the_whole_turn() -> None:
    told = Told()
    told.delta(0, "One ")
    told.delta(10, "four")
    assert told.words == "One "
    told.node("turn_1", "completed", output=output("One two three four."))
    assert told.words == "One two three four.\n"


def test_a_turn_that_is_tried_again_says_it_anew() -> None:
    told = Told()
    told.delta(0, "The price")
    told.node("turn_1", "failed", error={"message": "it broke off", "code": "ModelCutOff"})
    told.delta(0, "It is 28.8.", attempt=2)
    told.node("turn_1", "completed", attempt=2, output=output("It is 28.8."))
    assert told.words == "The price\nIt is 28.8.\n"
    assert told.notes == ["attempt 2, after: it broke off [ModelCutOff]"]
    assert told.reply.failure is None
    told.node("summary_1", "failed", error={"message": "too long", "code": "ModelFull"})
    assert told.reply.failure == "too long [ModelFull]"


def test_calls_are_noted_and_do_not_end_the_reply() -> None:
    told = Told()
    assert not told.node("turn_1", "completed", output=output("Let me look.", "prices"))
    told.node("call_1_1", "running")
    told.node("call_1_1", "completed")
    told.node("call_1_1", "completed")
    told.node("call_1_2", "failed", error={"message": "no such symbol"})
    assert told.notes == ["✓ call_1_1", "✗ call_1_2: no such symbol"]
    assert told.words == "Let me look.\n"


def test_a_call_that_waits_for_a_person_is_not_the_end() -> None:
    told = Told()
    told.status("waiting")
    assert not told.reply.may_rest, "it has not begun"
    told.node("turn_1", "completed", output=output("", "pay"))
    told.node("call_1_1", "waiting")
    told.status("waiting")
    assert not told.reply.may_rest
    assert told.notes == ["◔ call_1_1 waits for a person's approval"]
    told.node("call_1_1", "skipped")
    assert told.reply.may_rest


def test_what_led_to_a_rest_is_told_before_it_counts() -> None:
    told = Told(known={"turn_1"})
    told.status("waiting")
    keys = [("turn_1", 1), ("turn_2", 1), ("turn_2", 2)]
    rows = [{"node_key": key, "attempt": attempt, "status": "failed"} for key, attempt in keys]
    told.node("turn_2", "failed", error={"message": "busy", "code": "ModelBusy"})
    assert told.reply.may_rest
    assert not told.reply.has_told(rows)
    told.node("turn_2", "running", attempt=2)
    assert not told.reply.has_told(rows)
    told.node("turn_2", "failed", attempt=2, error={"message": "busy", "code": "ModelBusy"})
    assert told.reply.has_told(rows)
    assert told.reply.failure == "busy [ModelBusy]"


def test_what_was_before_is_not_told() -> None:
    told = Told(known={"turn_1", "call_1_1"})
    told.node("turn_1", "completed", output=output("Old."))
    told.node("call_1_1", "completed")
    told.delta(0, "Old.")
    assert (told.words, told.notes, told.reply.asked) == ("", [], False)


def test_a_long_answer_that_events_leave_out_is_told_at_the_end() -> None:
    told = Told()
    told.delta(0, "Long")
    assert told.node("turn_1", "completed", output=None, truncated=True)
    told.reply.finish("Long and longer.")
    assert told.words == "Long and longer.\n"


@pytest.mark.parametrize(("number", "found"), [(1, "A"), (2, "B"), (3, "B"), (4, None)])
def test_which_answer_belongs_to_which_message(number: int, found: str | None) -> None:
    rows = [
        ("system", "s", []),
        ("user", "1", []),
        ("assistant", "calls", [{"name": "x"}]),
        ("tool", "t", []),
        ("assistant", "A", []),
        ("user", "2", []),
        ("user", "3", []),
        ("summary", "sum", []),
        ("assistant", "B", []),
        ("user", "4", []),
    ]
    given = ({"role": role, "content": text, "tool_calls": calls} for role, text, calls in rows)
    answer = answer_to(given, number)
    assert (answer or {}).get("content") == found
