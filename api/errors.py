"""Errors with a status and a stable code, and the one place that renders them as problems (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

_log = structlog.get_logger(__name__)
PROBLEM_JSON = "application/problem+json"
MAX_PROBLEMS = 100
Problem = dict[str, Any]


class APIError(Exception):
    """What a client did wrong, or what it must wait for.

    Args:
        detail: What happened and what to do about it.
        errors: One `{path, message, code}` a problem.
        extra: Further members of the problem document.
    """

    status = 400
    code = "BAD_REQUEST"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class Unauthorized(APIError):
    """Nobody is signed in."""

    status = 401
    code = "UNAUTHORIZED"


class Forbidden(APIError):
    """The account may not do this."""

    status = 403
    code = "FORBIDDEN"


class NotFound(APIError):
    """It does not exist, or is somebody else's: the answer is the same."""

    status = 404
    code = "NOT_FOUND"


class Conflict(APIError):
    """The request does not fit the state of the resource."""

    status = 409
    code = "CONFLICT"


class VersionMismatch(Conflict):
    """Somebody else changed it meanwhile; `current_version` is in the problem."""

    code = "VERSION_MISMATCH"


class ValidationFailed(APIError):
    """The request is understood and wrong."""

    status = 422
    code = "VALIDATION_FAILED"


class TooManyRequests(APIError):
    """Try again later; `Retry-After` says when."""

    status = 429
    code = "TOO_MANY_REQUESTS"


class Unavailable(APIError):
    """A server behind this one does not answer."""

    status = 503
    code = "UNAVAILABLE"


def problem(request: Request, error: APIError) -> Response:
    """An error as `application/problem+json`."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": error.errors[:MAX_PROBLEMS],
        "request_id": getattr(request.state, "request_id", None),
        **error.extra,
    }
    # Escaped: a message may quote a lone surrogate, which has no UTF-8.
    text = json.dumps(content, ensure_ascii=True, default=str)
    return Response(text, status_code=error.status, headers=error.headers, media_type=PROBLEM_JSON)


def install(app: FastAPI) -> None:
    """Render every error of the app as a problem."""
    app.add_exception_handler(APIError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StaleDataError, _stale)
    app.add_exception_handler(DBAPIError, _database)
    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PoolTimeout):
        app.add_exception_handler(kind, _away)


async def _own(request: Request, error: Exception) -> Response:
    assert isinstance(error, APIError)  # noqa: S101 - what it is registered for
    return problem(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    errors = [
        {"path": _path(found["loc"]), "message": str(found["msg"]), "code": str(found["type"])}
        for found in error.errors()
    ]
    count = f"{len(errors)} problems" if len(errors) != 1 else "1 problem"
    failed = ValidationFailed(f"the request has {count}; see `errors`", errors=errors)
    return problem(request, failed)


def _path(location: Sequence[Any]) -> str:
    """`body.input.symbols[0]` for `("body", "input", "symbols", 0)`."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else str(part)
    return path


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    found = APIError(str(error.detail), headers=error.headers)
    found.status = error.status_code
    found.code = HTTPStatus(error.status_code).phrase.upper().replace(" ", "_").replace("-", "_")
    return problem(request, found)


async def _stale(request: Request, _error: Exception) -> Response:
    return problem(request, VersionMismatch("it was changed meanwhile; read it again"))


async def _database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101 - what it is registered for
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(error, IntegrityError):
        return problem(request, Conflict("it conflicts with something that exists already"))
    if isinstance(cause, asyncpg.DataError):
        return problem(request, ValidationFailed("a value cannot be stored: text with NUL?"))
    if isinstance(cause, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        _log.error("the database lacks tables or columns", error=str(cause))
        return problem(request, Unavailable("the database is not migrated: `pastetrader migrate`"))
    return await _away(request, error)


async def _away(request: Request, error: Exception) -> Response:
    _log.warning("database does not answer", error=repr(error))
    away = Unavailable("the database does not answer; try again", headers={"Retry-After": "1"})
    return problem(request, away)
