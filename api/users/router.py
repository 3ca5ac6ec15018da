"""Routes about accounts; administrators only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit import note
from api.auth.passwords import hash_password
from api.auth.schemas import UserOut
from api.auth.service import end_logins
from api.deps import AdminDep, SessionDep
from api.errors import Conflict, NotFound
from api.pagination import cut, decode_cursor, encode_cursor
from api.users.schemas import NewUser, UserChange, UserList
from models.enums import Role
from models.user import User

router = APIRouter(prefix="/users", tags=["users"])


class EmailTaken(Conflict):
    """Another account has this e-mail."""

    code = "EMAIL_TAKEN"


class LastAdmin(Conflict):
    """Somebody must be able to administer."""

    code = "LAST_ADMIN"


@router.get("")
async def list_users(
    session: SessionDep,
    admin: AdminDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> UserList:
    """Accounts, oldest first."""
    statement = select(User).order_by(User.id).limit(limit + 1)
    if cursor:
        statement = statement.where(User.id > decode_cursor(cursor, UUID)[0])
    rows, following = cut(
        (await session.scalars(statement)).all(), limit, lambda row: encode_cursor(row.id)
    )
    return UserList(items=[UserOut.model_validate(row) for row in rows], next_cursor=following)


@router.post("", status_code=201)
async def create_user(
    body: NewUser, session: SessionDep, admin: AdminDep, request: Request
) -> UserOut:
    """Make an account."""
    if await session.scalar(select(User.id).where(User.email == body.email)):
        raise EmailTaken(f"there is an account for {body.email} already")
    user = User(
        email=body.email,
        hashed_password=await hash_password(body.password),
        display_name=body.display_name,
        role=body.role,
    )
    session.add(user)
    await session.flush()
    await session.refresh(user)
    note(session, request, "user.create", actor_id=admin.id, resource=str(user.id))
    return UserOut.model_validate(user)


@router.get("/{user_id}")
async def get_user(user_id: UUID, session: SessionDep, admin: AdminDep) -> UserOut:
    """One account."""
    return UserOut.model_validate(await _user(session, user_id))


@router.patch("/{user_id}")
async def change_user(
    user_id: UUID, body: UserChange, session: SessionDep, admin: AdminDep, request: Request
) -> UserOut:
    """Change an account; a new password or a closed account ends its logins."""
    user = await _user(session, user_id)
    changes = body.model_dump(exclude_none=True)
    if user.role == Role.ADMIN and (
        changes.get("role", Role.ADMIN) != Role.ADMIN or changes.get("is_active") is False
    ):
        await _not_the_last_admin(session, user)
    password = changes.pop("password", None)
    if password is not None:
        user.hashed_password = await hash_password(password)
    for name, value in changes.items():
        setattr(user, name, value)
    if password is not None or not user.is_active:
        await end_logins(session, user.id)
    await session.flush()
    await session.refresh(user)
    note(
        session,
        request,
        "user.change",
        actor_id=admin.id,
        resource=str(user.id),
        detail={"fields": sorted(body.model_fields_set)},
    )
    return UserOut.model_validate(user)


@router.delete("/{user_id}", status_code=204)
async def delete_user(
    user_id: UUID, session: SessionDep, admin: AdminDep, request: Request
) -> None:
    """Delete an account; what it owns stays."""
    user = await _user(session, user_id)
    if user.role == Role.ADMIN:
        await _not_the_last_admin(session, user)
    user.soft_delete()
    await end_logins(session, user.id)
    note(session, request, "user.delete", actor_id=admin.id, resource=str(user_id))


async def _user(session: AsyncSession, user_id: UUID) -> User:
    user: User | None = await session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound(f"there is no account {user_id}")
    return user


async def _not_the_last_admin(session: AsyncSession, user: User) -> None:
    others = await session.scalar(
        select(User.id)
        .where(User.role == Role.ADMIN, User.is_active, User.id != user.id)
        .limit(1)
        .with_for_update()
    )
    if others is None:
        raise LastAdmin("this is the last active administrator; make another one first")
