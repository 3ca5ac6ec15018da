"""Every provider, streamed and not."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest

from models.enums import ModelProvider
from tests.activities.llm.served import PROVIDERS, Served, served, servers

Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(scope="session", autouse=True)
async def stopped_at_the_end() -> AsyncIterator[None]:
    """Stop the servers that the tests have used."""
    yield
    await servers.stop()


@pytest.fixture(params=PROVIDERS, ids=lambda each: each.value)
def provider(request: pytest.FixtureRequest) -> ModelProvider:
    """Who serves the model."""
    found: ModelProvider = request.param
    return found


@pytest.fixture(params=[False, True], ids=["at_once", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    """Whether the answer comes in pieces."""
    found: bool = request.param
    return found


@pytest.fixture
def serve(provider: ModelProvider, streamed: bool) -> Callable[[dict[str, Any]], Any]:
    """Serve a script."""
    return partial(served, provider, streamed=streamed)
