"""Who gives up a turn ends the connection with it."""

import asyncio

import pytest

from models.enums import ModelProvider
from tests.activities.llm.conftest import Serve
from tests.activities.llm.served import Served, request, served


async def closed(found: Served) -> None:
    """Until the server has nothing in flight."""
    async with asyncio.timeout(5):
        while found.server.ledger.open:
            await asyncio.sleep(0.01)


async def in_flight(found: Served) -> None:
    """Until the server works on something."""
    async with asyncio.timeout(30):
        while not found.server.ledger.requests:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", ["endless", "silent"])
async def test_a_cancelled_turn_closes_its_connection(serve: Serve, kind: str) -> None:
    async with serve({"default": {"fault": {"kind": kind}}}) as found:
        asking = asyncio.create_task(found.ask())
        await in_flight(found)
        await asyncio.sleep(0.1)
        assert found.server.ledger.open == 1
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await closed(found)


@pytest.mark.parametrize("kind", ["endless", "silent"])
async def test_a_turn_out_of_time_closes_its_connection(serve: Serve, kind: str) -> None:
    async with serve({"default": {"fault": {"kind": kind}}}) as found:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await found.ask()
        await closed(found)


async def test_a_listener_that_fails_closes_the_connection(provider: ModelProvider) -> None:
    class Full(Exception):
        pass

    def full(_piece: str) -> None:
        raise Full

    async with served(provider, {"default": {"fault": {"kind": "endless"}}}) as found:
        with pytest.raises(Full):
            await found.model.reply(request(), full)
        await closed(found)
