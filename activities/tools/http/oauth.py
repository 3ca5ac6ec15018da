"""OAuth 2 client credentials (RFC 6749, 4.4): tokens, kept as long as they are good."""

import asyncio
import base64
import hashlib
import math
import re
import time
from dataclasses import dataclass, field
from urllib.parse import quote_plus

import httpx
import orjson

from activities.errors import AuthenticationFailed, HttpStatusError
from activities.http_client import HttpClient, Times, parse_url
from activities.tools.http.status import retry_after
from models.graph.http import OAuth2Auth

EARLY_SECONDS = 30
MAX_TOKENS = 1_000
_FIELD = "config.auth.token_url"
_UNSAID_SECONDS = 300
_LONGEST_SECONDS = 86_400
_TIMES = Times(connect=10, read=30, total=30)
_MAX_BYTES = 256 * 1024
_RETRYABLE = frozenset({408, 425, 429})
_TOKEN = re.compile(r"[\x21-\x7e]+")
# The codes of RFC 6749, 5.2; anything else that a server writes may repeat what it got.
_CODES = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
Key = tuple[str, str, str, tuple[str, ...], str | None, str]


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `kept` when it was not got for this request."""

    value: str = field(repr=False)
    key: Key | None = field(default=None, repr=False)
    kept: bool = False


NO_TOKEN = Token("")


@dataclass(frozen=True, slots=True)
class _Kept:
    value: str = field(repr=False)
    until: float


class Tokens:
    """The tokens of one worker; callers that need the same one share one request for it."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._kept: dict[Key, _Kept] = {}
        self._coming: dict[Key, asyncio.Task[_Kept]] = {}

    async def get(self, auth: OAuth2Auth) -> Token:
        """A token that is good for some time.

        Raises:
            AuthenticationFailed: the endpoint refuses, or gives no bearer token.
            HttpStatusError: it is overloaded or broken; retryable.
            ToolError: it cannot be reached, see `HttpClient.stream`.
        """
        key = _key(auth)
        kept = self._kept.get(key)
        if kept is not None and kept.until > time.monotonic():
            return Token(kept.value, key, kept=True)
        coming = self._coming.get(key)
        if coming is None:
            coming = self._coming[key] = asyncio.create_task(self._fetch(auth))
            coming.add_done_callback(lambda done: self._arrived(key, done))
        # One caller that gives up must not take the token from the others.
        return Token((await asyncio.shield(coming)).value, key)

    def forget(self, token: Token) -> None:
        """A kept token was refused: the next caller gets a new one."""
        if token.key is not None:
            kept = self._kept.get(token.key)
            if kept is not None and kept.value == token.value:
                del self._kept[token.key]

    def _arrived(self, key: Key, done: "asyncio.Task[_Kept]") -> None:
        del self._coming[key]
        if done.cancelled() or done.exception() is not None:
            return
        now = time.monotonic()
        if len(self._kept) >= MAX_TOKENS:
            self._kept = {k: each for k, each in self._kept.items() if each.until > now}
        if len(self._kept) >= MAX_TOKENS:
            del self._kept[next(iter(self._kept))]
        if done.result().until > now:
            self._kept[key] = done.result()

    async def _fetch(self, auth: OAuth2Auth) -> _Kept:
        url = parse_url(auth.token_url, field=_FIELD)
        form = {"grant_type": "client_credentials"}
        headers = {"Accept": "application/json"}
        if auth.scopes:
            form["scope"] = " ".join(auth.scopes)
        if auth.audience is not None:
            form["audience"] = auth.audience
        if auth.client_auth == "body":
            form |= {"client_id": auth.client_id, "client_secret": auth.client_secret}
        else:
            headers["Authorization"] = _basic(auth)
        request = self._client.build("POST", url, data=form, headers=headers)
        # A redirect would carry the secret to wherever it leads.
        response, body = await self._client.send(
            request, follow_redirects=False, max_bytes=_MAX_BYTES, times=_TIMES
        )
        return _read(response, body)


def basic(username: str, password: str) -> str:
    """The value of an `Authorization` header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _basic(auth: OAuth2Auth) -> str:
    # The standard wants both encoded as in a form first (RFC 6749, 2.3.1).
    return basic(quote_plus(auth.client_id), quote_plus(auth.client_secret))


def _key(auth: OAuth2Auth) -> Key:
    secret = hashlib.sha256(auth.client_secret.encode()).hexdigest()
    scopes = tuple(auth.scopes)
    return auth.token_url, auth.client_id, secret, scopes, auth.audience, auth.client_auth


def _read(response: httpx.Response, body: bytes) -> _Kept:
    """The token in the endpoint's answer; errors repeat nothing that it may have got from us."""
    host, status = response.url.host, response.status_code
    if status >= 500 or status in _RETRYABLE:
        raise HttpStatusError(
            f"{_FIELD}: {host} answered {status}",
            retryable=True,
            details={"status": status},
            retry_after=retry_after(response),
        )
    answer = _object(body)
    if status != 200:
        code = answer.get("error")
        why = code if isinstance(code, str) and code in _CODES else f"status {status}"
        raise AuthenticationFailed(
            f"{_FIELD}: {host} gives no token: {why}; check the client's id, secret and scopes",
            details={"status": status},
        )
    value, kind = answer.get("access_token"), answer.get("token_type", "bearer")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise AuthenticationFailed(f"{_FIELD}: the answer of {host} holds no `access_token`")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise AuthenticationFailed(f"{_FIELD}: the token of {host} is no bearer token")
    return _Kept(value, time.monotonic() + _life(answer.get("expires_in")))


def _object(body: bytes) -> dict[str, object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _life(expires_in: object) -> float:
    """Seconds for which a token is kept; some servers write the number as a text."""
    try:
        seconds = float(expires_in) if isinstance(expires_in, int | float | str) else math.nan
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        return _UNSAID_SECONDS
    return min(seconds, _LONGEST_SECONDS) - EARLY_SECONDS
