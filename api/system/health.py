"""Whether this process lives, whether it can work, and its figures."""

import time
from typing import Any

import asyncpg
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

router = APIRouter(tags=["health"])
MAX_SWEEP_AGE_SECONDS = 30.0


class Health(BaseModel):
    """`ok`, or which part is not."""

    status: str
    checks: dict[str, str] = {}


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def readyz(request: Request, response: Response) -> Health:
    """Database, Temporal and mirror work; 503 otherwise."""
    state = request.app.state
    checks = {
        "database": await _database(state.sessions),
        "temporal": "ok" if await state.engine.healthy() else "does not answer",
        "mirror": _mirror(state.mirror.swept_at),
    }
    ready = all(check == "ok" for check in checks.values())
    response.status_code = 200 if ready else 503
    return Health(status="ok" if ready else "not ready", checks=checks)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format."""
    return Response(
        generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST
    )


async def _database(sessions: Any) -> str:
    try:
        async with sessions() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return "does not answer"
    return "ok"


def _mirror(swept_at: float | None) -> str:
    if swept_at is None:
        return "has not looked yet"
    age = time.monotonic() - swept_at
    return "ok" if age < MAX_SWEEP_AGE_SECONDS else f"last looked {age:.0f} s ago"
