"""Opaque cursors: the place after the last row of a page."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from api.errors import APIError

Row = TypeVar("Row")
_MAX_INT = 2**63 - 1


class InvalidCursor(APIError):
    """The cursor is not one that we gave."""

    status = 422
    code = "INVALID_CURSOR"

    def __init__(self) -> None:
        super().__init__(
            "the cursor is not one of ours; start without one",
            errors=[{"path": "query.cursor", "message": "unknown cursor", "code": self.code}],
        )


def encode_cursor(*values: UUID | datetime | str | int | None) -> str:
    """A cursor for a row's sort keys."""
    plain = [
        value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for value in values
    ]
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort keys in a cursor, of these kinds, in this order.

    Raises:
        InvalidCursor: it was altered, or belongs to another list.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(kinds):
            raise InvalidCursor
        return [_as(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, RecursionError, OverflowError):
        raise InvalidCursor from None


def _as(kind: type, value: Any) -> Any:
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= _MAX_INT:
            raise InvalidCursor
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise InvalidCursor
    value.encode()  # a lone surrogate is no text
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise InvalidCursor
        return found
    return value


def cut(
    rows: Sequence[Row], limit: int, cursor_of: Callable[[Row], str]
) -> tuple[list[Row], str | None]:
    """A page of `limit` rows out of one row more, and the cursor of the next."""
    page = list(rows[:limit])
    return page, cursor_of(page[-1]) if len(rows) > limit else None
