"""The whole product with a mail server, and somebody to be called."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.activities.mailbox import SENDER, Mailbox, open_mailbox
from tests.activities.tools.http.server import Server
from tests.api.fixtures import Api, client_of
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate

PUBLIC_URL = "https://pt.example"


@pytest.fixture(scope="module")
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server."""
    async with open_mailbox() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[Server]:
    """Whoever is called."""
    opened = Server()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
async def parts(
    new_database: NewDatabase,
    temporal_address: str,
    tmp_path_factory: pytest.TempPathFactory,
    mailbox: Mailbox,
) -> Stack:
    """An API that is not serving yet."""
    url = await new_database()
    await migrate(url)
    folder = tmp_path_factory.mktemp("artifacts")
    mail = {"smtp_url": mailbox.url, "smtp_from": SENDER}
    return Stack(settings_for(url, temporal_address, folder, public_url=PUBLIC_URL, **mail))


@pytest.fixture(scope="module")
async def stack(parts: Stack) -> AsyncIterator[Stack]:
    """The API with its mirror, and a worker."""
    async with parts.serving(), parts.worker():
        yield parts


@pytest.fixture
async def me(stack: Stack) -> AsyncIterator[Api]:
    """A new account."""
    async with stack.signed_in() as client:
        yield client


@pytest.fixture
async def anonymous_of(stack: Stack) -> AsyncIterator[Api]:
    """Nobody."""
    async with client_of(stack.app) as client:
        yield client
