"""What clients send and get when they sign in."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field

from api.schemas import Closed, Name
from models.enums import Role
from models.graph.values import check_json

Email = Annotated[EmailStr, AfterValidator(str.lower), Field(max_length=320)]
Password = Annotated[str, Field(min_length=12, max_length=1_000), AfterValidator(check_json)]
Scope = Literal["read", "write", "admin"]


class SetupRequest(Closed):
    """The first account."""

    email: Email
    password: Password
    display_name: Name = "Administrator"


class SetupState(BaseModel):
    """`open` until the first account is made."""

    open: bool


class LoginRequest(Closed):
    """What proves an account."""

    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=1_000)]


class UserOut(BaseModel):
    """An account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    display_name: str
    role: Role
    is_active: bool
    created_at: datetime


class OwnChange(Closed):
    """What to change of one's own account; a new password needs the current one."""

    display_name: Name | None = None
    password: Password | None = None
    current_password: Annotated[str, Field(max_length=1_000)] | None = None


class TokenAnswer(BaseModel):
    """An access token; the refresh token travels in a cookie only."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a kind, no secret
    expires_in: int = Field(description="Seconds.")
    user: UserOut


class ApiKeyRequest(Closed):
    """A key for a program; `scopes` bound what it may do, besides the account's role."""

    name: Name
    scopes: list[Scope] = Field(["read", "write", "admin"], min_length=1, max_length=3)
    expires_at: datetime | None = None


class ApiKeyOut(BaseModel):
    """A key as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class NewApiKey(ApiKeyOut):
    """A key just made: the only time that it is shown."""

    key: str


class ApiKeyList(BaseModel):
    """All keys of an account."""

    items: list[ApiKeyOut]
    next_cursor: str | None = None
