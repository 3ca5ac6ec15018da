"""Trying expressions out while they are written."""

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import UserDep
from api.schemas import Closed, StoredJson
from models.graph.expression import ROOTS, ExpressionError, render_value
from models.graph.values import Json

router = APIRouter(prefix="/expressions", tags=["expressions"])
# Secrets stay references until an activity resolves them.
Root = Annotated[str, Field(pattern=f"^({'|'.join(set(ROOTS) - {'secrets'})})$")]


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
async def evaluate(body: EvaluateRequest, user: UserDep) -> Evaluated:
    """What a template gives on this data, by the engine that runs use."""
    try:
        value = await asyncio.to_thread(render_value, body.template, body.scope)
    except ExpressionError as error:
        return Evaluated(ok=False, error=error.message)
    return Evaluated(ok=True, value=value)
