"""Whoever waits for runs to end is told of each once, whatever dies in between."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.inbox import Inbox
from api.mirror.statements import EXECUTION_CHANNEL
from models.execution import WorkflowExecution

MANY = 100
Told = Callable[[AsyncSession, WorkflowExecution], Awaitable[None]]


class Ends(Inbox):
    """Tells `listeners` of each ended run, in the transaction that notes it was told.

    A listener may be called again with the same run when the transaction fails, so what it writes
    is in that session, and what it does outside of it may be done twice.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        database_url: str,
        listeners: Sequence[Told],
    ) -> None:
        super().__init__(sessions, database_url, EXECUTION_CHANNEL, self._tell)
        self._listeners = listeners

    async def _tell(self, session: AsyncSession) -> int:
        found = await session.scalars(
            select(WorkflowExecution)
            .where(
                WorkflowExecution.ended_at.is_not(None), WorkflowExecution.announced_at.is_(None)
            )
            .order_by(WorkflowExecution.ended_at)
            .limit(MANY)
            .with_for_update(skip_locked=True, of=WorkflowExecution)
        )
        executions = found.all()
        for execution in executions:
            for told in self._listeners:
                await told(session, execution)
        # Whoever watches a run need not be told of it again, so its change stays what it was.
        times = {"announced_at": func.now(), "updated_at": WorkflowExecution.updated_at}
        ids = [execution.id for execution in executions]
        await session.execute(
            update(WorkflowExecution).where(WorkflowExecution.id.in_(ids)).values(times)
        )
        return len(executions)
