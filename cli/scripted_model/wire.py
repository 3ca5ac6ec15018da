"""What a protocol is to the server; its modules are such."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from cli.scripted_model.answer import Answer
from cli.scripted_model.asked import Asked
from cli.scripted_model.script import Script


class Wire(Protocol):
    """A protocol that models speak."""

    def read(self, body: Mapping[str, Any], script: Script) -> Asked:
        """The request. Raises `Refused` as the real server would."""
        ...

    def adapted(self, answer: Answer, asked: Asked, script: Script) -> Answer:
        """The answer as the request's settings form it."""
        ...

    def whole(self, answer: Answer, asked: Asked) -> dict[str, Any]:
        """The answer at once."""
        ...

    def events(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        """The answer as server-sent events."""
        ...

    def error(self, kind: str, code: str | None, message: str) -> dict[str, Any]:
        """The body of an error."""
        ...

    def error_event(self, kind: str, message: str) -> bytes:
        """An error within a stream."""
        ...

    def broken_event(self, text: str) -> bytes:
        """An event with `text` as its data."""
        ...
