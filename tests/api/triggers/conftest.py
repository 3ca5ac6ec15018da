"""An API of its own, whose jobs a test runs itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from models.enums import Role
from models.keys import new_key
from tests.api.fixtures import Api, client_of, new_account
from tests.databases import NewDatabase, migrate


async def an_app(new_database: NewDatabase, temporal_address: str, artifacts: str) -> FastAPI:
    """An app on an empty database, without its jobs."""
    url = await new_database()
    await migrate(url)
    return create_app(
        Settings(
            database_url=url,
            secret_key="k3y-for-tests-" + uuid4().hex,  # type: ignore[arg-type]
            encryption_keys=new_key("1"),  # type: ignore[arg-type]
            artifacts=artifacts,
            temporal_address=temporal_address,
        )
    )


@asynccontextmanager
async def somebody(app: FastAPI) -> AsyncIterator[Api]:
    """A new editor of an app."""
    _, token = await new_account(app, Role.EDITOR)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture
async def idle_app(
    new_database: NewDatabase, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    """An app whose jobs do not run."""
    folder = tmp_path_factory.mktemp("idle").as_uri()
    app = await an_app(new_database, temporal_address, folder)
    yield app
    await app.state.database.dispose()


@pytest.fixture
async def idle(idle_app: FastAPI) -> AsyncIterator[Api]:
    """An editor of that app."""
    async with somebody(idle_app) as client:
        yield client
