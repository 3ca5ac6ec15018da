"""Where a page of runs, node attempts or log lines goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.pagination import cut, decode_cursor, encode_cursor
from models.execution import WorkflowExecution

Row = TypeVar("Row")
# What has not begun or ended sorts after everything that has.
_NEVER = datetime.max.replace(tzinfo=UTC)


class Place(Protocol):
    """A place that has a cursor."""

    def cursor(self) -> str:
        """The cursor of this place."""
        ...


@dataclass(frozen=True, slots=True)
class NodePlace:
    """After one node attempt."""

    id: UUID

    @classmethod
    def parse(cls, cursor: str | None) -> "NodePlace | None":
        """The place of a cursor; raises `InvalidCursor`."""
        return cls(*decode_cursor(cursor, UUID)) if cursor else None

    def cursor(self) -> str:
        """The cursor of this place."""
        return encode_cursor(self.id)


@dataclass(frozen=True, slots=True)
class LogPlace:
    """After one log line."""

    timestamp: datetime
    id: UUID

    @classmethod
    def parse(cls, cursor: str | None) -> "LogPlace | None":
        """The place of a cursor; raises `InvalidCursor`."""
        return cls(*decode_cursor(cursor, datetime, UUID)) if cursor else None

    def cursor(self) -> str:
        """The cursor of this place."""
        return encode_cursor(self.timestamp, self.id)


def next_place(rows: Sequence[Row], limit: int, place: Callable[[Row], Place]) -> str | None:
    """The cursor after `limit` of these rows, None when there are no more."""
    return cut(rows, limit, lambda row: place(row).cursor())[1]


async def executions_page(
    session: AsyncSession,
    statement: Select[WorkflowExecution],
    *,
    sort: str,
    limit: int,
    cursor: str | None,
) -> tuple[list[WorkflowExecution], str | None]:
    """A page of runs by one of their times, then id; `-` in front of `sort` turns the order.

    Raises:
        InvalidCursor: the cursor is of another sort, or altered.
    """
    name = sort.removeprefix("-")
    column = getattr(WorkflowExecution, name)
    key: Any = column if name == "created_at" else func.coalesce(column, _NEVER)
    order = (key, WorkflowExecution.id)
    if cursor:
        given, *place = decode_cursor(cursor, str, datetime, UUID)
        if given != sort:
            decode_cursor("", str)
        after = tuple_(*order) < tuple_(*place)
        statement = statement.where(after if sort != name else tuple_(*order) > tuple_(*place))
    turned = [part.desc() if sort != name else part.asc() for part in order]
    rows = list(await session.scalars(statement.order_by(*turned).limit(limit + 1)))
    return cut(rows, limit, lambda row: encode_cursor(sort, getattr(row, name) or _NEVER, row.id))
