"""The embedded servers as `up` uses them: first start, restart, crash, second owner, taken port."""

import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from temporalio.client import Client

from cli.embedded.errors import FolderInUse, StartFailed
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A data folder below one that no other account may enter, like root's home."""
    tmp_path.chmod(0o700)
    return tmp_path / "data"


@pytest.fixture
async def postgres(private: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(private, lock_wait_seconds=5)
    yield server
    await server.stop()


@pytest.fixture
async def temporal(private: Path) -> AsyncIterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(private, with_ui=False, lock_wait_seconds=5)
    yield server
    await server.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def query(server: EmbeddedPostgres, sql: str) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_postgres_keeps_rows_over_restart_and_kill(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    port = postgres.port
    await query(postgres, "CREATE TABLE kept AS SELECT 1 AS n")
    await postgres.stop()
    await postgres.start()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    assert await postgres.wait() == -signal.SIGKILL
    await postgres.start()
    assert await query(postgres, "SELECT n FROM kept") == 1
    assert postgres.port == port


async def test_postgres_is_private(postgres: EmbeddedPostgres, private: Path) -> None:
    await postgres.start()
    assert await query(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert await query(postgres, "SHOW unix_socket_directories") == ""
    password_file = private / "postgres.password"
    assert mode(password_file) == 0o600
    assert mode(private) == 0o700
    wrong = postgres.url.replace(password_file.read_text(), "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    assert os.stat(f"/proc/{postgres.pid}").st_uid != 0


async def test_postgres_ignores_a_reused_pid(postgres: EmbeddedPostgres, private: Path) -> None:
    await postgres.start()
    await postgres.stop()
    (private / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    await postgres.start()
    assert await query(postgres, "SELECT 1") == 1


async def test_postgres_takes_another_port(private: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = EmbeddedPostgres(private, port)
        await server.start()
        assert server.port != port
        await server.stop()


async def test_postgres_refuses_a_second_owner(postgres: EmbeddedPostgres, private: Path) -> None:
    await postgres.start()
    second = EmbeddedPostgres(private, lock_wait_seconds=0.1)
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        await second.start()
    assert await query(postgres, "SELECT 1") == 1


async def test_postgres_says_why_it_cannot_start(postgres: EmbeddedPostgres, private: Path) -> None:
    await postgres.start()
    await postgres.stop()
    (private / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StartFailed, match="incompatible"):
        await postgres.start()


async def test_temporal_keeps_workflows_over_kill(temporal: EmbeddedTemporal) -> None:
    await temporal.start()
    port = temporal.port
    client = await Client.connect(temporal.address)
    await client.start_workflow("Any", id="kept", task_queue="nobody")
    assert temporal.pid is not None
    os.kill(temporal.pid, signal.SIGKILL)
    await temporal.wait()
    await temporal.start()
    assert temporal.port == port
    client = await Client.connect(temporal.address)
    assert (await client.get_workflow_handle("kept").describe()).id == "kept"


async def test_temporal_refuses_a_second_owner(temporal: EmbeddedTemporal, private: Path) -> None:
    await temporal.start()
    with pytest.raises(FolderInUse):
        await EmbeddedTemporal(private, lock_wait_seconds=0.1).start()
