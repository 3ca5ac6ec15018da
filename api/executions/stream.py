"""An execution's changes as server-sent events, resumable at any of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi.sse import ServerSentEvent
from sqlalchemy import bindparam, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from api.approvals import repository as approvals
from api.approvals.schemas import ApprovalOut
from api.deltas import RunningTurns
from api.executions.schemas import View
from api.mirror.rows import approval_row_id
from api.sse import ExecutionChannel
from models.enums import ExecutionStatus, NodeType
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution

PAGE = 500
# A notification may get lost with its connection.
LOOK_ANYWAY_SECONDS = 2.0
NO_ID = UUID(int=0)
ALL_LOGS = 10**9
CALL = "call_"  # an agent's calls may wait for people
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ORDER = (NodeExecution.updated_at, NodeExecution.id)
_NODE = aliased(
    NodeExecution,
    select(NodeExecution)
    .where(
        NodeExecution.execution_id == bindparam("id"),
        # The last row again: some of its log lines may not have been sent.
        tuple_(*_ORDER) >= tuple_(bindparam("moment"), bindparam("row")),
    )
    .order_by(*_ORDER)
    .limit(PAGE)
    .subquery(),
)
# One snapshot: rows of a later commit must not come before those of an earlier one.
_CHANGED = (
    select(
        WorkflowExecution.status,
        WorkflowExecution.workflow_version,
        WorkflowExecution.temporal_workflow_id.label("temporal_id"),
        _NODE,
    )
    .outerjoin(_NODE, true())
    .where(WorkflowExecution.id == bindparam("id"))
    .order_by(_NODE.updated_at, _NODE.id)
)
_LINES = (
    select(ExecutionLog)
    .where(
        ExecutionLog.execution_id == bindparam("id"),
        ExecutionLog.node_execution_id.in_(bindparam("rows", expanding=True)),
    )
    .order_by(ExecutionLog.seq)
)

_ENDED = select(func.max(NodeExecution.attempt)).where(
    NodeExecution.execution_id == bindparam("id"),
    NodeExecution.node_key == bindparam("node_key"),
    NodeExecution.ended_at.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Position:
    """After the last event that a client has: (moment, row, log line), and the run's state then.

    Every commit of the mirror gives the rows it changes one moment, later than any before it in
    the same execution, so this order is the order of change. The state is what is told of the run
    itself while it goes on: its status, and the version of its graph.
    """

    moment: datetime = EPOCH
    row_id: UUID = NO_ID
    seq: int = ALL_LOGS
    state: str = ""

    def __str__(self) -> str:
        """As the id of an event."""
        micros = (self.moment - EPOCH) // timedelta(microseconds=1)
        return f"{micros}.{self.row_id.hex}.{self.seq}.{self.state}"

    @classmethod
    def parse(cls, value: str | None) -> "Position":
        """From `Last-Event-ID`; the beginning when it is none of ours."""
        try:
            micros, row_id, seq, state = (value or "").split(".")
            moment = EPOCH + timedelta(microseconds=int(micros))
            return cls(moment, UUID(hex=row_id), int(seq), state)
        except (ValueError, OverflowError):
            return cls()


class ExecutionStream:
    """Follows one execution that its reader may see."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        channel: ExecutionChannel,
        turns: RunningTurns,
        view: View,
    ) -> None:
        self._sessions = sessions
        self._channel = channel
        self._turns = turns
        self._view = view

    async def events(self, execution_id: UUID, after: Position) -> AsyncIterator[ServerSentEvent]:
        """`execution`, `node`, `approval` and `log` events as they are committed, then `end`.

        Between them `delta` events, as they are said: these have no id, for nobody keeps them.
        """
        position = after
        with (
            self._channel.subscribe(execution_id) as wake,
            self._turns.follow(execution_id) as speech,
        ):
            await self._forget_finished(execution_id)
            while True:
                wake.clear()
                events, position, ended = await self._news(execution_id, position)
                for event in events:
                    yield event
                if ended:
                    return
                look_at = time.monotonic() + LOOK_ANYWAY_SECONDS
                while not (events or wake.is_set()) and (left := look_at - time.monotonic()) > 0:
                    for delta in speech.take():
                        data = delta.model_dump_json(exclude={"execution_id"})
                        yield ServerSentEvent(event="delta", raw_data=data)
                    await _first((wake, speech.news), left)

    async def _forget_finished(self, execution_id: UUID) -> None:
        """The row of a turn that was told to somebody before is not told again to say so."""
        turn = self._turns.running(execution_id)
        if turn is not None:
            given = {"id": execution_id, "node_key": turn.node_key}
            async with self._sessions() as session:
                attempt = await session.scalar(_ENDED, given)
            if attempt is not None:
                self._turns.finished(execution_id, turn.node_key, attempt)

    async def _news(
        self, execution_id: UUID, position: Position
    ) -> tuple[list[ServerSentEvent], Position, bool]:
        async with self._sessions() as session:
            given = {"id": execution_id, "moment": position.moment, "row": position.row_id}
            found = (await session.execute(_CHANGED, given)).all()
            status, temporal_id, more = found[0].status, found[0].temporal_id, len(found) == PAGE
            state = _state(found[0])
            done = position.seq >= ALL_LOGS
            rows: list[NodeExecution | None] = [row for *_, row in found]
            nodes = [row for row in rows if row and not (done and _at(row, position))]
            logs = await self._logs(session, execution_id, nodes)
            asked = await self._asked(session, nodes, position)
            execution = None
            if state != position.state and not more:
                execution = await session.get_one(WorkflowExecution, execution_id)
        ended = ExecutionStatus(status).is_terminal
        events: list[ServerSentEvent] = []
        if execution is not None and _state(execution) != state:
            # It moved again between the two reads; that is told when its rows are.
            execution = None
        if execution is not None and position.state == "" and not ended:
            position = replace(position, state=state)
            events.append(self._execution(execution, position))
        for row in nodes:
            if row.ended_at is not None:
                self._turns.finished(execution_id, row.node_key, row.attempt)
            if row.id in asked:
                # Without an id: it comes again with its row until that was sent, too.
                events.append(ServerSentEvent(event="approval", data=asked[row.id]))
            new, position = self._node(temporal_id, row, logs.get(row.id, ()), position)
            events += new
        if more:
            return events, position, False
        if execution is not None and position.state != state:
            position = replace(position, state=state)
            events.append(self._execution(execution, position))
        if ended:
            data = {"id": str(execution_id), "status": status}
            events.append(ServerSentEvent(event="end", id=str(position), data=data))
        return events, position, ended

    async def _logs(
        self, session: AsyncSession, execution_id: UUID, nodes: Sequence[NodeExecution]
    ) -> dict[UUID, list[ExecutionLog]]:
        found: dict[UUID, list[ExecutionLog]] = {}
        if nodes:
            given = {"id": execution_id, "rows": [row.id for row in nodes]}
            for line in await session.scalars(_LINES, given):
                if line.node_execution_id is not None:
                    found.setdefault(line.node_execution_id, []).append(line)
        return found

    async def _asked(
        self, session: AsyncSession, nodes: Sequence[NodeExecution], position: Position
    ) -> dict[UUID, ApprovalOut]:
        """Approvals that changed since then, by the rows of what waits, which changed with them."""
        calls = {approval_row_id(row.id): row.id for row in nodes if _asks(row)}
        if not calls:
            return {}
        sent = (position.moment, position.row_id) if position.seq >= ALL_LOGS else (EPOCH, NO_ID)
        found = await approvals.changed_since(session, calls, position.moment)
        return {calls[it.id]: it for moment, it in found if (moment, calls[it.id]) > sent}

    def _execution(self, row: WorkflowExecution, position: Position) -> ServerSentEvent:
        shown = self._view.execution(row, brief=True)
        return ServerSentEvent(event="execution", id=str(position), data=shown)

    def _node(
        self,
        temporal_id: str,
        row: NodeExecution,
        lines: Sequence[ExecutionLog],
        position: Position,
    ) -> tuple[list[ServerSentEvent], Position]:
        sent = position.seq if _at(row, position) else -1
        events = []
        for line in lines:
            if line.seq > sent:
                position = replace(position, moment=row.updated_at, row_id=row.id, seq=line.seq)
                shown = self._view.log(line)
                events.append(ServerSentEvent(event="log", id=str(position), data=shown))
        position = replace(position, moment=row.updated_at, row_id=row.id, seq=ALL_LOGS)
        node = self._view.node(row, temporal_id, brief=True)
        events.append(ServerSentEvent(event="node", id=str(position), data=node))
        return events, position


def _state(found: Any) -> str:
    return f"{found.status}-{found.workflow_version}"


def _asks(row: NodeExecution) -> bool:
    """Whether it may wait for people."""
    return row.node_type == NodeType.APPROVAL or row.node_key.startswith(CALL)


def _at(row: NodeExecution, position: Position) -> bool:
    return (row.updated_at, row.id) == (position.moment, position.row_id)


async def _first(events: Iterable[asyncio.Event], seconds: float) -> None:
    """Wait for any of them, but no longer than `seconds`."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
