"""Firings of schedules, as rows that the API takes up."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from temporalio import activity

from activities.database import Database
from models.base import new_id
from models.enums import FiringCause, FiringStatus
from temporal_workflows.contracts import FIRINGS_CHANNEL, Activity, FiringState, FiringTask

# A firing that was asked for waits for its time: under its key, or by hand.
_CLAIM: Final = """
    UPDATE trigger_firings SET status = 'pending', temporal_workflow_id = $3, temporal_run_id = $4,
        updated_at = now()
    WHERE id = (
        SELECT id FROM trigger_firings
        WHERE trigger_id = $1 AND scheduled_at = $2 AND status = 'waiting'
            AND (key = $3 OR cause = 'manual')
        ORDER BY key = $3 DESC, id LIMIT 1 FOR UPDATE
    )
    RETURNING id
"""
_WRITE: Final = """
    INSERT INTO trigger_firings (id, owner_id, trigger_id, scheduled_at, key, cause, status,
        temporal_workflow_id, temporal_run_id)
    SELECT $5, owner_id, id, $2, $3, $6, $7, $3, $4 FROM triggers
    WHERE id = $1 AND deleted_at IS NULL
    ON CONFLICT (trigger_id, key) DO NOTHING
    RETURNING id
"""
_STATE: Final = """
    SELECT f.id, f.temporal_run_id = $4 AS mine, CASE
        WHEN f.status = 'started' THEN e.id IS NULL OR e.ended_at IS NOT NULL
        ELSE f.status IN ('skipped', 'refused', 'withdrawn') END AS over
    FROM trigger_firings f LEFT JOIN workflow_executions e ON e.id = f.id
    WHERE f.trigger_id = $1 AND f.scheduled_at = $2 AND (f.key = $3 OR f.temporal_run_id = $4)
    ORDER BY f.temporal_run_id = $4 DESC NULLS LAST LIMIT 1
"""
_WITHDRAW: Final = """
    UPDATE trigger_firings SET status = 'withdrawn', error = $5, updated_at = now()
    WHERE trigger_id = $1 AND scheduled_at = $2 AND status = 'pending'
        AND temporal_workflow_id = $3 AND temporal_run_id = $4
"""
_NOTIFY: Final = "SELECT pg_notify($1, '')"
_REPLACED = "a later firing took its place before it could start"


class FiringActivities:
    """Lets triggers fire, and takes back what has not started."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def all(self) -> list[Any]:
        """What a worker registers."""
        return [self.fire, self.withdraw]

    @activity.defn(name=Activity.FIRE)
    async def fire(self, task: FiringTask) -> FiringState:
        """Write the firing that is due, once, and say how it stands.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer; a later attempt may.
        """
        place = _place(task)
        async with self._database.transaction() as connection:
            known = await connection.fetchrow(_STATE, *place)
            if known is None or not known["mine"]:
                made = await connection.fetchrow(_CLAIM, *place) or await connection.fetchrow(
                    _WRITE, *place, new_id(), FiringCause.SCHEDULE, FiringStatus.PENDING
                )
                if made is not None:
                    await connection.execute(_NOTIFY, FIRINGS_CHANNEL)
                known = await connection.fetchrow(_STATE, *place)
        return _state(known)

    @activity.defn(name=Activity.WITHDRAW)
    async def withdraw(self, task: FiringTask) -> FiringState:
        """Take the firing back if it has not started, and say how it stands.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer; a later attempt may.
        """
        place = _place(task)
        async with self._database.transaction() as connection:
            await connection.execute(_WITHDRAW, *place, _REPLACED)
            return _state(await connection.fetchrow(_STATE, *place))


def _place(task: FiringTask) -> tuple[UUID, datetime, str, str]:
    return UUID(task.trigger_id), task.scheduled_at.astimezone(UTC), task.key, task.run_id


def _state(row: asyncpg.Record | None) -> FiringState:
    if row is None:
        return FiringState(over=True)
    return FiringState(firing_id=str(row["id"]), over=row["over"])
