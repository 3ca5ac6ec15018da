"""The operator's servers, as the API's copy of the file shows them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.mcp.operator import OperatorFileInvalid, OperatorServers
from models.mcp import McpServer
from models.session import create_session_factory


@pytest.fixture
async def servers(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[OperatorServers]:
    """On a table without rows."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM mcp_servers")
    yield OperatorServers(create_session_factory(engine), tmp_path / "mcp.json")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM mcp_servers")


def write(folder: Path, **descriptions: str | None) -> None:
    entries = {
        name: {"command": "x"} | ({} if text is None else {"description": text})
        for name, text in descriptions.items()
    }
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": entries}))


async def rows(engine: AsyncEngine) -> dict[str, McpServer]:
    async with create_session_factory(engine)() as session:
        return {row.name: row for row in await session.scalars(select(McpServer))}


async def test_rows_follow_the_file_and_keep_what_was_approved(
    servers: OperatorServers, engine: AsyncEngine, tmp_path: Path
) -> None:
    write(tmp_path, time=None, fetch="Gets pages")
    await servers.compare()
    first = await rows(engine)
    assert first.keys() == {"time", "fetch"}
    assert {row.owner_id for row in first.values()} == {None}
    assert {row.transport for row in first.values()} == {"stdio"}
    async with create_session_factory(engine).begin() as session:
        row = await session.get(McpServer, first["fetch"].id)
        assert row is not None
        row.tools = [{"name": "fetch"}]
    write(tmp_path, fetch="Gets pages quickly")
    await servers.compare()
    await servers.compare()
    (only,) = (await rows(engine)).values()
    assert (only.id, only.description) == (first["fetch"].id, "Gets pages quickly")
    assert only.tools == [{"name": "fetch"}]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"mcpServers": []}',
        '{"mcpServers": {"a": 1}}',
        '{"mcpServers": {"\\u0000": {}}}',
    ],
)
async def test_a_wrong_file_changes_nothing(
    servers: OperatorServers, engine: AsyncEngine, tmp_path: Path, content: str
) -> None:
    write(tmp_path, time=None)
    await servers.compare()
    (tmp_path / "mcp.json").write_text(content)
    with pytest.raises(OperatorFileInvalid, match="mcpServers"):
        await servers.compare()
    (tmp_path / "mcp.json").unlink()
    with pytest.raises(OperatorFileInvalid, match="No such file"):
        await servers.compare()
    assert (await rows(engine)).keys() == {"time"}
