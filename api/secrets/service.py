"""Use cases about secrets."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict, NotFound, Unavailable
from api.ownership import owned
from api.secrets.schemas import SecretIn
from models.base import new_id
from models.keys import KeyMissing, Keyring, SealBroken, Sealed, secret_place
from models.secret import Secret
from models.user import User

_BATCH = 500


class KeyUnavailable(Unavailable):
    """A secret is under a key that this process does not have."""

    code = "KEY_UNAVAILABLE"


class SecretNameTaken(Conflict):
    """The account has a secret of that name."""

    code = "NAME_TAKEN"


class SecretService:
    """What one account does with its secrets, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, keyring: Keyring) -> None:
        self._session = session
        self._user = user
        self._keyring = keyring

    async def put(self, name: str, body: SecretIn, *, only_new: bool) -> tuple[Secret, bool]:
        """Keep a value under a name; whether the name is new. An older value is gone.

        Raises:
            SecretNameTaken: it is not, and `only_new` was asked for.
        """
        place = secret_place(self._user.id, name)
        sealed = self._keyring.seal(body.value.get_secret_value().encode(), place)
        values: dict[str, Any] = {
            "ciphertext": sealed.ciphertext,
            "wrapped_key": sealed.wrapped_key,
            "key_id": sealed.key_id,
        }
        if "description" in body.model_fields_set:
            values["description"] = body.description
        statement = insert(Secret).values(id=new_id(), owner_id=self._user.id, name=name, **values)
        changed = {**values, "updated_at": func.now()}
        taken = ["owner_id", "name"]
        if only_new:
            statement = statement.on_conflict_do_nothing(index_elements=taken)
        else:
            statement = statement.on_conflict_do_update(index_elements=taken, set_=changed)
        found = await self._session.scalars(
            statement.returning(Secret), execution_options={"populate_existing": True}
        )
        row = found.one_or_none()
        if row is None:
            raise SecretNameTaken(f"there is a secret named {name!r} already; replace that one")
        return row, row.created_at == row.updated_at

    async def delete(self, name: str) -> None:
        """Forget a value for good; raises `NotFound`."""
        statement = owned(select(Secret), Secret, self._user).where(Secret.name == name)
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFound(f"there is no secret named {name!r}")
        await self._session.delete(found)


async def rotate(session: AsyncSession, keyring: Keyring) -> int:
    """Put every account's secrets under the current key; how many were not.

    Raises:
        KeyUnavailable: one is under a key that is not here; nothing was changed.
    """
    rotated = 0
    statement = select(Secret).where(Secret.key_id != keyring.current).order_by(Secret.id)
    while rows := (await session.scalars(statement.limit(_BATCH).with_for_update())).all():
        for row in rows:
            _rewrap(row, keyring)
        await session.flush()
        rotated += len(rows)
    return rotated


def _rewrap(row: Secret, keyring: Keyring) -> None:
    sealed = Sealed(row.ciphertext, row.wrapped_key, row.key_id)
    try:
        fresh = keyring.rewrap(sealed, secret_place(row.owner_id, row.name))
    except (KeyMissing, SealBroken) as error:
        raise KeyUnavailable(
            f"the secret {row.name!r} cannot be rotated: {error}; start the API with the key it "
            "is under as well, or delete the secret"
        ) from error
    row.wrapped_key, row.key_id = fresh.wrapped_key, fresh.key_id
