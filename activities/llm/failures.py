"""What goes wrong between us and a provider, in words that repeat no key."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pydantic import ValidationError

from activities.errors import ConnectionFailed, PayloadTooLarge, ToolError, ToolTimeout
from activities.llm.delays import asked_delay
from activities.llm.errors import (
    ModelAuthFailed,
    ModelError,
    ModelOverloaded,
    ModelProtocolError,
    ModelReplyTooLarge,
    ModelRequestRefused,
)
from activities.llm.limits import MAX_ERROR_CHARACTERS
from activities.mcp.wording import one_line
from activities.scrubbing import Scrubber
from models.graph.values import Json

_TRY_AGAIN = frozenset({408, 409, 425, 429})
_NO_QUOTA = frozenset({"insufficient_quota", "billing_error", "billing_not_active"})
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Kinds of errors within a stream, whose status was 200; whatever is not named passes by itself.
_LASTING = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
}
_HINTS = {
    400: "look at the model's name, the parameters and the tools",
    402: "look at the account's billing",
    404: "look at the model's name and the base URL",
    413: "the conversation is too long",
}
Said = tuple[str, frozenset[str]]


class Failures:
    """The failures of one provider, called by `name`."""

    def __init__(self, name: str, api_key: str | None) -> None:
        self._name = name
        self._api_key = api_key

    @contextmanager
    def typed(self) -> Iterator[None]:
        """Name what the transport, and the reading of an answer, stumble over.

        Raises:
            ModelError: in place of it; other errors pass.
        """
        try:
            yield
        except ModelError:
            raise
        except (ConnectionFailed, ToolTimeout) as error:
            raise ModelOverloaded(error.message, details=error.details) from None
        except PayloadTooLarge as error:
            raise ModelReplyTooLarge(error.message) from None
        except (ValidationError, json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise self.malformed("what it sent cannot be read") from None

    @asynccontextmanager
    async def within(self, seconds: float | None) -> AsyncIterator[None]:
        """Give the block so long; raises `ModelOverloaded`."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise ModelOverloaded(f"{self._name} was not done after {seconds:g} seconds") from None

    def malformed(self, what: str) -> ModelProtocolError:
        """The server does not speak the protocol."""
        return ModelProtocolError(
            f"{self._name} does not answer as such a server does: {what}; look at the base URL"
        )

    def cut(self) -> ModelOverloaded:
        """The answer ended before its end."""
        return ModelOverloaded(f"{self._name} broke off in the middle of its answer")

    def of_connection(self, error: Exception) -> ToolError:
        """What a library wrapped into an `error` of its own."""
        if isinstance(error.__cause__, ToolError):
            return error.__cause__
        return ModelOverloaded(f"{self._name} cannot be reached")

    def of_status(self, status: int, headers: Mapping[str, str], body: object) -> ModelError:
        """The failure that an HTTP answer means; `headers` have lower-case names."""
        text, kinds = _said(body)
        if 200 <= status < 300:
            status = next((_LASTING[kind] for kind in kinds if kind in _LASTING), 500)
        details: Json = {"status": status, "kinds": [*sorted(kinds)]}
        if status in {401, 403}:
            # The text may repeat parts of the key, which no scrubber finds.
            return ModelAuthFailed(self._unauthorised(status), details=details)
        told = self._told(text)
        if (status in _TRY_AGAIN or status >= 500) and not kinds & _NO_QUOTA:
            return ModelOverloaded(
                f"{self._name} cannot answer now ({status}){told}",
                details=details,
                retry_after=asked_delay(headers),
            )
        hint = _HINTS[402] if kinds & _NO_QUOTA else _hint(status)
        return ModelRequestRefused(
            f"{self._name} refused the request ({status}){told}; {hint}",
            status=status,
            details=details,
        )

    def _unauthorised(self, status: int) -> str:
        if self._api_key is None:
            return f"{self._name} wants an API key ({status}); give the agent a secret with one"
        return (
            f"{self._name} does not accept the API key ({status}); "
            "look at the secret that holds it, and at what the key may do"
        )

    def _told(self, text: str) -> str:
        secrets = {} if self._api_key is None else {"API key": self._api_key}
        clean = one_line(Scrubber(secrets).text(text), MAX_ERROR_CHARACTERS)
        return f": {clean}" if clean else ""


def _hint(status: int) -> str:
    if 300 <= status < 400:
        return "it redirects elsewhere: set the base URL to the server itself"
    return _HINTS.get(status, _HINTS[400])


def _said(body: object) -> Said:
    """The text of an error, and the names of its kind, wherever servers put them."""
    if not isinstance(body, dict):
        return (body, frozenset()) if isinstance(body, str) else ("", frozenset())
    inner: Any = body.get("error", body)
    if not isinstance(inner, dict):
        return str(inner), frozenset()
    texts = (inner.get(field) for field in ("message", "detail", "error"))
    names = (inner.get(field) for field in ("type", "code"))
    return (
        next((text for text in texts if isinstance(text, str)), ""),
        frozenset(name for name in names if isinstance(name, str) and _NAME.fullmatch(name)),
    )
