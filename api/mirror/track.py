"""One live execution in a mirror's memory: where its projection stands."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from api.engine import Engine
from api.mirror.events import Page, RunEnded
from api.mirror.projector import Projector
from api.mirror.rows import Changes, Cursor
from api.mirror.statements import LEASE_SECONDS
from api.mirror.store import Stored


@dataclass(slots=True)
class Track:
    """A projector, and the cursor that the tables have."""

    id: UUID
    temporal_id: str
    projector: Projector
    stored: Cursor | None
    run_id: str
    lease_until: float = field(default_factory=lambda: time.monotonic() + LEASE_SECONDS / 2)
    hinted_at: float = 0.0
    looked_at: float = 0.0
    looks: int = 0
    tailed: bool = False

    @property
    def leased(self) -> bool:
        """Whether the lease surely holds."""
        return time.monotonic() < self.lease_until

    def renewed(self, cursor: Cursor | None) -> None:
        """A commit moved the tables' cursor, and with it the lease."""
        self.stored = cursor
        self.lease_until = time.monotonic() + LEASE_SECONDS / 2


async def open_track(engine: Engine, stored: Stored) -> tuple[Track, list[Page]] | None:
    """A track at the tables' cursor, and the pages that follow it; None before the run began.

    The state between pages is a function of the history, so it is projected again up to the
    cursor; only what is open from earlier runs of the chain comes from the tables.
    """
    if stored.cursor is None:
        pages = await engine.chain(stored.temporal_id)
        if not pages:
            return None
        projector = Projector(stored.execution)
        return _track(stored, projector, pages[0].run_id), pages
    run_id, event_id = stored.cursor.run_id, stored.cursor.event_id
    carried = [row for row in stored.open_rows if row.run_id != run_id]
    status, started_at = stored.execution.status, stored.execution.started_at
    projector = Projector(stored.execution, carried)
    page = await engine.page(stored.temporal_id, run_id)
    known = [fact for fact in page.facts if fact.event_id <= event_id]
    projector.apply(Page(run_id, 1, event_id, known))
    stored.execution.status, stored.execution.started_at = status, started_at
    return _track(stored, projector, run_id), [page] if page.last > event_id else []


def _track(stored: Stored, projector: Projector, run_id: str) -> Track:
    return Track(stored.execution.id, stored.temporal_id, projector, stored.cursor, run_id)


def whole_projection(stored: Stored, pages: list[Page]) -> tuple[Projector, Changes]:
    """Project all runs of a chain from nothing."""
    execution = stored.execution
    projector = Projector(type(execution)(id=execution.id))
    total = Changes()
    for page in pages:
        changes = projector.apply(page)
        total.nodes |= changes.nodes
        total.logs += changes.logs
        total.children += changes.children
        total.approvals |= changes.approvals
        total.cursor = changes.cursor
    return projector, total


def was_reset(page: Page) -> bool:
    """Whether the page ends with a termination, which is also how a reset leaves a run."""
    last = page.facts[-1] if page.facts else None
    failure = last.failure if isinstance(last, RunEnded) else None
    return failure is not None and failure.error["code"] == "Terminated"
