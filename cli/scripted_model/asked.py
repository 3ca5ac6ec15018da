"""What a client asks a model, whichever protocol it speaks."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MARKER = re.compile(r"\[conversation:\s*([\w.-]{1,100})\]")
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """A request that the real server would refuse; `kind` is the protocol's name for why."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error"):
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `tool` is the name of the tool whose result it is."""

    role: str
    text: str
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        offered: Names of the tools.
        forced: The tool that must be called; `*` for any of them.
        tells_usage: Whether a stream ends with its usage.
        characters: Of everything the model reads.
    """

    model: str
    said: tuple[Said, ...]
    offered: tuple[str, ...]
    stream: bool
    forced: str | None = None
    tells_usage: bool = True
    characters: int = 0

    @property
    def conversation(self) -> str:
        """The first `[conversation: name]` in a message, else what the first user's message says."""
        for message in self.said:
            if found := _MARKER.search(message.text):
                return found.group(1)
        first = next((each.text for each in self.said if each.role == "user"), "")
        return hashlib.sha256(first.encode(errors="replace")).hexdigest()[:12]

    @property
    def turn(self) -> int:
        """1 for the model's first answer; the same again when it is asked again."""
        return 1 + sum(message.role == "assistant" for message in self.said)

    @property
    def last(self) -> Said:
        """The newest message."""
        return self.said[-1]

    @property
    def results(self) -> str:
        """SHA-256 of every tool's result so far, in their order: none is missing, none is twice."""
        found = hashlib.sha256()
        for message in self.said:
            if message.role == "tool":
                found.update(f"{message.text}\n".encode(errors="replace"))
        return found.hexdigest()

    def new(self) -> Iterator[Said]:
        """What was said since the model's last answer."""
        place = max(
            (at for at, message in enumerate(self.said) if message.role == "assistant"), default=-1
        )
        yield from self.said[place + 1 :]


def field(body: Mapping[str, Any], name: str, kind: type) -> Any:
    """A field that must be there. Raises `Refused`."""
    value = body.get(name)
    if not isinstance(value, kind) or not value:
        raise Refused(f"{name}: Field required")
    return value


def check_name(name: Any) -> str:
    """The name of a tool. Raises `Refused` for one that the real servers refuse."""
    if not TOOL_NAME.fullmatch(str(name)):
        raise Refused(f"{name!r} is no name of a tool: it does not match {TOOL_NAME.pattern}")
    return str(name)


def tool_names(tools: Any) -> tuple[str, ...]:
    """Names of the tools on offer. Raises `Refused` for one that the real servers refuse."""
    names = tuple(check_name(tool.get("name")) for tool in tools)
    if len(set(names)) < len(names):
        raise Refused("tools: Tool names must be unique")
    return names
