"""Brings events to the nodes that wait for them: one statement finds the pairs, signals wake them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.engine import Engine
from api.executions.repository import hint
from api.inbox import Inbox
from api.mirror.statements import EVENT_CHANNEL
from models.event import Event, EventDelivery
from models.execution import WorkflowExecution
from temporal_workflows.contracts import EventArrival, ReceivedEvent, activity_id

# Pairs of which neither is so new were found before, unless a process died; those are looked for
# now and then.
FRESH_SECONDS = 60.0
EVER_SECONDS = 400 * 86_400.0
WHOLE_EVERY_SECONDS = 30.0
MANY = 100
# Per run and what is awaited, the nodes that waited longest take the events that came first. An
# event counts from when its run began, and one place of a run takes it.
MATCH = text("""
    WITH touched AS (
        SELECT n.id FROM node_executions AS n
        WHERE n.status = 'waiting' AND n.node_type = 'event'
            AND n.updated_at >= now() - make_interval(secs => :seconds)
        UNION
        SELECT n.id FROM events AS v JOIN node_executions AS n
            ON n.output ->> 'event' = v.name AND n.output ->> 'key' = v.correlation_key
        WHERE n.status = 'waiting' AND n.node_type = 'event'
            AND v.received_at >= now() - make_interval(secs => :seconds)
        UNION
        SELECT n.id FROM events AS v JOIN node_executions AS n
            ON n.output ->> 'event' = v.name AND n.output ->> 'key' IS NULL
        WHERE n.status = 'waiting' AND n.node_type = 'event'
            AND v.received_at >= now() - make_interval(secs => :seconds)
    ), places AS (
        SELECT n.execution_id, n.node_key, n.path, e.owner_id,
            n.output ->> 'event' AS event, n.output ->> 'key' AS key,
            least(e.created_at, e.started_at) AS since,
            row_number() OVER (
                PARTITION BY n.execution_id, n.output ->> 'event', n.output ->> 'key'
                ORDER BY n.started_at, n.scheduled_event_id
            ) AS number
        FROM touched JOIN node_executions AS n USING (id)
        JOIN workflow_executions AS e ON e.id = n.execution_id
        WHERE n.status = 'waiting' AND (n.output ->> 'until')::timestamptz > clock_timestamp()
            AND NOT EXISTS (
                SELECT FROM event_deliveries AS d WHERE d.execution_id = n.execution_id
                AND d.node_key = n.node_key AND d.path = n.path
            )
    ), groups AS (
        SELECT execution_id, owner_id, since, event, key, max(number) AS wanted
        FROM places GROUP BY execution_id, owner_id, since, event, key
    ), found AS (
        SELECT g.execution_id, g.event, g.key, v.id, v.number
        FROM groups AS g CROSS JOIN LATERAL (
            SELECT v.id, row_number() OVER (ORDER BY v.received_at, v.id) AS number
            FROM events AS v
            WHERE v.owner_id = g.owner_id AND v.name = g.event AND v.correlation_key = g.key
                AND v.received_at >= g.since
                AND (v.execution_id IS NULL OR v.execution_id = g.execution_id)
                AND NOT EXISTS (
                    SELECT FROM event_deliveries AS d
                    WHERE d.event_id = v.id AND d.execution_id = g.execution_id
                )
            ORDER BY v.received_at, v.id LIMIT g.wanted
        ) AS v WHERE g.key IS NOT NULL
        UNION ALL
        SELECT g.execution_id, g.event, g.key, v.id, v.number
        FROM groups AS g CROSS JOIN LATERAL (
            SELECT v.id, row_number() OVER (ORDER BY v.received_at, v.id) AS number
            FROM events AS v
            WHERE v.owner_id = g.owner_id AND v.name = g.event AND v.received_at >= g.since
                AND (v.execution_id IS NULL OR v.execution_id = g.execution_id)
                AND NOT EXISTS (
                    SELECT FROM event_deliveries AS d
                    WHERE d.event_id = v.id AND d.execution_id = g.execution_id
                )
            ORDER BY v.received_at, v.id LIMIT g.wanted
        ) AS v WHERE g.key IS NULL
    )
    INSERT INTO event_deliveries (id, event_id, execution_id, node_key, path)
    SELECT gen_random_uuid(), f.id, p.execution_id, p.node_key, p.path
    FROM places AS p JOIN found AS f ON f.execution_id = p.execution_id AND f.event = p.event
        AND f.key IS NOT DISTINCT FROM p.key AND f.number = p.number
    ON CONFLICT DO NOTHING
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class _Sending:
    delivery_id: UUID
    execution_id: UUID
    temporal_id: str
    arrival: EventArrival


class EventMatching(Inbox):
    """Matches when an event is published or a node begins to wait, and now and then anyway.

    A pair is written once; its signal is sent after that is committed, again until Temporal took
    it. The run ignores what it has already.
    """

    def __init__(
        self, engine: Engine, sessions: async_sessionmaker[AsyncSession], database_url: str
    ) -> None:
        super().__init__(sessions, database_url, EVENT_CHANNEL, self._advance)
        self._engine = engine
        self._whole_at = 0.0

    async def _advance(self, session: AsyncSession) -> int:
        return await self.match(session) or await self.send(session)

    async def match(self, session: AsyncSession) -> int:
        """Write the pairs that are new; how many those are."""
        seconds = FRESH_SECONDS
        if time.monotonic() >= self._whole_at:
            self._whole_at, seconds = time.monotonic() + WHOLE_EVERY_SECONDS, EVER_SECONDS
        found = await session.execute(MATCH, {"seconds": seconds})
        return len(found.all())

    async def send(self, session: AsyncSession) -> int:
        """Wake nodes whose events were not sent yet; how many were.

        Raises:
            EngineUnavailable: Temporal takes none of them now; the next round sends them again.
        """
        waiting = await _unsent(session)
        told = await asyncio.gather(*map(self._deliver, waiting), return_exceptions=True)
        pairs = list(zip(waiting, told, strict=True))
        failed = [error for _, error in pairs if isinstance(error, BaseException)]
        if failed and len(failed) == len(waiting):
            raise failed[0]
        sendings = [each for each, error in pairs if not isinstance(error, BaseException)]
        # A run that has ended meanwhile takes nothing more, so that is settled too.
        await session.execute(
            update(EventDelivery)
            .where(EventDelivery.id.in_([each.delivery_id for each in sendings]))
            .values(sent_at=func.now())
        )
        for execution_id in {each.execution_id for each in sendings}:
            await hint(session, execution_id)
        return len(sendings)

    async def _deliver(self, sending: _Sending) -> None:
        await self._engine.deliver(sending.temporal_id, sending.arrival)


async def _unsent(session: AsyncSession) -> Sequence[_Sending]:
    rows = await session.execute(
        select(EventDelivery, Event, WorkflowExecution.temporal_workflow_id)
        .join(Event, Event.id == EventDelivery.event_id)
        .join(WorkflowExecution, WorkflowExecution.id == EventDelivery.execution_id)
        .where(EventDelivery.sent_at.is_(None))
        .order_by(EventDelivery.created_at)
        .limit(MANY)
        .with_for_update(skip_locked=True, of=EventDelivery)
    )
    return [
        _Sending(
            delivery.id,
            delivery.execution_id,
            temporal_id,
            EventArrival(
                place=activity_id(delivery.node_key, delivery.path), event=_received(event)
            ),
        )
        for delivery, event, temporal_id in rows
    ]


def _received(event: Event) -> ReceivedEvent:
    received_at: datetime = event.received_at
    return ReceivedEvent(
        id=event.event_id,
        event=event.name,
        key=event.correlation_key or None,
        payload=event.payload,
        received_at=received_at,
    )
