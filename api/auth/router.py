"""Routes about signing in."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Cookie, Request, Response
from sqlalchemy import select

from api.audit import note
from api.auth import service
from api.auth.passwords import hash_password, password_holds
from api.auth.schemas import (
    ApiKeyList,
    ApiKeyOut,
    ApiKeyRequest,
    LoginRequest,
    NewApiKey,
    OwnChange,
    SetupRequest,
    SetupState,
    TokenAnswer,
    UserOut,
)
from api.auth.service import InvalidRefreshToken, WrongCredentials
from api.auth.throttle import LoginThrottle
from api.auth.tokens import issue_access_token, new_api_key
from api.deps import SessionDep, SettingsDep, UserDep
from api.errors import Conflict, NotFound, ValidationFailed, problem
from api.settings import Settings
from models.user import ApiKey, User

router = APIRouter(prefix="/auth", tags=["auth"])
COOKIE = "pastetrader_refresh"
COOKIE_PATH = "/api/v1/auth"
MAX_KEYS = 100
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=200)]


@router.get("/setup")
async def get_setup(session: SessionDep) -> SetupState:
    """Whether the first account is still to be made."""
    return SetupState(open=await service.is_empty(session))


@router.post("/setup", status_code=201)
async def set_up(body: SetupRequest, session: SessionDep, request: Request) -> UserOut:
    """Make the first account; closed for ever afterwards."""
    user = await service.set_up(session, body)
    note(session, request, "auth.setup", actor_id=user.id)
    return UserOut.model_validate(user)


@router.post("/login")
async def log_in(
    body: LoginRequest,
    session: SessionDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
) -> TokenAnswer:
    """Exchange e-mail and password for an access token, and a refresh token in a cookie."""
    throttle: LoginThrottle = request.app.state.throttle
    who = f"{request.client.host if request.client else ''} {body.email.lower()}"
    throttle.check(who)
    try:
        user = await service.log_in(session, body.email, body.password)
    except WrongCredentials:
        throttle.failed(who)
        raise
    throttle.succeeded(who)
    note(session, request, "auth.login", actor_id=user.id)
    token = await service.issue_refresh_token(session, user.id, settings.refresh_token_days)
    return _signed_in(user, token, settings, response)


@router.post("/refresh", response_model=TokenAnswer)
async def refresh(
    session: SessionDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
    token: RefreshCookie = None,
) -> TokenAnswer | Response:
    """A new access token for the cookie of a login; each refresh token works once."""
    if not token:
        raise InvalidRefreshToken("there is no login to go on with; sign in")
    found = await service.refresh(session, token, settings.refresh_token_days)
    if found.user is None or found.token is None:
        note(session, request, "auth.refresh_reused", resource=str(found.stolen_family))
        # Answered, not raised: the revocation must be committed.
        closed = InvalidRefreshToken("the session was used twice and is closed; sign in again")
        return problem(request, closed)
    return _signed_in(found.user, found.token, settings, response)


@router.post("/logout", status_code=204)
async def log_out(session: SessionDep, response: Response, token: RefreshCookie = None) -> None:
    """End the login of the cookie."""
    if token:
        await service.log_out(session, token)
    response.delete_cookie(COOKIE, path=COOKIE_PATH)


@router.get("/me")
async def me(user: UserDep) -> UserOut:
    """The signed-in account."""
    return UserOut.model_validate(user)


@router.patch("/me")
async def change_me(
    body: OwnChange,
    session: SessionDep,
    user: UserDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
) -> UserOut:
    """Change name or password; a new password ends every other login."""
    if body.display_name is not None:
        user.display_name = body.display_name
    if body.password is not None:
        throttle: LoginThrottle = request.app.state.throttle
        who = f"{request.client.host if request.client else ''} {user.email}"
        throttle.check(who)
        if not await password_holds(body.current_password or "", user.hashed_password):
            throttle.failed(who)
            raise ValidationFailed("`current_password` is not your password")
        user.hashed_password = await hash_password(body.password)
        await service.end_logins(session, user.id)
        token = await service.issue_refresh_token(session, user.id, settings.refresh_token_days)
        _set_cookie(response, token, settings)
    await session.flush()
    await session.refresh(user)
    fields = sorted(body.model_fields_set - {"current_password"})
    note(session, request, "auth.change", actor_id=user.id, detail={"fields": fields})
    return UserOut.model_validate(user)


@router.get("/api-keys")
async def list_api_keys(session: SessionDep, user: UserDep) -> ApiKeyList:
    """Your keys, newest first."""
    statement = select(ApiKey).where(ApiKey.user_id == user.id).order_by(ApiKey.id.desc())
    return ApiKeyList(
        items=[ApiKeyOut.model_validate(row) for row in await session.scalars(statement)]
    )


@router.post("/api-keys", status_code=201)
async def create_api_key(
    body: ApiKeyRequest, session: SessionDep, user: UserDep, request: Request
) -> NewApiKey:
    """Make a key; the answer is the only place that shows it."""
    if body.expires_at is not None:
        expires = body.expires_at.astimezone(UTC)
        if expires <= datetime.now(UTC):
            raise ValidationFailed("`expires_at` is in the past")
    known = await session.scalars(select(ApiKey.id).where(ApiKey.user_id == user.id))
    if len(known.all()) >= MAX_KEYS:
        raise Conflict(f"an account may have {MAX_KEYS} keys; delete one you no longer use")
    prefix, secret = new_api_key()
    row = ApiKey(
        user_id=user.id,
        name=body.name,
        prefix=prefix,
        key_hash=secret.hashed,
        scopes=list(dict.fromkeys(body.scopes)),
        expires_at=body.expires_at,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    note(session, request, "api_key.create", actor_id=user.id, resource=str(row.id))
    return NewApiKey(**ApiKeyOut.model_validate(row).model_dump(), key=secret.text)


@router.delete("/api-keys/{key_id}", status_code=204)
async def delete_api_key(
    key_id: UUID, session: SessionDep, user: UserDep, request: Request
) -> None:
    """Delete a key; it stops working at once."""
    row = await session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user.id))
    if row is None:
        raise NotFound(f"there is no key {key_id}")
    await session.delete(row)
    note(session, request, "api_key.delete", actor_id=user.id, resource=str(key_id))


def _signed_in(
    user: User, refresh_token: str, settings: Settings, response: Response
) -> TokenAnswer:
    _set_cookie(response, refresh_token, settings)
    response.headers["Cache-Control"] = "no-store"
    key = settings.secret_key.get_secret_value()
    return TokenAnswer(
        access_token=issue_access_token(key, user.id, settings.access_token_seconds),
        expires_in=settings.access_token_seconds,
        user=UserOut.model_validate(user),
    )


def _set_cookie(response: Response, refresh_token: str, settings: Settings) -> None:
    response.set_cookie(
        COOKIE,
        refresh_token,
        max_age=settings.refresh_token_days * 86_400,
        path=COOKIE_PATH,
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )
