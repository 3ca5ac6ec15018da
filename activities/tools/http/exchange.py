"""One request and its answer: built, signed, sent, and judged by its status."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from activities.context import ToolContext
from activities.errors import InvalidInput
from activities.http_client import SAFE_HEADERS, HttpClient, Times
from activities.tools.http.auth import NOBODY, Proof, prove
from activities.tools.http.body import Content
from activities.tools.http.oauth import Tokens
from activities.tools.http.status import judge
from activities.tools.http.url import shown, with_query
from models.graph.http import HttpConfig

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY = "Idempotency-Key"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?")


class Exchange:
    """Sends the requests of one attempt."""

    def __init__(
        self,
        client: HttpClient,
        tokens: Tokens,
        config: HttpConfig,
        context: ToolContext,
        content: Content,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._config = config
        self._context = context
        self._content = content
        self._times = Times(
            config.connect_timeout_seconds,
            config.read_timeout_seconds,
            config.total_timeout_seconds,
        )

    @asynccontextmanager
    async def answer(
        self, url: httpx.URL, *, page: int = 1, trusted: bool = True
    ) -> AsyncIterator[httpx.Response]:
        """A good answer, its body unread; a token that has run out is renewed once.

        `page` counts from 1. Not `trusted` is a URL that another server chose: it gets nothing
        that proves who we are.

        Raises:
            HttpStatusError: the rules name its status.
            AuthenticationFailed, InvalidInput: see `prove`.
            ToolError: see `HttpClient.stream`.
        """
        for renewable in (True, False):
            proof = await prove(self._config.auth, self._tokens) if trusted else NOBODY
            async with self._client.stream(
                self._request(url, page, proof, trusted=trusted),
                follow_redirects=self._config.follow_redirects,
                times=self._times,
            ) as response:
                if renewable and _outdated(proof, response):
                    self._tokens.forget(proof.token)
                    continue
                method, status = response.request.method, response.status_code
                self._context.log(f"{method} {shown(response.url)} answered {status}")
                await judge(self._config, response)
                yield response
                return

    def _request(self, url: httpx.URL, page: int, proof: Proof, *, trusted: bool) -> httpx.Request:
        headers = self._headers(page)
        if not trusted:
            headers = {k: v for k, v in headers.items() if k.lower() in SAFE_HEADERS}
        _check(headers, "config.headers.")
        _check(proof.headers, "config.auth: ")
        request = self._client.build(
            self._config.method,
            with_query(url, proof.query, once=True),
            headers=headers | dict(proof.headers),
            **self._content.given,
        )
        self._content.put_into(request)
        return request

    def _headers(self, page: int) -> dict[str, str]:
        headers = dict(self._config.headers)
        given = {name.lower(): name for name in headers}
        if self._content.content_type is not None and "content-type" not in given:
            headers["Content-Type"] = self._content.content_type
        if self._config.method not in _READS:
            name = given.get(_KEY.lower(), _KEY)
            key = headers.get(name, self._context.idempotency_key)
            # A server that honours the key would give the first page again.
            headers[name] = key if page == 1 else f"{key}:{page}"
        return headers


def _outdated(proof: Proof, response: httpx.Response) -> bool:
    """Whether a kept token was refused by whom it was sent to."""
    asked = "authorization" in response.request.headers
    return proof.token.kept and response.status_code == 401 and asked


def _check(headers: Mapping[str, str], where: str) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise InvalidInput(f"{where}{name!r}: this is no name of a header")
        if not _HEADER_VALUE.fullmatch(value):
            raise InvalidInput(
                f"{where}{name}: a header is one line of ASCII without blanks at its ends"
            )
