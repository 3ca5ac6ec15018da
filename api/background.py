"""Tasks that live as long as the process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 1.0


async def keep_running(name: str, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `job` again whenever it ends, until cancelled: a dead mirror is not seen until it is missed."""
    while True:
        task = asyncio.create_task(job(), name=name)
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        error = None if task.cancelled() else task.exception()
        _log.error("a background task ended and is started again", task=name, error=repr(error))
        await asyncio.sleep(_PAUSE_SECONDS)
