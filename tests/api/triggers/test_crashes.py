"""Whatever dies in between, each firing starts its run once, and schedules become what rows say."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from activities.artifacts import Artifacts
from activities.database import Database
from activities.hints import Hints
from activities.worker import build_worker
from api.triggers import repository
from cli.embedded.temporal import EmbeddedTemporal
from models.execution import WorkflowExecution
from models.trigger import Trigger
from temporal_workflows.contracts import schedule_id, workflow_id
from tests.api.fixtures import Api
from tests.api.triggers.conftest import an_app, somebody
from tests.api.triggers.desk import HOURLY, deleted, every, fired, history, made, moments
from tests.databases import NewDatabase
from tests.tools import TOOLS

Take = Callable[[AsyncSession], Awaitable[int]]


async def killed(app: FastAPI, take: Take) -> int:
    """A round of an inbox that dies before its commit."""
    async with app.state.sessions() as session:
        return await take(session)


async def committed(app: FastAPI, take: Take) -> int:
    """A round of an inbox that dies right after its commit."""
    async with app.state.sessions.begin() as session:
        return await take(session)


async def executions(app: FastAPI) -> list[WorkflowExecution]:
    """All runs."""
    async with app.state.sessions() as session:
        return list(await session.scalars(select(WorkflowExecution)))


async def test_a_firing_starts_once_whatever_dies(idle_app: FastAPI, idle: Api) -> None:
    trigger = await made(idle, {"type": "event", "event": "order", "input": {"n": 1}})
    firing = await fired(idle, trigger)
    take = idle_app.state.firings.take
    assert await killed(idle_app, take) == 1
    assert await executions(idle_app) == []
    assert [row["status"] for row in await history(idle, trigger)] == ["pending"]

    both = await asyncio.gather(committed(idle_app, take), committed(idle_app, take))
    assert sorted(both) == [0, 1]
    [run] = await executions(idle_app)
    assert (str(run.id), run.start_input is None) == (firing["id"], False)
    assert await idle_app.state.engine.describe(workflow_id(firing["id"])) is None

    mirroring = asyncio.create_task(idle_app.state.mirror.run())
    async with asyncio.timeout(20):
        while await idle_app.state.engine.describe(workflow_id(firing["id"])) is None:
            await asyncio.sleep(0.05)
    mirroring.cancel()
    await asyncio.wait([mirroring])
    assert await committed(idle_app, take) == 0
    assert len(await executions(idle_app)) == 1


async def test_a_trigger_is_deleted_while_its_firing_starts(idle_app: FastAPI, idle: Api) -> None:
    trigger = await made(idle, {"type": "event", "event": "order", "input": {"n": 1}})
    firing = await fired(idle, trigger)
    async with idle_app.state.sessions.begin() as session:
        assert len(await repository.pending(session, 1)) == 1
        deleting = asyncio.create_task(deleted(idle, trigger))
        await asyncio.sleep(0.3)  # it waits for what the firing has
        assert await idle_app.state.firings.take(session) == 1
    await deleting
    assert str(firing["id"]) in {str(run.id) for run in await executions(idle_app)}


async def test_schedules_become_what_rows_say(
    idle_app: FastAPI, idle: Api, temporal_client: Client
) -> None:
    agree = idle_app.state.agreement.agree
    trigger = await made(idle, HOURLY | {"cron": "30 2 * * *", "time_zone": "Europe/Berlin"})
    handle = temporal_client.get_schedule_handle(schedule_id(trigger["id"]))
    with pytest.raises(RPCError):
        await handle.describe()
    assert await killed(idle_app, agree) == 1  # made, but not noted
    assert await committed(idle_app, agree) == 1
    assert await committed(idle_app, agree) == 0
    assert len((await handle.describe()).info.next_action_times) == 10

    # Some time before the last times that Temporal knows, it is told more.
    soon = datetime.now(UTC) + timedelta(days=100)
    async with idle_app.state.sessions.begin() as session:
        row = await session.get_one(Trigger, UUID(trigger["id"]))
        assert row.told_until > soon + timedelta(days=700)
        await session.execute(update(Trigger).values(told_until=soon))
    assert await committed(idle_app, agree) == 1
    assert await committed(idle_app, agree) == 0

    path = f"/triggers/{trigger['id']}/pause"
    assert (await idle.post(path, json={"note": "holidays"})).status_code == 200
    assert await committed(idle_app, agree) == 1
    state = (await handle.describe()).schedule.state
    assert (state.paused, state.note) == (True, "holidays")

    await deleted(idle, trigger)
    assert await killed(idle_app, agree) == 1
    assert await committed(idle_app, agree) == 1
    assert await committed(idle_app, agree) == 0
    with pytest.raises(RPCError):
        await handle.describe()


@pytest.fixture
async def own_temporal(tmp_path: Path) -> AsyncIterator[EmbeddedTemporal]:
    """A Temporal that a test may stop."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # nobody else's usual one, so it is there again later
    server = EmbeddedTemporal(tmp_path / "temporal", port, with_ui=False)
    await server.start()
    yield server
    await server.stop()


def each_second(first: datetime, last: datetime) -> list[datetime]:
    """What a schedule of every second foresees."""
    return [first + timedelta(seconds=n) for n in range(int((last - first).total_seconds()) + 1)]


async def firing_for(client: Api, trigger: dict[str, Any], until: datetime) -> list[datetime]:
    """What the firings are for, once they go on to `until`; not all of them come in order."""
    found: list[datetime] = []
    for _ in range(300):
        found = moments(await history(client, trigger))
        if found and found[-1] >= until and found == each_second(found[0], found[-1]):
            break
        await asyncio.sleep(0.1)
    return found


async def test_an_outage_leaves_out_nothing_and_doubles_nothing(
    own_temporal: EmbeddedTemporal, new_database: NewDatabase, tmp_path: Path
) -> None:
    folder, address = (tmp_path / "artifacts").as_uri(), own_temporal.address
    app = await an_app(new_database, own_temporal.address, folder)
    url = app.state.settings.database_url
    client = await Client.connect(own_temporal.address, data_converter=pydantic_data_converter)
    hints, database = Hints(url), Database(url)
    worker = build_worker(
        client,
        tools=TOOLS,
        artifacts=Artifacts.from_url(folder),
        hints=hints,
        database=database,
    )
    async with somebody(app) as editor:
        before = datetime.now(UTC)
        # Nobody tells Temporal of it for a while; then the server goes away.
        trigger = await made(editor, every(1, overlap="allow_all", catch_up_seconds=60))
        after = datetime.now(UTC)
        await asyncio.sleep(2)
        async with worker, app.router.lifespan_context(app):
            await firing_for(editor, trigger, datetime.now(UTC))
            await own_temporal.stop()
            await asyncio.sleep(3)
            await own_temporal.start()
            assert own_temporal.address == address
            found = await firing_for(editor, trigger, datetime.now(UTC))
    assert found == each_second(found[0], found[-1])
    assert before < found[0] <= after + timedelta(seconds=1)
    assert len(found) > 5
    for each in (hints, database):
        await each.close()
