"""What routes need: a transaction, and who asks."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.sign_in import Principal, by_access_token, by_api_key
from api.errors import Forbidden, Unauthorized, Unavailable
from api.settings import Settings
from models.enums import Role
from models.keys import Keyring, KeysInvalid
from models.session import act_as
from models.user import User

bearer_scheme = HTTPBearer(auto_error=False, description="Access token of `POST /auth/login`.")
api_key_scheme = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of yours.")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class KeysUnavailable(Unavailable):
    """The operator's key file is gone or damaged."""

    code = "KEYS_UNAVAILABLE"


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One request is one transaction, committed before the answer leaves.

    Coroutine functions in `session.info["after_commit"]` run right after the commit.
    """
    async with request.app.state.sessions() as session:
        async with session.begin():
            yield session
        for job in session.info.pop("after_commit", []):
            await job()


# Function scope: code after `yield` runs before the answer, so a failed commit is no 200.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


def get_settings(request: Request) -> Settings:
    """The process's settings."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


def get_keyring(settings: SettingsDep) -> Keyring:
    """The encryption keys as they are now.

    Raises:
        KeysUnavailable: the file that holds them cannot be read any more.
    """
    try:
        return settings.keys.keyring
    except KeysInvalid as error:
        raise KeysUnavailable(f"the encryption keys cannot be read: {error}") from error


KeyringDep = Annotated[Keyring, Depends(get_keyring)]


async def get_principal(
    session: SessionDep,
    settings: SettingsDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
    api_key: Annotated[str | None, Depends(api_key_scheme)],
) -> Principal:
    """Who asks, by access token or API key.

    Raises:
        Unauthorized: neither is given, or it does not hold.
    """
    found = None
    if api_key is not None:
        found = await by_api_key(session, api_key)
    elif bearer is not None:
        signing_key = settings.secret_key.get_secret_value()
        found = await by_access_token(session, signing_key, bearer.credentials)
    if found is None:
        given = api_key is not None or bearer is not None
        what = "the token or key is not valid any more" if given else "sign in first"
        raise Unauthorized(
            f"{what}: send `Authorization: Bearer …` or `X-API-Key: …`", headers=_CHALLENGE
        )
    if not found.may(Role.ADMIN):  # administrators end logins of others
        await act_as(session, found.user.id)
    return found


PrincipalDep = Annotated[Principal, Depends(get_principal)]


def get_user(principal: PrincipalDep) -> User:
    """The signed-in account."""
    return principal.user


def get_editor(principal: PrincipalDep) -> User:
    """An account that may change things.

    Raises:
        Forbidden: it may only look.
    """
    if not principal.may(Role.EDITOR):
        raise Forbidden("this account or key may only read; ask an administrator for more")
    return principal.user


def get_decider(principal: PrincipalDep) -> User:
    """An account that may be asked, whatever its role; what it may decide is said by each approval.

    Raises:
        Forbidden: its key may only read.
    """
    if not principal.key_may(Role.EDITOR):
        raise Forbidden("this key may only read; sign in, or use a key with the scope `write`")
    return principal.user


def get_admin(principal: PrincipalDep) -> User:
    """An administrator.

    Raises:
        Forbidden: it is none.
    """
    if not principal.may(Role.ADMIN):
        raise Forbidden("only administrators may do this")
    return principal.user


UserDep = Annotated[User, Depends(get_user)]
EditorDep = Annotated[User, Depends(get_editor)]
DeciderDep = Annotated[User, Depends(get_decider)]
AdminDep = Annotated[User, Depends(get_admin)]
