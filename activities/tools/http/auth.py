"""What shows a server who calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.errors import InvalidInput
from activities.tools.http.oauth import NO_TOKEN, Token, Tokens, basic
from models.graph.http import ApiKeyAuth, Auth, BasicAuth, BearerAuth, OAuth2Auth


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request carries for it, and the OAuth token behind it."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    token: Token = NO_TOKEN


NOBODY = Proof()


async def prove(auth: Auth, tokens: Tokens) -> Proof:
    """The proof that `auth` describes.

    Raises:
        InvalidInput: a user name has a colon.
        AuthenticationFailed: the token endpoint refuses.
        ToolError: the token endpoint cannot be reached.
    """
    match auth:
        case BasicAuth():
            if ":" in auth.username:
                raise InvalidInput("config.auth.username: a user name has no colon")
            return Proof({"Authorization": basic(auth.username, auth.password)})
        case BearerAuth():
            return Proof({"Authorization": f"Bearer {auth.token}"})
        case ApiKeyAuth(place="header"):
            return Proof({auth.name: auth.value})
        case ApiKeyAuth():
            return Proof(query=((auth.name, auth.value),))
        case OAuth2Auth():
            token = await tokens.get(auth)
            return Proof({"Authorization": f"Bearer {token.value}"}, token=token)
        case _:
            return NOBODY
