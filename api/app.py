"""The composition root of the API process."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute

from api import errors, logs
from api.agents.chat import router as chat_router
from api.agents.router import models_router, router as agents_router
from api.approvals.router import links_router, router as approvals_router
from api.artifacts.retention import Retention
from api.artifacts.router import router as artifacts_router
from api.auth.router import router as auth_router
from api.auth.throttle import LoginThrottle
from api.background import keep_running
from api.codec.router import router as codec_router
from api.deltas import RunningTurns
from api.deps import get_principal
from api.designer import Designer
from api.drafts.router import (
    MAX_BODY_BYTES as MAX_DRAFT_BYTES,
    PATH as DRAFT_PATH,
    router as drafts_router,
)
from api.drafts.text import PdfReader
from api.engine import Engine
from api.events.finished import publish_end
from api.events.matching import EventMatching
from api.events.router import router as events_router
from api.executions.ends import Ends, Told
from api.executions.retention import RunRetention
from api.executions.router import router as executions_router
from api.executions.schemas import View
from api.hooks.router import PATH as HOOK_PATH, router as hooks_router
from api.mcp.operator import OperatorServers
from api.mcp.router import router as mcp_router
from api.middleware import Edge
from api.mirror.feed import Mirror
from api.notifications.letters import Letters
from api.notifications.listener import Asked, tell_of_end
from api.notifications.outbox import Outbox
from api.notifications.router import router as notifications_router
from api.retention import RowRetention
from api.secrets.router import router as secrets_router
from api.settings import Settings
from api.sse import ExecutionChannel
from api.system.health import router as health_router
from api.system.metrics import Metrics
from api.system.router import router as system_router
from api.tools.router import router as tools_router
from api.triggers.firings import Agreement, Firings, TellsSchedules
from api.triggers.router import router as triggers_router
from api.users.router import router as users_router
from api.workflows.catalog import router as catalog_router
from api.workflows.expressions import router as expressions_router
from api.workflows.gallery import router as gallery_router
from api.workflows.router import router as workflows_router
from models.artifacts import ArtifactFiles
from models.prices import price_table
from models.session import create_engine, create_session_factory

PREFIX = "/api/v1"
_DOCS = Path(__file__).with_name("docs.html")
# The whole list of routes that anybody may call; each has a reason to be here.
PUBLIC = frozenset(
    {
        "/healthz",  # asked by supervisors
        "/readyz",
        "/metrics",  # asked by Prometheus; holds figures only
        "/docs",
        f"{PREFIX}/openapi.json",
        f"{PREFIX}/auth/setup",  # makes the first account, once
        f"{PREFIX}/auth/login",
        f"{PREFIX}/auth/refresh",  # proven by its cookie
        f"{PREFIX}/auth/logout",
        f"{PREFIX}/approval-links/{{token}}",  # proven by its token, which decides once
        f"{PREFIX}/codec/decode",  # proven by token, key, or a cookie of Temporal Web's browser
        f"{PREFIX}/codec/encode",
        PREFIX + HOOK_PATH,  # proven by its signature, as its trigger says
    }
)
POOL_SIZE = 20


class UnprotectedRoute(RuntimeError):
    """A route needs no account and is not on the public list."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; `settings` None reads the environment.

    Raises:
        UnprotectedRoute: a route was added without protection.
    """
    chosen = settings or Settings()
    logs.configure()
    app = FastAPI(
        title="PasteTrader",
        version=version("pastetrader"),
        summary="Durable workflows and agents on Temporal.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    _assemble(app, chosen)
    errors.install(app)
    _include(app)
    _refuse_unprotected(app)
    app.add_middleware(
        Edge,
        max_body_bytes=chosen.max_body_bytes,
        metrics=app.state.metrics,
        larger_bodies={PREFIX + DRAFT_PATH: MAX_DRAFT_BYTES},
    )
    return app


def _assemble(app: FastAPI, settings: Settings) -> None:
    state = app.state
    state.settings = settings
    state.database = create_engine(
        settings.database_url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE
    )
    state.sessions = create_session_factory(state.database)
    state.engine = Engine(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        payload_keys=settings.keys if settings.encrypt_payloads else None,
    )
    state.mirror = Mirror(state.engine, state.sessions, settings.database_url)
    state.events = EventMatching(state.engine, state.sessions, settings.database_url)
    state.row_retention = RowRetention(state.sessions)
    told: list[Told] = [publish_end, tell_of_end, TellsSchedules(state.engine)]
    state.ends = Ends(state.sessions, settings.database_url, told)
    state.asked = Asked(state.sessions, settings.database_url)
    letters = Letters(settings.keys, settings.public_url)
    state.outbox = Outbox(state.sessions, settings.database_url, state.engine, letters)
    state.view = View(settings.temporal_ui, settings.temporal_namespace)
    state.channel = ExecutionChannel(settings.database_url)
    state.turns = RunningTurns(settings.database_url)
    state.artifacts = ArtifactFiles.from_url(settings.artifacts)
    state.agreement = Agreement(state.sessions, settings.database_url, state.engine)
    state.firings = Firings(state.sessions, settings.database_url, state.engine, state.artifacts)
    state.retention = Retention(state.artifacts, state.sessions, settings.keep_artifacts_days)
    state.run_retention = RunRetention(state.sessions, settings.keep_executions_days)
    state.operator_servers = OperatorServers(state.sessions, settings.mcp_servers)
    state.pdfs = PdfReader()
    state.prices = price_table(settings.model_prices)
    state.throttle = LoginThrottle()
    state.metrics = Metrics(lambda: state.mirror.swept_at)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    jobs = {
        "mirror": app.state.mirror.run,
        "channel": app.state.channel.run,
        "turns": app.state.turns.run,
        "retention": app.state.retention.run,
        "retention of runs": app.state.run_retention.run,
        "events": app.state.events.run,
        "retention of rows": app.state.row_retention.run,
        "ends": app.state.ends.run,
        "agreement": app.state.agreement.run,
        "firings": app.state.firings.run,
        "asked": app.state.asked.run,
        "outbox": app.state.outbox.run,
        "operator's MCP servers": app.state.operator_servers.run,
    }
    tasks = [asyncio.create_task(keep_running(name, job)) for name, job in jobs.items()]
    gc.freeze()  # what is loaded by now stays, so collections need not walk it
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.state.database.dispose()


def _include(app: FastAPI) -> None:
    api = APIRouter(prefix=PREFIX)
    for router in (
        auth_router,
        users_router,
        drafts_router,
        workflows_router,
        catalog_router,
        expressions_router,
        gallery_router,
        executions_router,
        approvals_router,
        links_router,
        notifications_router,
        events_router,
        hooks_router,
        triggers_router,
        tools_router,
        agents_router,
        models_router,
        secrets_router,
        mcp_router,
        chat_router,
        codec_router,
        artifacts_router,
        system_router,
    ):
        api.include_router(router)
    app.include_router(api)
    app.include_router(health_router)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    # Not a mount: that would take paths whose method is wrong before their route says so.
    app.router.default = Designer(app.state.settings.designer, app.router.default)


async def _docs() -> FileResponse:
    return FileResponse(_DOCS, media_type="text/html")


def _refuse_unprotected(app: FastAPI) -> None:
    for route in app.routes:
        guarded = not isinstance(route, APIRoute) or _needs_account(route.dependant)
        if isinstance(route, APIRoute) and not guarded and route.path not in PUBLIC:
            raise UnprotectedRoute(f"{route.methods} {route.path} needs no account")


def _needs_account(dependant: Dependant) -> bool:
    return dependant.call is get_principal or any(map(_needs_account, dependant.dependencies))
