"""Use cases about triggers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import EngineUnavailable
from api.errors import NotFound, VersionMismatch
from api.executions.errors import TemporalUnavailable
from api.inbox import wake
from api.ownership import owned
from api.triggers import repository
from api.triggers.errors import InvalidSchedule, InvalidTrigger, NoSchedule
from api.triggers.schedules import Figures, Schedules, run_id
from api.triggers.schemas import Backfill, NewTrigger, TriggerChange, TriggerOut
from api.triggers.starting import check_templates, config_of
from api.triggers.times import specification
from models.base import new_id
from models.enums import FiringCause, FiringStatus, Overlap, ScheduleType, TriggerType
from models.graph.problems import Code, nearest
from models.graph.values import Json
from models.secret import Secret
from models.trigger import Trigger, TriggerFiring
from models.trigger_config import EventConfig, ScheduleConfig, WebhookConfig
from models.user import User
from models.workflow import Workflow
from temporal_workflows.contracts import FIRINGS_CHANNEL, schedule_id

HOOKS = "/api/v1/hooks"
MAX_BACKFILL = 500
# A list asks Temporal about so many schedules at once.
_ASKED_TOGETHER = 20
_MOMENT = timedelta(microseconds=1)
_NONE = Figures(None, 0, 0)


class TriggerService:
    """What one account does with triggers, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, schedules: Schedules) -> None:
        self._session = session
        self._user = user
        self._schedules = schedules

    # Reading -------------------------------------------------------------------------------------

    def visible(self) -> Select[Trigger]:
        """The account's triggers."""
        return owned(select(Trigger), Trigger, self._user)

    async def get(self, trigger_id: UUID, *, locked: bool = False) -> Trigger:
        """A trigger of the account; raises `NotFound`."""
        statement = self.visible().where(Trigger.id == trigger_id)
        found = await self._session.scalar(statement.with_for_update() if locked else statement)
        if found is None:
            raise NotFound(f"there is no trigger {trigger_id}")
        return found

    async def page(
        self, statement: Select[Trigger], *, before: UUID | None, limit: int
    ) -> Sequence[Trigger]:
        """The first `limit` triggers of a statement, newest first, from the one after `before`."""
        if before is not None:
            statement = statement.where(Trigger.id < before)
        return (
            await self._session.scalars(statement.order_by(Trigger.id.desc()).limit(limit))
        ).all()

    async def out(self, trigger: Trigger) -> TriggerOut:
        """One trigger as clients get it."""
        [found] = await self.shown([trigger])
        return found

    async def shown(self, triggers: Sequence[Trigger]) -> list[TriggerOut]:
        """Triggers as clients get them."""
        await self._session.flush()
        names = await repository.workflow_names(self._session, triggers)
        gate = asyncio.Semaphore(_ASKED_TOGETHER)

        async def asked(trigger: Trigger) -> Figures | None:
            async with gate:
                return await self._figures(trigger)

        figures = await asyncio.gather(*map(asked, triggers))
        return [
            _shown(trigger, names[trigger.workflow_id], known)
            for trigger, known in zip(triggers, figures, strict=True)
        ]

    async def _figures(self, trigger: Trigger) -> Figures | None:
        """What Temporal says; None while it does not answer."""
        if trigger.trigger_type != TriggerType.SCHEDULE:
            return _NONE
        try:
            found = await self._schedules.figures(trigger)
        except EngineUnavailable:
            return None
        if found is None or trigger.temporal_schedule_id is None:
            # What is written is not yet what Temporal has.
            counted = found or _NONE
            return Figures(trigger.next_run_at, counted.missed, counted.skipped_overlap)
        return found

    # Writing -------------------------------------------------------------------------------------

    async def create(self, new: NewTrigger) -> Trigger:
        """Store a trigger; its schedule follows.

        Raises:
            NotFound: there is no such workflow.
            InvalidSchedule, InvalidTrigger: the settings cannot be used.
        """
        await self._workflow(new.workflow_id)
        trigger = Trigger(
            owner_id=self._user.id,
            workflow_id=new.workflow_id,
            name=new.name,
            trigger_type=new.config.type.value,
            is_active=new.is_active,
        )
        await self._configure(trigger, new.config)
        self._session.add(trigger)
        await self._differs(trigger)
        return trigger

    async def change(self, trigger: Trigger, change: TriggerChange) -> None:
        """Store what is new.

        Raises:
            VersionMismatch: somebody else changed it meanwhile.
            InvalidSchedule, InvalidTrigger: the settings cannot be used.
        """
        if change.version != trigger.version:
            raise VersionMismatch(
                f"the trigger is at version {trigger.version}, not {change.version}; read it again",
                extra={"current_version": trigger.version},
            )
        if change.name is not None:
            trigger.name = change.name
        if change.config is not None:
            if change.config.type != trigger.trigger_type:
                raise InvalidTrigger(
                    "config.type", f"stays {trigger.trigger_type}; make another trigger instead"
                )
            await self._configure(trigger, change.config)
        trigger.version += 1
        await self._differs(trigger)

    async def switch(self, trigger: Trigger, *, active: bool, note: str | None) -> None:
        """Pause it or let it go on; `note` says why."""
        trigger.is_active = active
        trigger.note = note
        await self._foresee(trigger)
        await self._differs(trigger)

    async def delete(self, trigger: Trigger) -> None:
        """Put it into the bin; what waits to be started never will, and its schedule goes."""
        trigger.soft_delete()
        trigger.next_run_at = None
        if trigger.trigger_type == TriggerType.SCHEDULE:
            trigger.temporal_schedule_id = schedule_id(str(trigger.id))
        await repository.withdraw_unstarted(self._session, trigger)
        await wake(self._session, FIRINGS_CHANNEL)

    # Firing --------------------------------------------------------------------------------------

    async def fire(self, trigger: Trigger, event: Json) -> TriggerFiring:
        """Write a firing for now; a schedule's waits until no other run stands against it."""
        id_, now = new_id(), datetime.now(UTC).replace(microsecond=0)
        values = _firing(trigger, FiringCause.MANUAL, f"manual-{id_}", now)
        [made] = await repository.insert_firings(
            self._session, [values | {"id": id_, "event": event}]
        )
        await wake(self._session, FIRINGS_CHANNEL)
        return made

    async def preview(self, config: ScheduleConfig, after: datetime, count: int) -> list[datetime]:
        """The next `count` times; raises `InvalidSchedule`, `TemporalUnavailable`."""
        return (await self._times(config, after, count=count))[:count]

    async def backfill(self, trigger: Trigger, window: Backfill) -> list[datetime]:
        """Write a firing for each time of the window that has none; those times.

        Raises:
            NoSchedule: it is not a schedule.
            InvalidSchedule: the window is wrong, or holds too many times.
            TemporalUnavailable: Temporal does not answer.
        """
        config = config_of(trigger)
        if not isinstance(config, ScheduleConfig):
            raise NoSchedule(f"a trigger of type {trigger.trigger_type} has no times to fill")
        _check_window(window)
        # Temporal's windows begin after their start.
        times = await self._times(config, window.start_at - _MOMENT, window.end_at)
        if len(times) > MAX_BACKFILL:
            raise InvalidSchedule(
                "end_at", f"the window has more than {MAX_BACKFILL} times; fill it in parts"
            )
        if window.overlap is Overlap.ALLOW_ALL:
            status = FiringStatus.PENDING
        else:
            status = _first_status(trigger)
        rows = [
            _firing(trigger, FiringCause.BACKFILL, run_id(trigger.id, time), time)
            | {"status": status}
            for time in times
        ]
        made = await repository.insert_firings(self._session, rows)
        await wake(self._session, FIRINGS_CHANNEL)
        return sorted(firing.scheduled_at for firing in made)

    async def _times(
        self,
        config: ScheduleConfig,
        after: datetime,
        until: datetime | None = None,
        *,
        count: int = 1,
    ) -> list[datetime]:
        try:
            return await self._schedules.times(config, after, until, count=count)
        except EngineUnavailable as error:
            raise TemporalUnavailable("Temporal does not answer; try again shortly") from error

    # Within --------------------------------------------------------------------------------------

    async def _workflow(self, workflow_id: UUID) -> None:
        statement = owned(select(Workflow), Workflow, self._user)
        if await self._session.scalar(statement.where(Workflow.id == workflow_id)) is None:
            raise NotFound(f"there is no workflow {workflow_id}")

    async def _configure(
        self, trigger: Trigger, config: ScheduleConfig | WebhookConfig | EventConfig
    ) -> None:
        check_templates(config)
        if isinstance(config, WebhookConfig):
            await self._check_secret(config)
        trigger.config = config.model_dump(mode="json")
        await self._foresee(trigger)

    async def _check_secret(self, config: WebhookConfig) -> None:
        if config.secret is None:
            return
        names = owned(select(Secret.name), Secret, self._user)
        known = (await self._session.scalars(names)).all()
        if config.secret not in known:
            hint = nearest(config.secret, list(known))
            raise InvalidTrigger(
                "config.secret",
                f"you have no secret named {config.secret!r}" + (f"; {hint}" if hint else ""),
                Code.UNKNOWN_SECRET,
            )

    async def _foresee(self, trigger: Trigger) -> None:
        """Check a schedule's times, and note the next one if Temporal answers."""
        config = config_of(trigger)
        if not isinstance(config, ScheduleConfig):
            return
        now = datetime.now(UTC)
        specification(config, now)
        trigger.next_run_at = None
        if not trigger.is_active:
            return
        try:
            found = await self._schedules.times(config, now)
        except EngineUnavailable:
            return
        if not found:
            raise InvalidSchedule(*_never(config))
        trigger.next_run_at = found[0]

    async def _differs(self, trigger: Trigger) -> None:
        """What is written is not yet what Temporal has."""
        if trigger.trigger_type == TriggerType.SCHEDULE:
            trigger.temporal_schedule_id = None
            await wake(self._session, FIRINGS_CHANNEL)
        await self._session.flush()
        await self._session.refresh(trigger)


def _shown(trigger: Trigger, workflow_name: str, figures: Figures | None) -> TriggerOut:
    webhook = trigger.trigger_type == TriggerType.WEBHOOK
    return TriggerOut(
        id=trigger.id,
        workflow_id=trigger.workflow_id,
        workflow_name=workflow_name,
        name=trigger.name,
        trigger_type=TriggerType(trigger.trigger_type),
        config=config_of(trigger),
        is_active=trigger.is_active,
        note=trigger.note,
        next_run_at=figures.next_run_at if figures else trigger.next_run_at,
        last_run_at=trigger.last_run_at,
        url=f"{HOOKS}/{trigger.id}" if webhook else None,
        missed=figures.missed if figures else None,
        skipped_overlap=figures.skipped_overlap if figures else None,
        version=trigger.version,
        created_at=trigger.created_at,
        updated_at=trigger.updated_at,
    )


def _firing(
    trigger: Trigger, cause: FiringCause, key: str, scheduled_at: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "owner_id": trigger.owner_id,
        "trigger_id": trigger.id,
        "key": key,
        "cause": cause,
        "scheduled_at": scheduled_at,
        "status": _first_status(trigger),
    }


def _first_status(trigger: Trigger) -> FiringStatus:
    """Where runs of a schedule must not overlap, Temporal says when it is a firing's turn."""
    config = config_of(trigger)
    if isinstance(config, ScheduleConfig) and config.overlap is not Overlap.ALLOW_ALL:
        return FiringStatus.WAITING
    return FiringStatus.PENDING


def _check_window(window: Backfill) -> None:
    if window.end_at < window.start_at:
        raise InvalidSchedule("end_at", "must not be before `start_at`")
    if window.end_at > datetime.now(UTC):
        raise InvalidSchedule("end_at", "must not be in the future; those times fire by themselves")


def _never(config: ScheduleConfig) -> tuple[str, str]:
    """The field and the reason why a schedule never fires again."""
    if config.schedule_type is ScheduleType.DATE:
        return "config.at", "is over; give a time that is still to come"
    if config.end_at is not None:
        return "config.end_at", "nothing is left to fire before it; give a later time"
    return "config.cron", "no such day ever comes; look at its day-of-month and month"
