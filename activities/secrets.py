"""Secrets become values here, in the attempt that needs them, and nowhere before."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog

from activities.database import Database
from activities.errors import InvalidInput, ToolError
from models.graph.values import Json
from models.keys import (
    KeyMissing,
    KeysInvalid,
    KeySource,
    SealBroken,
    Sealed,
    secret_place,
)
from temporal_workflows.contracts import SecretPart, SecretPlace

_log = structlog.get_logger(__name__)
_REFERENCE = re.compile(r"\{\{\s*secrets\.(\w+)\s*\}\}")
# One use a minute is as good as each of them, and does not write a row a call.
_READ = """
    WITH used AS (
        UPDATE secrets SET last_used_at = now() WHERE owner_id = $1 AND name = ANY($2::text[])
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    )
    SELECT name, ciphertext, wrapped_key, key_id FROM secrets
    WHERE owner_id = $1 AND name = ANY($2::text[])
"""


class SecretMissing(InvalidInput):
    """A tool names a secret that its run's owner does not have."""

    code = "SecretMissing"


class SecretUnreadable(ToolError):
    """This worker cannot open the secret: its keys are not the ones it was sealed with."""

    code = "SecretUnreadable"


class Secrets:
    """Reads and opens secrets of accounts."""

    def __init__(self, database: Database, keys: KeySource | None) -> None:
        """`keys` None is a worker that cannot open any."""
        self._database = database
        self._keys = keys

    async def values(self, owner_id: str, names: Iterable[str]) -> dict[str, str]:
        """The values of an account's secrets by name.

        Raises:
            SecretMissing: the account has no secret of that name.
            SecretUnreadable: the worker's keys do not open it.
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        wanted = sorted(set(names))
        if not wanted:
            return {}
        if not owner_id:
            raise SecretMissing("this run belongs to nobody, so it has no secrets")
        rows = await self._database.fetch(_READ, UUID(owner_id), wanted)
        found = {row["name"]: self._opened(owner_id, row) for row in rows}
        missing = [name for name in wanted if name not in found]
        if missing:
            raise SecretMissing(
                f"there is no secret named {missing[0]!r}; add it under Secrets, or with "
                f"`pastetrader secrets set {missing[0]}`"
            )
        return found

    async def fill(self, owner_id: str, text: str) -> str:
        """`text` with every `{{ secrets.name }}` in it replaced; raises as `values`."""
        values = await self.values(owner_id, _REFERENCE.findall(text))
        return _REFERENCE.sub(lambda found: values[found[1]], text)

    def _opened(self, owner_id: str, row: Any) -> str:
        name = row["name"]
        if self._keys is None:
            raise SecretUnreadable("this worker has no encryption keys, so it cannot open secrets")
        sealed = Sealed(row["ciphertext"], row["wrapped_key"], row["key_id"])
        try:
            return self._keys.keyring.open(sealed, secret_place(owner_id, name)).decode()
        except (KeyMissing, KeysInvalid, SealBroken) as error:
            _log.error("a secret cannot be opened", secret=name, error=str(error))
            raise SecretUnreadable(
                f"the secret {name!r} cannot be opened by this worker: {error}; "
                "give it the same encryption keys as the API, or set the secret again"
            ) from None


def names_in(places: Iterable[SecretPlace]) -> set[str]:
    """The secrets that a task's places name."""
    return {part.secret for place in places for part in place.parts if isinstance(part, SecretPart)}


def put_in(task: dict[str, Json], places: Iterable[SecretPlace], values: dict[str, str]) -> None:
    """Write the texts with their values into `task`, an object of config and inputs.

    Raises:
        InvalidInput: a place is not in the task.
    """
    for place in places:
        text = "".join(
            values[part.secret] if isinstance(part, SecretPart) else part for part in place.parts
        )
        at: Any = task
        try:
            for key in place.at[:-1]:
                at = at[key]
            at[place.at[-1]] = text
        except (KeyError, IndexError, TypeError) as error:
            raise InvalidInput(f"a secret belongs into {place.at}, which is not there") from error
