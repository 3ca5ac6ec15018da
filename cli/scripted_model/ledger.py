"""What was asked, and what was answered in full: a turn that was paid twice shows here."""

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.scripted_model.asked import Asked

Turn = tuple[str, int]


@dataclass(slots=True)
class Received:
    """One request as it came.

    Attributes:
        client: The other end of the connection.
        answered: Whether a whole answer was sent.
        at: When it came, as Unix time.
    """

    asked: Asked
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Any]
    attempt: int
    client: str = ""
    answered: bool = False
    at: float = field(default_factory=time.time)


class Ledger:
    """Counts every request, and keeps the newest `keep` of them."""

    def __init__(self, keep: int = 1_000) -> None:
        self.requests: deque[Received] = deque(maxlen=keep)
        self.refused = 0
        self.open = 0
        self._asked: Counter[Turn] = Counter()
        self._answered: Counter[Turn] = Counter()
        self._used: Counter[tuple[int, str]] = Counter()

    def arrived(
        self,
        asked: Asked,
        path: str,
        headers: Mapping[str, str],
        body: dict[str, Any],
        client: str = "",
    ) -> Received:
        """Count a request."""
        turn = (asked.conversation, asked.turn)
        self._asked[turn] += 1
        received = Received(asked, path, headers, body, self._asked[turn], client)
        self.requests.append(received)
        return received

    def answered(self, received: Received) -> None:
        """Count a whole answer."""
        received.answered = True
        self._answered[received.asked.conversation, received.asked.turn] += 1

    def use(self, rule: int, conversation: str, times: int | None) -> bool:
        """Whether a rule may apply once more in a conversation, which it then has."""
        if times is not None and self._used[rule, conversation] >= times:
            return False
        self._used[rule, conversation] += 1
        return True

    def count(self) -> dict[str, Any]:
        """How often each turn of each conversation was asked for, and answered in full."""
        turns: dict[str, dict[str, dict[str, int]]] = {}
        for (conversation, turn), asked in sorted(self._asked.items()):
            turns.setdefault(conversation, {})[str(turn)] = {
                "requests": asked,
                "answered": self._answered[conversation, turn],
            }
        return {
            "requests": self._asked.total(),
            "answered": self._answered.total(),
            "refused": self.refused,
            "open": self.open,
            "conversations": turns,
        }
