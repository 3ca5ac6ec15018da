"""Keeps values small where they travel: their largest parts become references to artifacts."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from models.graph.limits import MAX_INLINE_BYTES
from models.graph.values import Json, encoded_size, is_artifact

JSON_TYPE = "application/json"
Put = Callable[[bytes], Awaitable[Json]]
# A reference takes about a kilobyte itself, its preview included.
_WORTH_BYTES = 4 * 1024


async def by_reference(value: Json, put: Put, limit: int = MAX_INLINE_BYTES) -> Json:
    """`value`, or what stands for it once it is over `limit` bytes.

    Of an object the largest fields become references until the rest is small enough, so that
    expressions still read the others. Anything else becomes one reference as a whole. `put` stores
    JSON and gives its reference.
    """
    if encoded_size(value) <= limit:
        return value
    if isinstance(value, dict) and not is_artifact(value):
        lighter = await _without_large_fields(value, put, limit)
        if encoded_size(lighter) <= limit:
            return lighter
    return await _stored(value, put)


async def _without_large_fields(value: dict[str, Json], put: Put, limit: int) -> dict[str, Json]:
    sizes = {key: encoded_size(item) for key, item in value.items()}
    over = sum(sizes.values()) - limit // 2
    found = dict(value)
    for key in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if over <= 0 or sizes[key] < _WORTH_BYTES:
            break
        if not is_artifact(value[key]):
            found[key] = await _stored(value[key], put)
            over -= sizes[key] - _WORTH_BYTES // 4
    return found


async def _stored(value: Json, put: Put) -> Json:
    return await put(await asyncio.to_thread(orjson.dumps, value))
