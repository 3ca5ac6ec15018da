"""The whole API on the real servers, with a worker behind it, and accounts of every role."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.database import Database
from activities.deltas import Deltas
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.mcp.client import McpClient
from activities.mcp.operator_file import read_operator_file
from activities.secrets import Secrets
from activities.worker import build_tools, build_worker
from api.app import create_app
from api.auth.passwords import hash_password
from api.settings import Settings
from models.enums import Role
from models.keys import new_key
from models.user import User
from tests.databases import NewDatabase, migrate

PASSWORD = "a-password-long-enough"
BASE = "http://test/api/v1"
TIME_SERVER = {"command": sys.executable, "args": ["-m", "mcp_server_time", "--local-timezone=UTC"]}
TERMINAL = {"completed", "failed", "cancelled"}
Api = httpx.AsyncClient
SignIn = Callable[[Role], Awaitable[Api]]


@pytest.fixture(scope="session")
async def app(
    new_database: NewDatabase,
    temporal_address: str,
    temporal_client: Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[FastAPI]:
    """The app with its mirror, on a database of its own, and a worker with the product's tools."""
    url = await new_database()
    await migrate(url)
    folder = tmp_path_factory.mktemp("api-artifacts").as_uri()
    operator_file = tmp_path_factory.mktemp("operator") / "mcp.json"
    operator_file.write_text(json.dumps({"mcpServers": {"time": TIME_SERVER}}))
    settings = Settings(
        database_url=url,
        secret_key="k3y-for-tests-" + uuid4().hex,  # type: ignore[arg-type]
        encryption_keys=new_key("1"),  # type: ignore[arg-type]
        artifacts=folder,
        temporal_address=temporal_address,
        temporal_ui="http://temporal.test",
        mcp_servers=operator_file,
    )
    app = create_app(settings)
    # Examples load from a server of their test.
    hints, http = Hints(url), HttpClient(parse_openings("127.0.0.1"))
    database, deltas = Database(url), Deltas(url)
    programs = read_operator_file(str(operator_file))
    mcp = McpClient(http, database, programs, Secrets(database, settings.keys).values)
    worker = build_worker(
        temporal_client,
        tools=build_tools(http, mcp),
        artifacts=Artifacts.from_url(folder),
        hints=hints,
        database=database,
        keys=settings.keys,
        mcp=mcp,
        http=http,
        deltas=deltas,
    )
    async with worker, app.router.lifespan_context(app):
        yield app
    for each in (mcp, hints, deltas, http, database):
        await each.close()


@asynccontextmanager
async def client_of(app: FastAPI, headers: dict[str, str] | None = None) -> AsyncIterator[Api]:
    """A client that speaks to the app in this process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[Api]:
    """Nobody."""
    async with client_of(app) as client:
        yield client


async def new_account(app: FastAPI, role: Role) -> tuple[str, str]:
    """(e-mail, access token) of a new account."""
    email = f"{uuid4().hex}@example.org"
    hashed = await hash_password(PASSWORD)
    async with app.state.sessions.begin() as session:
        session.add(User(email=email, hashed_password=hashed, display_name=role, role=role))
    async with client_of(app) as client:
        answer = await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return email, answer.json()["access_token"]


async def _client(app: FastAPI, role: Role) -> AsyncIterator[Api]:
    _, token = await new_account(app, role)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture(scope="session")
async def admin(app: FastAPI) -> AsyncIterator[Api]:
    """An administrator."""
    async for client in _client(app, Role.ADMIN):
        yield client


@pytest.fixture(scope="session")
async def editor(app: FastAPI) -> AsyncIterator[Api]:
    """Somebody who owns workflows."""
    async for client in _client(app, Role.EDITOR):
        yield client


@pytest.fixture(scope="session")
async def stranger(app: FastAPI) -> AsyncIterator[Api]:
    """Another editor, who must see nothing of the first one's."""
    async for client in _client(app, Role.EDITOR):
        yield client


@pytest.fixture(scope="session")
async def viewer(app: FastAPI) -> AsyncIterator[Api]:
    """Somebody who may only look."""
    async for client in _client(app, Role.VIEWER):
        yield client


def adapter_graph(name: str | None = None, output: Any = "{{ input.n + 1 }}") -> dict[str, Any]:
    """A trigger and one adapter."""
    return {
        "name": name or f"flow {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "next", "type": "adapter", "config": {"output": output}},
        ],
        "edges": [{"source": "start", "target": "next"}],
    }


async def imported(client: Api, document: dict[str, Any]) -> dict[str, Any]:
    """A workflow with this draft."""
    answer = await client.post("/workflows/import", json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def published(client: Api, document: dict[str, Any]) -> str:
    """Id of a published workflow."""
    workflow = await imported(client, document)
    answer = await client.post(f"/workflows/{workflow['id']}/publish")
    assert answer.status_code == 200, answer.text
    return str(workflow["id"])


async def started(client: Api, workflow_id: str, given: Any = None, **more: Any) -> str:
    """Id of a new run."""
    body = {"input": given or {}} | more
    answer = await client.post(f"/workflows/{workflow_id}/executions", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ended(client: Api, execution_id: str, seconds: float = 30) -> dict[str, Any]:
    """A run once the mirror has ended it."""
    async with asyncio.timeout(seconds):
        while True:
            found = (await client.get(f"/executions/{execution_id}")).json()
            if found["status"] in TERMINAL:
                return dict(found)
            await asyncio.sleep(0.03)
