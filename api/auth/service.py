"""Setting up, signing in and staying signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.passwords import hash_password, password_holds
from api.auth.schemas import SetupRequest
from api.auth.tokens import digest, new_secret
from api.errors import Conflict, Unauthorized
from models.base import new_id
from models.enums import Role
from models.session import INCLUDE_DELETED
from models.user import RefreshToken, User

_SETUP_LOCK = 0x70617374  # "past": any number that nobody else uses


class AlreadySetUp(Conflict):
    """There are accounts already."""

    code = "ALREADY_SET_UP"


class WrongCredentials(Unauthorized):
    """E-mail or password is wrong; which one is not said."""

    code = "WRONG_CREDENTIALS"


class InvalidRefreshToken(Unauthorized):
    """The session is over: sign in again."""

    code = "INVALID_REFRESH_TOKEN"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Either a new token for its account, or the family that was revoked for its reuse."""

    user: User | None = None
    token: str | None = None
    stolen_family: UUID | None = None


async def set_up(session: AsyncSession, request: SetupRequest) -> User:
    """Make the first account, an administrator.

    Raises:
        AlreadySetUp: there is, or was, an account.
    """
    hashed = await hash_password(request.password)
    await session.execute(select(func.pg_advisory_xact_lock(_SETUP_LOCK)))
    if not await is_empty(session):
        raise AlreadySetUp("this server has its first account; sign in, or ask its administrator")
    user = User(
        email=request.email,
        hashed_password=hashed,
        display_name=request.display_name,
        role=Role.ADMIN,
    )
    session.add(user)
    await session.flush()
    await session.refresh(user)
    return user


async def is_empty(session: AsyncSession) -> bool:
    """Whether there never was an account."""
    found = await session.scalar(
        select(User.id).limit(1), execution_options={INCLUDE_DELETED: True}
    )
    return found is None


async def log_in(session: AsyncSession, email: str, password: str) -> User:
    """The account behind e-mail and password; takes as long for one that does not exist.

    Raises:
        WrongCredentials: they do not match.
    """
    user = await session.scalar(
        select(User).where(User.email == email.replace("\x00", "").lower(), User.is_active)
    )
    if not await password_holds(password, user.hashed_password if user else None) or user is None:
        raise WrongCredentials("e-mail or password is wrong")
    return user


async def issue_refresh_token(
    session: AsyncSession, user_id: UUID, days: int, family: UUID | None = None
) -> str:
    """A refresh token of a family; a new family for a new login."""
    secret = new_secret()
    session.add(
        RefreshToken(
            user_id=user_id,
            family=family or new_id(),
            token_hash=secret.hashed,
            expires_at=datetime.now(UTC) + timedelta(days=days),
        )
    )
    return secret.text


async def refresh(session: AsyncSession, token: str, days: int) -> Refreshed:
    """Exchange a refresh token for the next one of its family.

    Raises:
        InvalidRefreshToken: it is unknown, expired or revoked.
    """
    now = datetime.now(UTC)
    row = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == digest(token)).with_for_update()
    )
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise InvalidRefreshToken("the session is over; sign in again")
    if row.used_at is not None:
        await revoke_family(session, row.family)
        return Refreshed(stolen_family=row.family)
    user = await session.scalar(select(User).where(User.id == row.user_id, User.is_active))
    if user is None:
        raise InvalidRefreshToken("the account is closed")
    row.used_at = now
    following = await issue_refresh_token(session, user.id, days, row.family)
    return Refreshed(user=user, token=following)


async def end_logins(session: AsyncSession, user_id: UUID) -> None:
    """End all logins of an account."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )


async def revoke_family(session: AsyncSession, family: UUID) -> None:
    """End a login everywhere."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )


async def log_out(session: AsyncSession, token: str) -> None:
    """End the login a refresh token belongs to; an unknown one is no error."""
    family = await session.scalar(
        select(RefreshToken.family).where(RefreshToken.token_hash == digest(token))
    )
    if family is not None:
        await revoke_family(session, family)
