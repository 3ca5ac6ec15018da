"""Engines and sessions; the one place that hides soft-deleted rows."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from models.base import SoftDeleteMixin

INCLUDE_DELETED = "include_deleted"


def create_engine(url: str, **options: Any) -> AsyncEngine:
    """Engine for a `postgresql://` URL of any driver; asyncpg is what runs."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    return create_async_engine(parsed, pool_pre_ping=True, **options)


def create_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that keep objects readable after commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def get_db(factory: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """One transaction: committed on success, rolled back on any error."""
    async with factory() as session, session.begin():
        yield session


@event.listens_for(Session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    if state.is_select and not state.execution_options.get(INCLUDE_DELETED, False):
        state.statement = state.statement.options(
            with_loader_criteria(
                SoftDeleteMixin, lambda cls: cls.deleted_at.is_(None), include_aliases=True
            )
        )
