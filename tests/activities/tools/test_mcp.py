"""The MCP tool: whose server, which tool, what was approved; as the database says at each call."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.addresses import parse_openings
from activities.database import Database, DatabaseUnavailable
from activities.errors import HttpStatusError, InvalidInput
from activities.http_client import HttpClient
from activities.mcp.client import McpClient
from activities.mcp.errors import (
    McpServerLost,
    McpServerUnknown,
    McpToolChanged,
    McpToolNotApproved,
)
from activities.mcp.offers import tool_hash
from models.graph.tool import McpConfig
from models.graph.values import Json
from models.mcp import McpServer
from models.session import create_session_factory
from models.user import User
from temporal_workflows.contracts import McpDiscoveryTask
from tests.activities.conftest import Attempt
from tests.activities.mcp import hostile as said
from tests.activities.mcp.bench import hostile_program
from tests.activities.mcp.hostile_http import HostileServer, hostile_http

ECHO = said.TOOLS[0]


def approved(definition: dict[str, Any] = ECHO, approved_hash: str | None = "") -> dict[str, Any]:
    """A stored tool; by default approved as it is."""
    now = tool_hash(definition)
    return {
        "name": definition["name"],
        "title": None,
        "description": definition["description"],
        "input_schema": definition["inputSchema"],
        "output_schema": definition.get("outputSchema"),
        "hash": now,
        "approved_hash": now if approved_hash == "" else approved_hash,
        "approved_at": None,
    }


class Registrations:
    """Rows, the tool that reads them, and runs of accounts."""

    def __init__(self, engine: AsyncEngine, client: McpClient, attempt: Attempt) -> None:
        self._sessions = create_session_factory(engine)
        self.client = client
        self._attempt = attempt

    async def account(self) -> UUID:
        async with self._sessions.begin() as session:
            user = User(
                email=f"{uuid4().hex}@example.org",
                hashed_password="x",
                display_name="x",
                role="editor",
            )
            session.add(user)
            await session.flush()
            return user.id

    async def register(self, owner: UUID | None, name: str, **values: Any) -> UUID:
        tools = values.pop("tools", [approved()])
        transport = "http" if "url" in values else "stdio"
        async with self._sessions.begin() as session:
            row = McpServer(
                owner_id=owner, name=name, transport=transport, **{"headers": {}} | values
            )
            row.tools = tools
            session.add(row)
            await session.flush()
            return row.id

    async def change(self, server_id: UUID, **values: Any) -> None:
        async with self._sessions.begin() as session:
            row = await session.get(McpServer, server_id)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)

    async def remove(self, server_id: UUID) -> None:
        async with self._sessions.begin() as session:
            await session.delete(await session.get(McpServer, server_id))

    async def call(
        self, owner: UUID | None, server: str, tool: str = "echo", **inputs: Json
    ) -> Json:
        context = replace(self._attempt.context, owner_id=str(owner or ""))
        return await self.client.tool(McpConfig(server=server, tool=tool), inputs, context)


async def secrets(owner_id: str, names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, KEYS[-1])


KEYS = ["first-key"]


@pytest.fixture
async def rows(
    engine: AsyncEngine, migrated_url: str, attempt: Attempt
) -> AsyncIterator[Registrations]:
    """An empty table and a worker's client, which has one program of the operator's."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM mcp_servers")
    http, database = HttpClient(parse_openings("127.0.0.1")), Database(migrated_url)
    client = McpClient(http, database, {"shared": hostile_program()}, secrets)
    yield Registrations(engine, client, attempt)
    await client.close()
    await http.close()
    await database.close()
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM mcp_servers")


@pytest.fixture
async def remote() -> AsyncIterator[HostileServer]:
    """A server over HTTP."""
    async with hostile_http() as server:
        yield server


async def test_an_accounts_own_server_comes_before_the_operators(
    rows: Registrations, remote: HostileServer
) -> None:
    owner, other = await rows.account(), await rows.account()
    await rows.register(None, "shared")
    await rows.register(owner, "shared", url=remote.url)
    assert await rows.call(owner, "shared", text="mine") == {"text": "mine"}
    assert len(remote.asked("tools/call")) == 1
    assert await rows.call(other, "shared", text="all's") == {"text": "all's"}
    assert await rows.call(None, "shared", text="nobody's") == {"text": "nobody's"}
    assert len(remote.asked("tools/call")) == 1


async def test_a_server_of_somebody_else_does_not_exist(
    rows: Registrations, remote: HostileServer
) -> None:
    owner, other = await rows.account(), await rows.account()
    await rows.register(owner, "private", url=remote.url)
    for account in (other, None):
        with pytest.raises(McpServerUnknown, match="pastetrader mcp add"):
            await rows.call(account, "private", text="x")
    assert remote.connections == 0


async def test_a_row_cannot_start_a_program(rows: Registrations) -> None:
    owner = await rows.account()
    await rows.register(owner, "shared")  # as if the API had let it in
    with pytest.raises(McpServerUnknown, match="operator"):
        await rows.call(owner, "shared", text="x")
    await rows.register(None, "not in the file")
    with pytest.raises(McpServerUnknown, match="PASTETRADER_MCP_SERVERS"):
        await rows.call(owner, "not in the file", text="x")


async def test_removal_and_approval_count_at_once(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    server = await rows.register(owner, "s", url=remote.url, tools=[approved(approved_hash=None)])
    with pytest.raises(McpToolNotApproved, match="pastetrader mcp approve s echo"):
        await rows.call(owner, "s", text="x")
    await rows.change(server, tools=[approved()])
    assert await rows.call(owner, "s", text="x") == {"text": "x"}
    await rows.change(server, tools=[approved(approved_hash=None)])
    with pytest.raises(McpToolNotApproved):
        await rows.call(owner, "s", text="x")
    await rows.remove(server)
    with pytest.raises(McpServerUnknown):
        await rows.call(owner, "s", text="x")


async def test_a_tool_that_was_never_offered_is_told(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    await rows.register(owner, "s", url=remote.url)
    with pytest.raises(McpToolNotApproved, match="offers no tool named 'pid'"):
        await rows.call(owner, "s", tool="pid")
    assert remote.connections == 0


async def test_a_tool_that_is_stored_as_changed_is_not_even_asked_for(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    await rows.register(owner, "s", url=remote.url, tools=[approved(approved_hash="f" * 64)])
    with pytest.raises(McpToolChanged, match="pastetrader mcp approve s echo"):
        await rows.call(owner, "s", text="x")
    assert remote.connections == 0


async def test_a_tool_that_the_server_changed_is_not_called(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    await rows.register(owner, "s", url=remote.url)
    remote.tools = said.changed(remote.tools)
    with pytest.raises(McpToolChanged):
        await rows.call(owner, "s", text="x")
    remote.tools = []
    with pytest.raises(McpToolChanged):
        await rows.call(owner, "s", text="x")
    assert not remote.asked("tools/call")


async def test_inputs_that_do_not_fit_are_not_sent(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    await rows.register(owner, "s", url=remote.url)
    for inputs in ({}, {"text": "a\x00b"}, {"text": "\ud800"}):
        with pytest.raises(InvalidInput, match="inputs"):
            await rows.call(owner, "s", **inputs)
    assert not remote.asked("tools/call")


async def test_a_forgotten_session_is_opened_again_once(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    await rows.register(owner, "s", url=remote.url)
    await rows.call(owner, "s", text="x")
    remote.session = "another"
    assert await rows.call(owner, "s", text="y") == {"text": "y"}
    assert len(remote.asked("initialize")) == 2
    remote.refusals += [404, 404, 404, 404]
    with pytest.raises((McpServerLost, HttpStatusError)):
        await rows.call(owner, "s", text="z")


async def test_refused_credentials_are_read_again_for_the_next_attempt(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    headers = {"Authorization": "Bearer {{ secrets.key }}"}
    await rows.register(owner, "s", url=remote.url, headers=headers)
    await rows.call(owner, "s", text="x")
    KEYS.append("second-key")
    remote.refusals.append(401)
    with pytest.raises(HttpStatusError, match="401"):
        await rows.call(owner, "s", text="x")
    await rows.call(owner, "s", text="x")
    assert remote.requests[-1].headers["authorization"] == "Bearer second-key"


async def test_a_worker_without_a_database_says_so(attempt: Attempt) -> None:
    http = HttpClient()
    client = McpClient(http, Database(None))
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL"):
        await client.tool(McpConfig(server="s", tool="t"), {}, attempt.context)
    await client.close()
    await http.close()


# Discovery --------------------------------------------------------------------------------------


async def test_a_discovery_lists_what_the_server_offers_now(
    rows: Registrations, remote: HostileServer
) -> None:
    owner = await rows.account()
    server = await rows.register(owner, "s", url=remote.url, tools=[])
    (discover,) = rows.client.activities
    found = await discover(McpDiscoveryTask(server_id=str(server)))
    assert [each.name for each in found.tools] == [each["name"] for each in said.TOOLS]
    assert found.tools[0].hash == tool_hash(ECHO)
    remote.tools = said.listed("odd")
    again = await discover(McpDiscoveryTask(server_id=str(server)))
    assert [each.name for each in again.tools] == ["fine", "wordy"]
    assert len(again.left_out) == 10
    assert json.loads(again.model_dump_json())


async def test_a_discovery_of_a_server_that_is_gone_says_so(rows: Registrations) -> None:
    (discover,) = rows.client.activities
    with pytest.raises(McpServerUnknown):
        await discover(McpDiscoveryTask(server_id=str(uuid4())))
    server = await rows.register(None, "shared", tools=[])
    assert (await discover(McpDiscoveryTask(server_id=str(server)))).tools
