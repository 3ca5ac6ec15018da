"""What agents are saying right now: told to open streams, and kept for whoever comes in the middle."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from pydantic import ValidationError

from api.mirror.listener import listen
from models.deltas import DELTA_CHANNEL, Delta

_log = structlog.get_logger(__name__)
# A model may think for ten minutes between two words; see the limits of workers.
KEEP_SECONDS = 600.0
MAX_CHARACTERS = 256 * 1024  # of a turn
MAX_TOTAL = 16 * 1024 * 1024
_BESIDE = 200  # what a piece takes besides its characters


@dataclass(slots=True)
class Turn:
    """An agent says one thing at a time: this, which is kept in the order of its offsets."""

    node_key: str
    attempt: int
    heard_at: float = 0.0
    finished: bool = False
    pieces: list[Delta] = field(default_factory=list)
    size: int = 0
    end: int = 0

    def add(self, delta: Delta) -> None:
        """One more piece; the oldest make room for it."""
        if self.finished or delta.offset < self.end:
            return
        self.pieces.append(delta)
        self.end = delta.offset + len(delta.text)
        self.size += len(delta.text) + _BESIDE
        while self.size > MAX_CHARACTERS:
            self.size -= len(self.pieces.pop(0).text) + _BESIDE

    def after(self, offset: int) -> list[Delta]:
        """What lies at `offset` and beyond; pieces that join are one."""
        groups: list[list[Delta]] = []
        end = -1
        for piece in self.pieces[bisect_left(self.pieces, offset, key=lambda each: each.offset) :]:
            if piece.offset == end:
                groups[-1].append(piece)
            else:
                groups.append([piece])
            end = piece.offset + len(piece.text)
        return [
            group[0].model_copy(update={"text": "".join(piece.text for piece in group)})
            for group in groups
        ]


class Follower:
    """One stream's place in what an execution says."""

    def __init__(self, turns: "RunningTurns", execution_id: str) -> None:
        self.news = asyncio.Event()
        self._turns = turns
        self._id = execution_id
        self._place = ("", 0)
        self._offset = 0

    def take(self) -> list[Delta]:
        """What was said since the last time, from the turn's beginning if it is a new one."""
        self.news.clear()
        turn = self._turns.running(self._id)
        if turn is None:
            return []
        if self._place != (turn.node_key, turn.attempt):
            self._place, self._offset = (turn.node_key, turn.attempt), 0
        found = turn.after(self._offset)
        self._offset = max(self._offset, turn.end)
        return found


class RunningTurns:
    """Hears the workers; a lost piece leaves a gap between offsets, and is in the finished turn."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._followers: dict[str, set[Follower]] = {}
        self._turns: dict[str, Turn] = {}  # by execution, the one heard last at the end
        self._size = 0

    async def run(self) -> None:
        """Listen until cancelled."""
        await listen(self._database_url, DELTA_CHANNEL, self.heard)

    @contextmanager
    def follow(self, execution_id: UUID) -> Iterator[Follower]:
        """A follower, whose `news` is set whenever there may be something to take."""
        follower = Follower(self, str(execution_id))
        self._followers.setdefault(str(execution_id), set()).add(follower)
        try:
            yield follower
        finally:
            others = self._followers[str(execution_id)]
            others.discard(follower)
            if not others:
                del self._followers[str(execution_id)]

    def running(self, execution_id: str | UUID) -> Turn | None:
        """The turn that is being said, as far as is known here."""
        self._forget_old()
        turn = self._turns.get(str(execution_id))
        return None if turn is None or turn.finished else turn

    def finished(self, execution_id: UUID, node_key: str, attempt: int) -> None:
        """An attempt of a turn has ended: what is left of it comes too late."""
        turn = self._turns.get(str(execution_id))
        if turn is not None and turn.node_key == node_key and turn.attempt <= attempt:
            self._size -= turn.size
            turn.finished, turn.size = True, 0
            turn.pieces.clear()

    def heard(self, payload: str) -> None:
        """One notification."""
        try:
            delta = Delta.model_validate_json(payload)
        except ValidationError:
            _log.warning("what a worker says cannot be read; is it of another version?")
            return
        self._forget_old()
        turn = self._turns.pop(delta.execution_id, None)
        self._size -= turn.size if turn else 0
        self._turns[delta.execution_id] = turn = _continued(turn, delta)
        turn.heard_at = time.monotonic()
        self._size += turn.size
        while self._size > MAX_TOTAL and len(self._turns) > 1:
            self._drop_oldest()
        for follower in self._followers.get(delta.execution_id, ()):
            follower.news.set()

    def _forget_old(self) -> None:
        oldest = time.monotonic() - KEEP_SECONDS
        while self._turns and next(iter(self._turns.values())).heard_at < oldest:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._size -= self._turns.pop(next(iter(self._turns))).size


def _continued(turn: Turn | None, delta: Delta) -> Turn:
    """The turn with one more piece, or another one that begins with it."""
    if turn is None or turn.node_key != delta.node_key or turn.attempt < delta.attempt:
        turn = Turn(delta.node_key, delta.attempt)
    if turn.attempt == delta.attempt:
        turn.add(delta)
    return turn
