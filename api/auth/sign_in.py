"""Who is behind a token or a key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.tokens import digest, read_access_token
from models.enums import Role
from models.user import ApiKey, User

_RANKS = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2}
_SCOPES = {"read": Role.VIEWER, "write": Role.EDITOR, "admin": Role.ADMIN}
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """An account, and the most that its key lets it do."""

    user: User
    ceiling: Role = Role.ADMIN

    def may(self, role: Role) -> bool:
        """Whether account and key both reach `role`."""
        return self.key_may(role) and _RANKS[Role(self.user.role)] >= _RANKS[role]

    def key_may(self, role: Role) -> bool:
        """Whether the key reaches `role`, whatever the account's own is."""
        return _RANKS[self.ceiling] >= _RANKS[role]


async def by_access_token(session: AsyncSession, signing_key: str, token: str) -> Principal | None:
    """The live account that a token proves."""
    user_id = read_access_token(signing_key, token)
    if user_id is None:
        return None
    user = await session.scalar(select(User).where(User.id == user_id, User.is_active))
    return Principal(user) if user else None


async def by_api_key(session: AsyncSession, key: str) -> Principal | None:
    """The live account of a key that is neither unknown nor expired."""
    now = datetime.now(UTC)
    alive = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    statement = (
        select(ApiKey, User)
        .join(User, User.id == ApiKey.user_id)
        .where(ApiKey.key_hash == digest(key), alive, User.is_active)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    row, user = found
    if row.last_used_at is None or now - row.last_used_at > _USE_NOTED_EVERY:
        await session.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now))
    ceiling = max((_SCOPES[scope] for scope in row.scopes), key=_RANKS.__getitem__)
    return Principal(user, ceiling)
