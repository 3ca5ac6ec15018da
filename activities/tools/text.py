"""Texts with `if` and `for`, rendered where time and memory are limited."""

import asyncio
import sys
from collections.abc import Mapping

import orjson

from activities.errors import ExpressionFailed, ResourceLimit
from models.graph.values import Json

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 5
WALL_SECONDS = 15.0


async def render(source: str, scope: Mapping[str, Json], *, field: str) -> str:
    """`source` over `scope`, in a helper process.

    Raises:
        ExpressionFailed: the text is malformed or reads what is missing.
        ResourceLimit: it takes too long or too much memory.
    """
    request = {
        "source": source,
        "scope": scope,
        "field": field,
        "memory_bytes": MEMORY_BYTES,
        "cpu_seconds": CPU_SECONDS,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "activities.tools.text_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            output, _ = await process.communicate(orjson.dumps(request))
    except TimeoutError:
        raise ResourceLimit(f"{field}: the text takes too long to render") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not output:
        raise ResourceLimit(f"{field}: the text takes too long or too much memory to render")
    answer = orjson.loads(output)
    if "error" in answer:
        raise ExpressionFailed(answer["error"], details={"field": answer["field"]})
    text: str = answer["text"]
    return text
