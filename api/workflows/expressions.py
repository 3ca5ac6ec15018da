"""Trying expressions out while they are written."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import SessionDep, UserDep
from api.errors import ValidationFailed
from api.schemas import Closed, StoredJson
from models.graph.expression import ROOTS, ExpressionError, render_value
from models.graph.limits import MAX_INTERPOLATIONS
from models.graph.values import Json

router = APIRouter(prefix="/expressions", tags=["expressions"])
# Secrets stay references until an activity resolves them; `event` is what triggers' templates read.
_ROOTS = [*(root for root in ROOTS if root != "secrets"), "event"]
Root = Annotated[str, Field(pattern=f"^({'|'.join(_ROOTS)})$")]
# Of their own, so that signing in never waits for somebody's expressions.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="expressions")


class EvaluateRequest(Closed):
    """A template of any JSON shape, and what its names stand for."""

    template: StoredJson
    scope: dict[Root, StoredJson] = Field(default_factory=dict)


class Evaluated(BaseModel):
    """Either the `value`, or the `error` that a run would report."""

    ok: bool
    value: Json = None
    error: str | None = None


@router.post("/evaluate")
async def evaluate(body: EvaluateRequest, user: UserDep, session: SessionDep) -> Evaluated:
    """What a template gives on this data, by the engine that runs use."""
    if _interpolations(body.template) > MAX_INTERPOLATIONS:
        raise ValidationFailed(
            f"template: holds more than {MAX_INTERPOLATIONS} expressions; try them in parts"
        )
    await session.close()  # evaluating needs no connection
    loop = asyncio.get_running_loop()
    try:
        value = await loop.run_in_executor(_threads, render_value, body.template, body.scope)
    except ExpressionError as error:
        return Evaluated(ok=False, error=error.message)
    return Evaluated(ok=True, value=value)


def _interpolations(template: Json) -> int:
    if isinstance(template, str):
        return template.count("{{")
    if isinstance(template, dict):
        return sum(map(_interpolations, template.values()))
    return sum(map(_interpolations, template)) if isinstance(template, list) else 0
