"""Group commit: whatever projections are ready at the same moment share one statement."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from api.mirror.store import Write

MAX_BATCH = 200


@dataclass(slots=True)
class Job:
    """One execution's changes; `done` tells whether the cursor still stood where it should."""

    write: Write
    done: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batches:
    """Jobs waiting for the next commit."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._ready = asyncio.Event()

    async def submit(self, write: Write) -> bool:
        """Wait until the changes are committed; False when another mirror was first."""
        job = Job(write)
        self._jobs.append(job)
        self._ready.set()
        return await job.done

    async def next(self) -> list[Job]:
        """The next jobs, one of an execution, in an order that all mirrors share.

        So no mirror waits for another that waits for it.
        """
        await self._ready.wait()
        chosen: dict[UUID, Job] = {}
        for job in self._jobs:
            if len(chosen) < MAX_BATCH:
                chosen.setdefault(job.write.execution.id, job)
        self._jobs = [job for job in self._jobs if chosen.get(job.write.execution.id) is not job]
        if not self._jobs:
            self._ready.clear()
        return [chosen[key] for key in sorted(chosen)]
