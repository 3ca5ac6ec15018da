"""What each node of a generated graph does, from a seed alone: any interpreter gets the same."""

import hashlib
from dataclasses import dataclass

from models.graph.values import Json


@dataclass(frozen=True)
class Script:
    """Answers by hashing (seed, question, place)."""

    seed: int
    failure_percent: int = 15

    def _dice(self, question: str, key: str, path: str) -> int:
        text = f"{self.seed}/{question}/{key}/{path}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")

    def fails(self, key: str, path: str) -> bool:
        """Whether the node fails."""
        return self._dice("fails", key, path) % 100 < self.failure_percent

    def handle(self, key: str, path: str) -> str:
        """Which branch a condition takes."""
        return ("yes", "no")[self._dice("handle", key, path) % 2]

    def passes(self, key: str, path: str) -> int:
        """How many passes a container has."""
        return self._dice("passes", key, path) % 4

    def output(self, key: str, path: str) -> Json:
        """What a node returns."""
        return f"{key}@{path}"
