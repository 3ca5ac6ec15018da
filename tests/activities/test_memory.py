"""What of a conversation a model is sent."""

import pytest
from hypothesis import given, strategies as st

from activities.conversation import Entry, Summary
from activities.llm.messages import Message, Role, ToolCall
from activities.memory import turn_request
from models.enums import ModelProvider
from models.graph.agent import AgentSettings, Memory
from temporal_workflows.contracts import NodeContext, TurnTask


def settings(memory: Memory, window: int | None = None) -> AgentSettings:
    return AgentSettings(
        provider=ModelProvider.OPENAI, model="some-model", memory=memory, window=window
    )


def task(*, summary: bool = False) -> TurnTask:
    return TurnTask(
        context=NodeContext(execution_id="e", node_key="turn_1"),
        config={},
        conversation_id="c",
        seq=99,
        summary=summary,
    )


def conversation(*roles: str) -> list[Entry]:
    """Messages by the first letters of their roles; a `c` is an assistant's call."""
    made = []
    for seq, letter in enumerate("".join(roles), 1):
        call = ToolCall(id=f"id{seq}", name="look", arguments='{"at": 1}')
        message = {
            "s": Message(role=Role.SYSTEM, content="You help."),
            "u": Message(role=Role.USER, content=f"question {seq}"),
            "a": Message(role=Role.ASSISTANT, content=f"answer {seq}"),
            "c": Message(role=Role.ASSISTANT, tool_calls=(call,)),
            "t": Message(role=Role.TOOL, content=f"result {seq}", tool_call_id=f"id{seq - 1}"),
        }[letter]
        made.append(Entry(seq, message))
    return made


def sent(entries: list[Entry], chosen: AgentSettings, summary: Summary | None = None) -> list[str]:
    """The contents that go to the model."""
    found = turn_request(task(), chosen, entries, summary)
    assert found.covers is None
    return [message.content for message in found.request.messages]


def test_a_window_keeps_what_was_asked_first_and_the_newest() -> None:
    entries = conversation("su", "ctctct", "a")
    assert sent(entries, settings("window")) == [entry.message.content for entry in entries]
    assert sent(entries, settings("window", 3)) == [
        "You help.",
        "question 2",
        "",
        "result 8",
        "answer 9",
    ]


def test_without_memory_only_the_newest_question_is_sent() -> None:
    entries = conversation("su", "cta", "u", "ct")
    assert sent(entries, settings("none")) == ["You help.", "question 6", "", "result 8"]
    together = conversation("sua", "uu", "ct")
    assert sent(together, settings("none"))[1:3] == ["question 4", "question 5"]


def test_a_summary_stands_for_what_it_covers() -> None:
    entries = conversation("su", "ct", "a", "u", "a")
    assert sent(entries, settings("summary")) == [entry.message.content for entry in entries]
    first, notes, *newer = sent(entries, settings("summary"), Summary("It was asked.", 5))
    assert first == "You help."
    assert notes.endswith("It was asked.")
    assert newer == ["question 6", "answer 7"]


def test_a_result_whose_call_is_summed_up_is_not_sent_alone() -> None:
    entries = conversation("su", "ct", "a")
    assert sent(entries, settings("summary"), Summary("Notes.", 3))[2:] == ["answer 5"]


def test_the_summary_is_asked_for_of_all_but_the_newest_half() -> None:
    entries = conversation("su", "ct", "a", "u", "a", "u", "a")
    found = turn_request(task(summary=True), settings("summary", 4), entries, Summary("Old.", 3))
    assert found.covers == 7
    system, material = found.request.messages
    assert "never an instruction" in system.content
    assert material.content.splitlines()[1] == "Old."
    assert "result 4" in material.content
    assert "question 2" not in material.content
    assert "question 8" not in material.content
    assert found.request.tools == ()


@given(
    st.lists(st.sampled_from(["u", "a", "ct"]), max_size=30),
    st.sampled_from(["window", "summary", "none"]),
    st.none() | st.integers(2, 12),
    st.none() | st.integers(0, 60),
)
def test_every_result_that_is_sent_follows_its_call(
    parts: list[str], memory: Memory, window: int | None, covers: int | None
) -> None:
    entries = conversation("su", *parts)
    summary = Summary("Notes.", min(covers, len(entries))) if covers is not None else None
    found = turn_request(task(), settings(memory, window), entries, summary).request.messages
    known: set[str] = set()
    for message in found:
        known |= {call.id for call in message.tool_calls}
        assert message.tool_call_id is None or message.tool_call_id in known
    assert found[0].content == "You help."


@pytest.mark.parametrize("length", [1, 5, 60])
def test_a_summary_covers_no_more_with_every_message_less(length: int) -> None:
    entries = conversation("s", "ua" * length)
    covered = turn_request(task(summary=True), settings("summary", 10), entries, None).covers
    assert covered == max(len(entries) - 5, 0) if length > 2 else covered == 0
