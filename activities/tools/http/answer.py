"""The body of an answer as JSON, as text, or as a file that becomes an artifact."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

from activities.context import ToolContext
from activities.errors import InvalidOutput
from activities.http_body import Allowance, read, save
from models.graph.http import HttpConfig
from models.graph.values import Json, ValueProblem, check_json

_TEXTUAL = re.compile(r"text/|application/(?:xml|javascript|x-ndjson|yaml)|[^;]*\+xml")
_JSON = re.compile(r"application/json|[^;]*\+json")
_LARGE_BYTES = 256 * 1024
_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """A body on the worker's disk, and what its artifact is called."""

    file: Path
    content_type: str
    name: str | None


async def received(
    config: HttpConfig, response: httpx.Response, context: ToolContext
) -> Json | Saved:
    """The body in the form that `response` asks for; what becomes an artifact never is in memory.

    Raises:
        PayloadTooLarge, ConnectionFailed: see `http_body.chunks`.
        InvalidOutput: it is not the JSON that `response: json` asks for.
    """
    kind = response.headers.get("content-type", "").strip().lower()
    wanted = config.response
    if wanted == "auto":
        wanted = "json" if _JSON.match(kind) else "text" if _TEXTUAL.match(kind) else "bytes"
    if wanted == "bytes":
        return await _saved(config, response, kind, context)
    body = await read(response, Allowance(config.max_bytes))
    if not body and config.response == "auto":
        return None
    return await parsed(body) if wanted == "json" else _as_text(body, response.charset_encoding)


async def _saved(
    config: HttpConfig, response: httpx.Response, kind: str, context: ToolContext
) -> Json | Saved:
    file = context.scratch.folder() / "answer"
    size = await save(response, Allowance(config.max_bytes), file)
    if size == 0 and config.response == "auto":
        return None
    name = plain(response.url.path.rpartition("/")[2])[:_NAME_CHARACTERS] or None
    return Saved(file, kind.partition(";")[0] or "application/octet-stream", name)


async def parsed(body: bytes) -> Json:
    """The JSON in `body`; raises `InvalidOutput`."""
    # In a thread: beside a large answer the heartbeats go on.
    return await asyncio.to_thread(_parsed, body) if len(body) > _LARGE_BYTES else _parsed(body)


def _parsed(body: bytes) -> Json:
    try:
        return check_json(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise InvalidOutput(f"the body is not JSON: {error}") from error
    except ValueProblem as problem:
        raise InvalidOutput(f"the body cannot be used: {problem.message}") from problem


def plain(text: str) -> str:
    """Text that JSON and the database can hold."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _as_text(body: bytes, charset: str | None) -> str:
    try:
        return plain(body.decode(charset or "utf-8", "replace"))
    except (LookupError, ValueError):  # no such charset, or one that cannot replace
        return plain(body.decode("utf-8", "replace"))
