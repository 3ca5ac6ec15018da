"""`pastetrader agent chat`: one message, or a conversation line by line."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from shlex import quote
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.client import ApiClient
from cli.exits import CommandError
from cli.follow.events import run_events
from cli.follow.reply import Reply, answer_to
from cli.lookup import find_agent
from cli.options import AsJson, DataDir, data_folder
from cli.output import print_json, print_json_line, talk
from cli.sign_in import connect

_ALL = 10_000
_ENDED = frozenset({"completed", "failed", "cancelled"})


@dataclass(slots=True)
class Conversation:
    """A conversation with one agent; it begins with the first message.

    Attributes:
        id: Of the conversation, once there is one.
        quiet: Whether nothing is told while the answer comes.
    """

    client: ApiClient
    agent_id: str
    id: str | None = None
    quiet: bool = False
    _known: set[str] = field(default_factory=set)

    def ask(self, text: str) -> dict[str, Any]:
        """Say something and wait for the answer, which is told while it comes.

        Returns:
            {conversation_id, seq, text}; the text is None when the agent gave no answer.

        Raises:
            CommandError: the conversation ended without an answer, or its model failed.
        """
        if self.id is not None:
            path = f"/executions/{self.id}/nodes"
            self._known = {
                row["node_key"] for row in self.client.items(path, _ALL) if row["status"] in _ENDED
            }
        body = {"message": text, "conversation_id": self.id, "message_id": str(uuid4())}
        taken = self.client.post(f"/agents/{self.agent_id}/chat", body)
        self.id = str(taken["conversation_id"])
        answer = self._listen(taken["seq"])
        return {"conversation_id": self.id, "seq": taken["seq"], "text": answer}

    def _listen(self, number: int) -> str | None:
        reply = Reply(self._known, _hide if self.quiet else _say, _hide if self.quiet else _note)
        for event, data in run_events(self.client, str(self.id)):
            if reply.apply(event, data) and self._answer(number) is not None:
                break
            if reply.has_ended or (reply.may_rest and self._rests(reply)):
                break
        answer = self._answer(number)
        if answer is not None:
            reply.finish(answer)
        elif reply.failure is not None or reply.has_ended:
            why = reply.failure or f"the conversation is {reply.status}"
            raise CommandError(f"no answer: {why}")
        return answer

    def _answer(self, number: int) -> str | None:
        messages = self.client.items(f"/executions/{self.id}/messages", _ALL)
        found = answer_to(messages, number)
        return None if found is None else str(found["content"])

    def _rests(self, reply: Reply) -> bool:
        """Whether it rests as it is now, and everything that led there was told."""
        run = self.client.get(f"/executions/{self.id}")
        return run["status"] == "waiting" and reply.has_told(run["nodes"])


def chat(
    agent: Annotated[str, typer.Argument(help="Id or name of an agent.", show_default=False)],
    message: Annotated[
        str | None,
        typer.Argument(
            help="What to say; - reads it from standard input. Without it, every line that you "
            "type is a message.",
            show_default=False,
        ),
    ] = None,
    conversation: Annotated[
        str | None, typer.Option(help="Id of a conversation to go on with.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Talk with an agent; its answer is printed while it comes.

    Ctrl-C ends the waiting, not the agent's work.
    """
    with connect(data_folder(data_dir)) as client:
        found = Conversation(client, find_agent(client, agent)["id"], conversation, quiet=as_json)
        try:
            if message is None:
                _talk(found, print_json_line if as_json else None)
            else:
                answer = found.ask(sys.stdin.read() if message == "-" else message)
                if as_json:
                    print_json(answer)
        finally:
            if not as_json:
                _say_where(found, agent)


def _talk(conversation: Conversation, show: Callable[[Any], None] | None) -> None:
    """Line by line until the input ends; what goes wrong with one message is told."""
    while (line := _line()) is not None:
        if not line.strip():
            continue
        try:
            answer = conversation.ask(line)
        except CommandError as error:
            if conversation.id is None or not sys.stdin.isatty():
                raise
            talk.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        else:
            if show is not None:
                show(answer)


def _line() -> str | None:
    try:
        return input("> " if sys.stdin.isatty() else "")
    except EOFError:
        return None


def _say_where(conversation: Conversation, agent: str) -> None:
    if conversation.id is not None:
        talk.print(
            f"Go on with: pastetrader agent chat {quote(agent)} --conversation {conversation.id}",
            style="dim",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _note(line: str) -> None:
    talk.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


def _hide(_: str) -> None:
    """For machines only the result counts."""
