"""Undoing what a run did, last first, when it fails or is cancelled."""

from collections.abc import Awaitable, Callable

from temporal_workflows.scheduler import Place, Scheduler


class Compensations:
    """Runs the compensations of what completed, one after the other.

    `start` runs one to its end, whatever that is: one that fails keeps no other from running.
    `between` is awaited before each, and may go on in another history, where the rest is undone.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        start: Callable[[Place], Awaitable[None]],
        between: Callable[[], Awaitable[None]],
    ) -> None:
        self._scheduler = scheduler
        self._start = start
        self._between = between
        self.running: Place | None = None

    async def run(self) -> None:
        """Undo what ended last first; what was undone is no longer undoable."""
        while self._scheduler.undoable:
            place = undoing(self._scheduler, self._scheduler.undoable[-1])
            if place is not None:
                await self._between()
                self.running = place
                await self._start(place)
                self.running = None
            self._scheduler.undoable.pop()


def undoing(scheduler: Scheduler, place: Place) -> Place | None:
    """Where the compensation of the node at `place` runs: in the same pass; None if it is off."""
    node = scheduler.graph.by_key.get(scheduler.graph.compensations.get(place.key, ""))
    return None if node is None or node.disabled else Place(node.key, place.path)
