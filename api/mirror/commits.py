"""Group commit: whatever projections are ready at the same moment share one transaction."""

import asyncio
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.mirror.rows import Changes
from api.mirror.store import write
from api.mirror.track import Track

MAX_BATCH = 200


@dataclass(slots=True)
class Job:
    """One execution's changes; `done` tells whether the cursor still stood where it should."""

    track: Track
    changes: Changes
    done: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batches:
    """Jobs waiting for the next transaction."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._ready = asyncio.Event()

    async def submit(self, track: Track, changes: Changes) -> bool:
        """Wait until the changes are committed; False when another mirror was first."""
        job = Job(track, changes)
        self._jobs.append(job)
        self._ready.set()
        return await job.done

    async def next(self) -> list[Job]:
        """The next jobs, in an order that all mirrors share, so that none waits for another."""
        await self._ready.wait()
        jobs, self._jobs = self._jobs[:MAX_BATCH], self._jobs[MAX_BATCH:]
        if not self._jobs:
            self._ready.clear()
        return sorted(jobs, key=lambda job: job.track.id)


async def write_jobs(session: AsyncSession, jobs: list[Job]) -> list[bool]:
    """Write all jobs into one transaction, which the caller commits."""
    return [
        await write(session, job.track.projector.execution, job.changes, job.track.stored)
        for job in jobs
    ]
