"""Accounts and their sealed secrets in a real database, and a worker's view of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from activities.database import Database
from activities.secrets import Secrets
from models.base import new_id
from models.keys import Keyring, KeySource, new_key, secret_place

OLD = new_key("old")
KEYS = KeySource(f"{new_key('new')}\n{OLD}")
VALUE = "s3cret of a test – «ünï»\n"


class Vault:
    """Rows of the table, and a worker's view of it."""

    def __init__(self, connection: "asyncpg.Connection[Any]", database: Database) -> None:
        self.connection = connection
        self.database = database
        self.secrets = Secrets(database, KEYS)

    async def account(self) -> str:
        """A new account."""
        owner = new_id()
        await self.connection.execute(
            "INSERT INTO users (id, email, hashed_password, display_name, role)"
            " VALUES ($1, $2, '-', 'N', 'editor')",
            owner,
            f"{owner}@example.org",
        )
        return str(owner)

    async def keep(
        self,
        owner: str,
        name: str,
        value: str = VALUE,
        *,
        keyring: Keyring = KEYS.keyring,
        sealed_for: dict[str, str] | None = None,
    ) -> None:
        """A secret, sealed for its place or for another one."""
        at = {"owner": owner, "name": name} | (sealed_for or {})
        sealed = keyring.seal(value.encode(), secret_place(at["owner"], at["name"]))
        await self.connection.execute(
            "INSERT INTO secrets (id, owner_id, name, ciphertext, wrapped_key, key_id)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(new_id(), owner, name, sealed.ciphertext, sealed.wrapped_key, sealed.key_id),
        )

    async def used_at(self, owner: str, name: str) -> datetime | None:
        """When it was last used."""
        return await self.connection.fetchval(
            "SELECT last_used_at FROM secrets WHERE owner_id = $1 AND name = $2", owner, name
        )


@asynccontextmanager
async def open_vault(url: str) -> AsyncIterator[Vault]:
    """A vault in the migrated database at `url`."""
    connection = await asyncpg.connect(url)
    database = Database(url)
    yield Vault(connection, database)
    await database.close()
    await connection.close()
