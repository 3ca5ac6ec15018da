"""One whole product and one service outside it, for every test that kills something."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chaos.client import Client, signed_in
from chaos.sink import Sink
from chaos.stack import Stack, live_stack


@pytest.fixture(scope="session")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """The service that the nodes call."""
    with Sink(tmp_path_factory.mktemp("sink") / "effects.jsonl") as sink:
        yield sink


@pytest.fixture(scope="session")
async def stack(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """`pastetrader up` with its embedded servers, allowed to call the sink."""
    env = {"PASTETRADER_HTTP_ALLOW": sink.authority}
    async with live_stack(tmp_path_factory.mktemp("product"), env=env) as stack:
        yield stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    """Signed in."""
    async with signed_in(stack) as client:
        yield client
