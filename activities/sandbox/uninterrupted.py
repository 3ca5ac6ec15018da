"""Work that is finished whatever happens: what it uses may only then be taken away."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

_Result = TypeVar("_Result")


async def uninterrupted(work: Coroutine[None, None, _Result]) -> _Result:
    """Finish `work` even when cancelled meanwhile, and only then pass the cancellation on."""
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    if interruption is not None:
        task.exception()  # whatever it is, the caller is gone
        raise interruption
    return task.result()
