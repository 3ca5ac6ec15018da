"""What every request passes: an id, a bound on its size, a log line, a figure."""

import re
import time
from collections.abc import Mapping, MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import APIError, problem
from api.system.metrics import Metrics

_log = structlog.get_logger("api.request")
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_TOKEN = re.compile(r"(/approval-links/).+")  # whoever reads it could decide
_MAX_DIGITS = 20  # more are no size of anything, and Python reads 4,300 at most
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class BodyTooLarge(APIError):
    """The request's body is over the limit."""

    status = 413
    code = "BODY_TOO_LARGE"


class Edge:
    """The outermost layer, in plain ASGI, so that streams stream."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        metrics: Metrics,
        larger_bodies: Mapping[str, int] | None = None,
    ) -> None:
        """`larger_bodies` are the limits of paths that take more than `max_body_bytes`."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger_bodies = larger_bodies or {}
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(scope)
        began = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                taken = {name.lower() for name, _ in message["headers"]}
                extra = [header for header in _HEADERS if header[0] not in taken]
                identity = (b"x-request-id", request_id.encode())
                message["headers"] = [*message["headers"], *extra, identity]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._serve(scope, receive, answer)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = max(self._max_body_bytes, self._larger_bodies.get(scope["path"], 0))
        announced = next((v for n, v in scope["headers"] if n == b"content-length"), b"0")
        if announced.isdigit() and int(announced[:_MAX_DIGITS]) > limit:
            await problem(Request(scope), _too_large(limit))(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, bounded, send)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if scope["path"] not in _QUIET:
            _log.info(
                "request",
                method=scope["method"],
                path=_TOKEN.sub(r"\1…", scope["path"]),
                status=status,
                ms=round(seconds * 1000, 1),
            )


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is over {limit} bytes; pass large values by reference")


def _request_id(scope: Scope) -> str:
    """The client's own id if it is a plain one, else a new one."""
    given = next((v for n, v in scope["headers"] if n == b"x-request-id"), b"")
    text = given.decode("latin-1")
    return text if _ID.fullmatch(text) else uuid4().hex
