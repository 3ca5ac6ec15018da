"""Engines and sessions; the one place that hides soft-deleted rows."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from models.base import SoftDeleteMixin

INCLUDE_DELETED = "include_deleted"
_NOT_DELETED = with_loader_criteria(
    SoftDeleteMixin, lambda cls: cls.deleted_at.is_(None), include_aliases=True
)
# Both settings end with the transaction.
_ACT_AS = text("""
    SELECT set_config('pastetrader.user_id', :user_id, true), set_config('role', rolname, true)
    FROM pg_roles WHERE rolname = 'pastetrader_app' AND pg_has_role(current_user, oid, 'MEMBER')
""")


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """Engine for a `postgresql://` URL of any driver; asyncpg is what runs."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(parsed, **options)
    event.listen(engine.sync_engine, "checkout", _refuse_lost)
    return engine


def _refuse_lost(connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection whose server went away knows by its socket; a ping would be a round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def create_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that keep objects readable after commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def single_statements(
    factory: async_sessionmaker[AsyncSession],
) -> async_sessionmaker[AsyncSession]:
    """Sessions of the same engine whose every statement is a transaction of its own.

    Two round trips less than a transaction around one statement.
    """
    engine: AsyncEngine = factory.kw["bind"]
    return create_session_factory(engine.execution_options(isolation_level="AUTOCOMMIT"))


async def get_db(factory: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """One transaction: committed on success, rolled back on any error."""
    async with factory() as session, session.begin():
        yield session


async def act_as(session: AsyncSession, user_id: UUID) -> None:
    """Let the rest of the transaction see this account's rows only, whatever its queries forget.

    Without the role `pastetrader_app` (see `docs/database/models.md`) nothing changes.
    """
    await session.execute(_ACT_AS, {"user_id": str(user_id)})


@event.listens_for(Session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    if state.is_select and not state.execution_options.get(INCLUDE_DELETED, False):
        state.statement = state.statement.options(_NOT_DELETED)
