"""What waits: schedules that Temporal does not know yet, and firings that are to start runs."""

from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.engine import Engine
from api.errors import APIError
from api.executions.service import ExecutionService
from api.inbox import Inbox
from api.triggers import repository
from api.triggers.errors import InvalidSchedule
from api.triggers.schedules import Schedules
from api.triggers.starting import schedule_event, start_run
from models.artifacts import ArtifactFiles
from models.enums import FiringStatus, TriggerType
from models.execution import WorkflowExecution
from models.graph.values import Json
from models.trigger import Trigger, TriggerFiring
from temporal_workflows.contracts import ENDED_SIGNAL, FIRINGS_CHANNEL, schedule_id

_log = structlog.get_logger(__name__)
MANY = 50


class Agreement(Inbox):
    """Makes Temporal's schedules what the rows say, and hands them the firings that wait.

    A row is written first, so whatever dies in between, the next round goes on.
    """

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], database_url: str, engine: Engine
    ) -> None:
        super().__init__(sessions, database_url, FIRINGS_CHANNEL, self.agree)
        self._schedules = Schedules(engine)

    async def agree(self, session: AsyncSession) -> int:
        """Put right one schedule that differs, or hand over one firing; how many it was.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        for trigger in await repository.differing(session, 1):
            await self._put_right(session, trigger)
            return 1
        for firing, trigger in await repository.waiting(session, 1):
            await self._schedules.order(firing, trigger)
            firing.temporal_workflow_id = schedule_id(str(trigger.id))
            return 1
        return 0

    async def _put_right(self, session: AsyncSession, trigger: Trigger) -> None:
        if trigger.is_deleted:
            await self._schedules.remove(trigger.id)
            await repository.agrees(session, trigger, None)
            return
        try:
            until = await self._schedules.apply(trigger)
        except InvalidSchedule as error:
            # It was checked when it was saved, so this is Temporal's own limit.
            _log.warning("Temporal refuses a schedule", error=error.detail, id=str(trigger.id))
            trigger.is_active, trigger.note = False, f"Temporal refuses it: {error.detail}"
            until = None
        await repository.agrees(session, trigger, schedule_id(str(trigger.id)), until)


class Firings(Inbox):
    """Starts the runs of pending firings, each once: its row and the run's are one transaction."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        database_url: str,
        engine: Engine,
        artifacts: ArtifactFiles,
    ) -> None:
        super().__init__(sessions, database_url, FIRINGS_CHANNEL, self.take)
        self._engine = engine
        self._artifacts = artifacts

    async def take(self, session: AsyncSession) -> int:
        """Take up pending firings; how many they were.

        Raises:
            EngineUnavailable: whoever waits for a firing cannot be told that it came to nothing.
        """
        found = await repository.pending(session, MANY)
        for firing, trigger in found:
            if trigger.is_deleted:
                firing.status, firing.error = FiringStatus.WITHDRAWN, repository.DELETED
            else:
                await self._start(session, firing, trigger)
            if firing.status == FiringStatus.STARTED:
                await repository.ran(session, trigger)
            elif firing.temporal_workflow_id is not None:
                await self._engine.steer(firing.temporal_workflow_id, ENDED_SIGNAL)
        return len(found)

    async def _start(self, session: AsyncSession, firing: TriggerFiring, trigger: Trigger) -> None:
        executions = ExecutionService(session, self._engine, self._artifacts)
        metadata = {
            "firing_id": str(firing.id),
            "cause": firing.cause,
            "scheduled_at": firing.scheduled_at.astimezone(UTC).isoformat(),
        }
        try:
            async with session.begin_nested():
                made = await start_run(
                    session,
                    executions,
                    trigger,
                    _event(firing, trigger),
                    execution_id=firing.id,
                    metadata=metadata,
                )
        except APIError as error:
            firing.status, firing.error = FiringStatus.REFUSED, _reason(error)
            return
        firing.status = FiringStatus.SKIPPED if made is None else FiringStatus.STARTED


class TellsSchedules:
    """Listener of `Ends`: whoever waits for a scheduled run learns that it is over."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, session: AsyncSession, execution: WorkflowExecution) -> None:
        """Signal the workflow that waits for the run; one that is gone is no error."""
        if execution.trigger_type != TriggerType.SCHEDULE:
            return
        waiting = await repository.waiter(session, execution.id)
        if waiting is not None:
            await self._engine.steer(waiting, ENDED_SIGNAL)


def _event(firing: TriggerFiring, trigger: Trigger) -> Json:
    told: Json = firing.event
    if told is not None or trigger.trigger_type != TriggerType.SCHEDULE:
        return told
    scheduled = firing.scheduled_at.astimezone(UTC)
    return schedule_event(trigger, firing.cause, scheduled, datetime.now(UTC))


def _reason(error: APIError) -> str:
    """The error with what it names, on a few lines."""
    lines = [f"{found['path']}: {found['message']}" for found in error.errors[:5]]
    return "\n".join([f"{error.code}: {error.detail}", *lines])
