"""Servers for tools that call out."""

from collections.abc import Iterator

import pytest

from tests.activities.tools.http.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A server the operator opened."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def other() -> Iterator[Server]:
    """A server nobody opened, unless a test does."""
    made = Server()
    yield made
    made.close()
