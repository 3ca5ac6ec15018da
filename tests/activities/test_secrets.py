"""Secrets become values in the attempt that needs them: whose they are, which keys open them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from activities.database import Database, DatabaseUnavailable
from activities.errors import ToolError
from activities.secrets import SecretMissing, Secrets, SecretUnreadable, names_in, put_in
from models.keys import Keyring, KeySource, new_key
from temporal_workflows.contracts import SecretPart, SecretPlace
from tests.activities.vault import KEYS, OLD, VALUE, Vault, open_vault


@pytest.fixture(scope="module")
async def vault(migrated_url: str) -> AsyncIterator[Vault]:
    """The table in a real database."""
    async with open_vault(migrated_url) as opened:
        yield opened


async def test_names_become_values(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "a")
    await vault.keep(owner, "b", "another value")
    await vault.keep(owner, "c")
    found = await vault.secrets.values(owner, ["b", "a", "a"])
    assert found == {"a": VALUE, "b": "another value"}


async def test_no_names_need_no_database() -> None:
    assert await Secrets(Database(None), None).values("", []) == {}


async def test_a_missing_one_is_named_with_what_to_do(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "there")
    with pytest.raises(SecretMissing, match="'absent'") as failed:
        await vault.secrets.values(owner, ["there", "absent"])
    assert "pastetrader secrets set absent" in failed.value.message
    assert (failed.value.code, failed.value.retryable) == ("SecretMissing", False)


async def test_nobody_uses_anothers_secret(vault: Vault) -> None:
    mine, other = await vault.account(), await vault.account()
    await vault.keep(other, "token")
    with pytest.raises(SecretMissing):
        await vault.secrets.values(mine, ["token"])
    with pytest.raises(SecretMissing, match="nobody"):
        await vault.secrets.values("", ["token"])
    assert await vault.used_at(other, "token") is None


async def test_names_are_compared_exactly(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "token")
    for name in ("TOKEN", "tok", "%", "token ", "token'--"):
        with pytest.raises(SecretMissing):
            await vault.secrets.values(owner, [name])


async def test_an_older_key_opens_what_it_sealed(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "token", keyring=Keyring.parse(OLD))
    assert await vault.secrets.values(owner, ["token"]) == {"token": VALUE}


@pytest.mark.parametrize("keys", [None, KeySource(new_key("other")), KeySource(new_key("new"))])
async def test_a_worker_with_other_keys_says_so(vault: Vault, keys: KeySource | None) -> None:
    owner = await vault.account()
    await vault.keep(owner, "token")
    with pytest.raises(SecretUnreadable) as failed:
        await Secrets(vault.database, keys).values(owner, ["token"])
    # Another worker may have the right ones.
    assert failed.value.retryable
    assert "key" in failed.value.message
    assert VALUE.strip() not in failed.value.message


@pytest.mark.parametrize("moved", ["name", "owner"])
async def test_a_row_moved_to_another_place_does_not_open(vault: Vault, moved: str) -> None:
    owner, other = await vault.account(), await vault.account()
    place = {"name": "before"} if moved == "name" else {"owner": other}
    await vault.keep(owner, "token", sealed_for=place)
    with pytest.raises(SecretUnreadable, match="another place"):
        await vault.secrets.values(owner, ["token"])


async def test_changed_bytes_do_not_open(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "token")
    await vault.connection.execute(
        "UPDATE secrets SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1)"
        " WHERE owner_id = $1",
        owner,
    )
    with pytest.raises(SecretUnreadable, match="changed"):
        await vault.secrets.values(owner, ["token"])


async def test_the_use_is_noted_once_a_minute(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "token")
    await vault.keep(owner, "unused")
    await vault.secrets.values(owner, ["token"])
    first = await vault.used_at(owner, "token")
    assert first is not None
    await vault.secrets.values(owner, ["token"])
    assert await vault.used_at(owner, "token") == first
    await vault.connection.execute(
        "UPDATE secrets SET last_used_at = now() - interval '2 minutes' WHERE owner_id = $1", owner
    )
    await vault.secrets.values(owner, ["token"])
    assert await vault.used_at(owner, "token") > first  # type: ignore[operator]


@pytest.mark.parametrize("url", [None, "postgresql://nobody:wrong@127.0.0.1:9/none"])
async def test_no_database_is_a_typed_error_that_is_tried_again(url: str | None) -> None:
    database = Database(url)
    with pytest.raises(DatabaseUnavailable) as failed:
        await Secrets(database, KEYS).values(str(uuid4()), ["token"])
    assert isinstance(failed.value, ToolError)
    assert failed.value.retryable
    assert "wrong" not in failed.value.message


async def test_a_text_is_filled_for_whoever_connects_with_it(vault: Vault) -> None:
    owner = await vault.account()
    await vault.keep(owner, "a", "{{ secrets.b }}")
    await vault.keep(owner, "b", "value of b")
    filled = await vault.secrets.fill(owner, "Bearer {{ secrets.a }}{{secrets.b}} {{ other.c }}")
    assert filled == "Bearer {{ secrets.b }}value of b {{ other.c }}"
    assert await vault.secrets.fill("", "no secret") == "no secret"
    with pytest.raises(SecretMissing, match="'none'"):
        await vault.secrets.fill(owner, "{{ secrets.none }}")


def test_values_go_to_their_places_and_nowhere_else() -> None:
    place = SecretPlace(
        at=["inputs", "rows", 1, "key"],
        parts=["<", SecretPart(secret="a"), ">", SecretPart(secret="b")],
    )
    task: dict[str, Any] = {"config": {}, "inputs": {"rows": [{"key": 1}, {"key": "x", "y": 2}]}}
    assert names_in([place]) == {"a", "b"}
    put_in(task, [place], {"a": "A", "b": "B", "c": "C"})
    assert task == {"config": {}, "inputs": {"rows": [{"key": 1}, {"key": "<A>B", "y": 2}]}}
