"""The HTTP tool: one request through the guarded client."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from activities.context import ToolContext
from activities.errors import HttpStatusError, InvalidInput, InvalidOutput
from activities.http_client import HttpClient
from models.graph.http import HttpConfig
from models.graph.values import Json, ValueProblem, check_json

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_RETRYABLE = frozenset({408, 425, 429})
_TEXTUAL = re.compile(r"text/|application/(?:xml|javascript|x-ndjson|yaml)|[^;]*\+xml")
_JSON = re.compile(r"application/json|[^;]*\+json")
_EXCERPT = 2_000


class HttpTool:
    """Runs one attempt; holds the worker's client."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def __call__(
        self, config: HttpConfig, inputs: dict[str, Json], context: ToolContext
    ) -> Json:
        """`{status, headers, body}`; a body that is no text becomes an artifact.

        Raises:
            InvalidInput: URL or headers cannot be sent.
            AddressBlocked, ConnectionFailed, PayloadTooLarge: see `HttpClient.send`.
            HttpStatusError: the status is 400 or more and `fail_on_status` is set.
            InvalidOutput: the body is not the JSON that `response: json` asks for.
        """
        request = self._client.build(
            config.method,
            config.url,
            params=_query(config.query) or None,
            headers=_headers(config, context),
            **_content(config),
        )
        response, body = await self._client.send(
            request, follow_redirects=config.follow_redirects, max_bytes=config.max_bytes
        )
        context.log(f"{config.method} {_shown(response.url)} answered {response.status_code}")
        if config.fail_on_status and response.status_code >= 400:
            raise _status_error(response, body)
        return {
            "status": response.status_code,
            "headers": {name: _plain(value) for name, value in response.headers.items()},
            "body": await _decoded(config, response, body, context),
        }


def _headers(config: HttpConfig, context: ToolContext) -> dict[str, str]:
    headers = dict(config.headers)
    known = {name.lower() for name in headers}
    if config.method not in _SAFE and "idempotency-key" not in known:
        headers["Idempotency-Key"] = context.idempotency_key
    for name, value in headers.items():
        if any(char in name + value for char in "\r\n\x00"):
            raise InvalidInput(f"config.headers.{name!r}: a header holds no line breaks")
    return headers


def _query(query: dict[str, Json]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = value if isinstance(value, list) else [value]
        pairs += [(name, _text(each)) for each in values if each is not None]
    return pairs


def _text(value: Json) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _content(config: HttpConfig) -> dict[str, Any]:
    if config.json_body is not None:
        return {"json": config.json_body}
    if config.form is not None:
        return {"data": config.form}
    return {"content": config.body.encode()} if config.body is not None else {}


async def _decoded(
    config: HttpConfig, response: httpx.Response, body: bytes, context: ToolContext
) -> Json:
    kind = response.headers.get("content-type", "").strip().lower()
    wanted = config.response
    if wanted == "auto":
        wanted = "json" if _JSON.match(kind) else "text" if _TEXTUAL.match(kind) else "bytes"
        if not body:
            return None
    if wanted == "json":
        return _parsed(body)
    if wanted == "text":
        return _plain(_as_text(body, response.charset_encoding or "utf-8"))
    name = response.url.path.rpartition("/")[2] or None
    plain_kind = kind.partition(";")[0] or "application/octet-stream"
    return await context.artifacts.put(
        context.execution_id, body, content_type=plain_kind, name=name
    )


def _as_text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # no such charset, or one that cannot replace
        return body.decode("utf-8", "replace")


def _parsed(body: bytes) -> Json:
    try:
        return check_json(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise InvalidOutput(f"the body is not JSON: {error}") from error
    except ValueProblem as problem:
        raise InvalidOutput(f"the body cannot be used: {problem.message}") from problem


def _status_error(response: httpx.Response, body: bytes) -> HttpStatusError:
    status = response.status_code
    return HttpStatusError(
        f"{_shown(response.url)} answered {status} {response.reason_phrase}",
        retryable=status >= 500 or status in _RETRYABLE,
        details={"status": status, "body": _plain(body[:_EXCERPT].decode(errors="replace"))},
        retry_after=_retry_after(response.headers.get("retry-after")),
    )


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number or an HTTP date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)


def _shown(url: httpx.URL) -> str:
    """Without the query, which may hold what no log should."""
    return str(url.copy_with(query=None, fragment=None))


def _plain(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
