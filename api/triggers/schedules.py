"""Triggers as Temporal's schedules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.schedule.v1 import SchedulePatch, TriggerImmediatelyRequest
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest, PatchScheduleRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from api.engine import CALL_TIMEOUT, Engine, EngineUnavailable
from api.triggers.errors import InvalidSchedule
from api.triggers.schemas import FIRST_MOMENT, LAST_MOMENT
from api.triggers.starting import config_of
from api.triggers.times import TOLD, specification
from models.enums import FiringCause, Overlap
from models.trigger import Trigger, TriggerFiring
from models.trigger_config import ScheduleConfig
from temporal_workflows.contracts import SCHEDULED_RUN, ScheduledRunInput, schedule_id

POLICIES: Mapping[Overlap, ScheduleOverlapPolicy] = MappingProxyType(
    {
        Overlap.SKIP: ScheduleOverlapPolicy.SKIP,
        Overlap.BUFFER_ONE: ScheduleOverlapPolicy.BUFFER_ONE,
        Overlap.BUFFER_ALL: ScheduleOverlapPolicy.BUFFER_ALL,
        Overlap.CANCEL_OTHER: ScheduleOverlapPolicy.CANCEL_OTHER,
        Overlap.ALLOW_ALL: ScheduleOverlapPolicy.ALLOW_ALL,
    }
)
_LATE = timedelta(seconds=1)
# Nobody waits long for figures.
LOOK_TIMEOUT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Figures:
    """What Temporal says of a schedule."""

    next_run_at: datetime | None
    missed: int
    skipped_overlap: int


class Schedules:
    """The schedules on Temporal; each call may raise `EngineUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def apply(self, trigger: Trigger) -> datetime | None:
        """Make the schedule what the trigger's row says, whether it is there or not.

        Until when Temporal knows its times then, None: it knows all.

        Raises:
            InvalidSchedule: Temporal refuses it.
        """
        client = await self._engine.client()
        schedule, until = self._schedule(trigger)
        handle = client.get_schedule_handle(schedule_id(str(trigger.id)))

        def changed(given: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule)

        try:
            await handle.update(changed, rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise _known(error) from error
            await self._create(client, trigger, schedule)
        return until

    async def remove(self, trigger_id: UUID) -> None:
        """Delete the schedule; one that is not there is no error."""
        client = await self._engine.client()
        try:
            await client.get_schedule_handle(schedule_id(str(trigger_id))).delete(
                rpc_timeout=CALL_TIMEOUT
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise _known(error) from error

    async def order(self, firing: TriggerFiring, trigger: Trigger) -> None:
        """Let the schedule run for the firing's time as soon as no other run stands against it."""
        client = await self._engine.client()
        cancels = trigger.config["overlap"] == Overlap.CANCEL_OTHER
        turn = cancels and firing.cause == FiringCause.MANUAL
        policy = POLICIES[Overlap.CANCEL_OTHER if turn else Overlap.BUFFER_ALL]
        now = TriggerImmediatelyRequest(overlap_policy=policy.value)  # type: ignore[arg-type]
        now.scheduled_time.FromDatetime(firing.scheduled_at)
        try:
            await client.workflow_service.patch_schedule(
                PatchScheduleRequest(
                    namespace=client.namespace,
                    schedule_id=schedule_id(str(firing.trigger_id)),
                    patch=SchedulePatch(trigger_immediately=now),
                    identity=client.identity,
                    request_id=str(firing.id),
                ),
                timeout=CALL_TIMEOUT,
            )
        except RPCError as error:
            raise _known(error) from error

    async def figures(self, trigger: Trigger) -> Figures | None:
        """How the schedule stands; None when Temporal does not have it."""
        client = await self._engine.client()
        handle = client.get_schedule_handle(schedule_id(str(trigger.id)))
        try:
            found = (await handle.describe(rpc_timeout=LOOK_TIMEOUT)).info
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise _known(error) from error
        following = found.next_action_times[0] if found.next_action_times else None
        return Figures(
            following if trigger.is_active else None,
            found.num_actions_missed_catchup_window,
            found.num_actions_skipped_overlap,
        )

    async def times(
        self,
        config: ScheduleConfig,
        after: datetime,
        until: datetime | None = None,
        *,
        count: int = 1,
    ) -> list[datetime]:
        """Times after `after` up to `until`, as Temporal itself foresees them.

        They are at most 1000, and at least the first `count` if there are so many.

        A paused schedule is made for that and deleted again, so these are the times that fire.

        Raises:
            InvalidSchedule: a field of `config` cannot be used.
        """
        last = until or LAST_MOMENT
        found: list[datetime] = []
        for told in (TOLD, TOLD * 4, LAST_MOMENT - FIRST_MOMENT):
            chosen = specification(config, after, told)
            found = await self._foreseen(chosen.spec, after, last)
            if chosen.until is None or chosen.until >= last or len(found) >= count:
                break
        return found

    async def _foreseen(
        self, spec: ScheduleSpec, after: datetime, until: datetime
    ) -> list[datetime]:
        client = await self._engine.client()
        name = f"preview-{uuid4()}"
        schedule = Schedule(
            action=self._action(name, waits=False), spec=spec, state=ScheduleState(paused=True)
        )
        try:
            handle = await client.create_schedule(name, schedule, rpc_timeout=CALL_TIMEOUT)
            try:
                return await _matching(client, name, after, until)
            finally:
                await handle.delete(rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            raise _known(error) from error

    async def _create(self, client: Client, trigger: Trigger, schedule: Schedule) -> None:
        """What came due since the row was written is made up for."""
        now = datetime.now(UTC)
        window = schedule.policy.catchup_window or timedelta()
        since = max(trigger.updated_at, now - window)
        late = trigger.is_active and now - since > _LATE
        backfill = [ScheduleBackfill(since, now)] if late else []
        try:
            await client.create_schedule(
                schedule_id(str(trigger.id)), schedule, backfill=backfill, rpc_timeout=CALL_TIMEOUT
            )
        except ScheduleAlreadyRunningError:
            raise EngineUnavailable("the schedule was made meanwhile; try again") from None
        except RPCError as error:
            raise _known(error) from error

    def _schedule(self, trigger: Trigger) -> tuple[Schedule, datetime | None]:
        config = config_of(trigger)
        assert isinstance(config, ScheduleConfig)  # noqa: S101 - what its type says
        window = timedelta(seconds=config.catch_up_seconds)
        told = specification(config, datetime.now(UTC) - window)
        told.spec.jitter = timedelta(seconds=config.jitter_seconds) or None
        schedule = Schedule(
            action=self._action(str(trigger.id), waits=config.overlap is not Overlap.ALLOW_ALL),
            spec=told.spec,
            policy=SchedulePolicy(overlap=POLICIES[config.overlap], catchup_window=window),
            state=ScheduleState(paused=not trigger.is_active, note=trigger.note),
        )
        return schedule, told.until

    def _action(self, trigger_id: str, *, waits: bool) -> ScheduleActionStartWorkflow:
        return ScheduleActionStartWorkflow(
            SCHEDULED_RUN,
            ScheduledRunInput(trigger_id=trigger_id, waits=waits),
            id=schedule_id(trigger_id),
            task_queue=self._engine.task_queue,
        )


def run_id(trigger_id: UUID, time: datetime) -> str:
    """Id of the workflow that Temporal starts for one time of a schedule."""
    return f"{schedule_id(str(trigger_id))}-{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def _matching(client: Client, name: str, after: datetime, until: datetime) -> list[datetime]:
    request = ListScheduleMatchingTimesRequest(namespace=client.namespace, schedule_id=name)
    for field, moment in ((request.start_time, after), (request.end_time, until)):
        stamp = Timestamp()
        stamp.FromDatetime(moment)
        field.CopyFrom(stamp)
    found = await client.workflow_service.list_schedule_matching_times(
        request, timeout=CALL_TIMEOUT
    )
    return [stamp.ToDatetime(tzinfo=UTC) for stamp in found.start_time]


def _known(error: RPCError) -> InvalidSchedule | EngineUnavailable:
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        return InvalidSchedule("config", error.message)
    return EngineUnavailable(error.message)
