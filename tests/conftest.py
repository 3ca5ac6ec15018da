"""Real servers for every test: one PostgreSQL and one Temporal a session, each in its own folder."""

import os
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from models.session import create_engine
from tests.databases import NewDatabase, migrate

# The whole API, for every test that wants it.
pytest_plugins = ["tests.api.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: the last to begin would keep all processes but one waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A PostgreSQL server: the one of `DATABASE_URL`, else an embedded one."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    await server.start()
    yield server.url
    await server.stop()


@pytest.fixture(scope="session")
async def new_database(postgres_url: str) -> AsyncIterator[NewDatabase]:
    """A function that makes an empty database and gives its URL; dropped when the session ends."""
    made: list[str] = []

    async def create() -> str:
        made.append(f"test_{uuid4().hex}")
        await _administer(postgres_url, f"CREATE DATABASE {made[-1]}")
        return make_url(postgres_url).set(database=made[-1]).render_as_string(hide_password=False)

    yield create
    for name in made:
        await _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def migrated_url(new_database: NewDatabase) -> str:
    """A database with all migrations applied."""
    url = await new_database()
    await migrate(url)
    return url


@pytest.fixture(scope="session")
async def engine(migrated_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the migrated database."""
    made = create_engine(migrated_url)
    yield made
    await made.dispose()


@pytest.fixture
async def db(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose commits are savepoints; everything is rolled back after the test."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        await transaction.rollback()


@pytest.fixture(scope="session")
async def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """`host:port` of an embedded Temporal with the settings of `pastetrader up`."""
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), with_ui=False)
    await server.start()
    yield server.address
    await server.stop()


@pytest.fixture(scope="session")
async def temporal_client(temporal_address: str) -> Client:
    """A client with the data converter that worker and API use."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)


async def _administer(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
