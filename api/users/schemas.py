"""What administrators send about accounts."""

from pydantic import BaseModel

from api.auth.schemas import Email, Password, UserOut
from api.schemas import Closed, Name
from models.enums import Role


class NewUser(Closed):
    """An account to make."""

    email: Email
    password: Password
    display_name: Name
    role: Role = Role.EDITOR


class UserChange(Closed):
    """What to change; what is left out stays."""

    display_name: Name | None = None
    role: Role | None = None
    is_active: bool | None = None
    password: Password | None = None


class UserList(BaseModel):
    """A page of accounts."""

    items: list[UserOut]
    next_cursor: str | None
