"""Access tokens (JWT), and the random secrets behind refresh tokens and API keys."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from jose import JWTError, jwt

ALGORITHM = "HS256"
ISSUER = "pastetrader"
KEY_PREFIX = "pt"
_REQUIRED = {f"require_{claim}": True for claim in ("sub", "iat", "exp", "iss")}


def issue_access_token(key: str, user_id: UUID, seconds: int) -> str:
    """A token that proves the account for some seconds."""
    now = datetime.now(UTC)
    claims = {
        "sub": str(user_id),
        "iss": ISSUER,
        "iat": now,
        "exp": now + timedelta(seconds=seconds),
        "jti": secrets.token_hex(8),
    }
    token: str = jwt.encode(claims, key, algorithm=ALGORITHM)
    return token


def read_access_token(key: str, token: str) -> UUID | None:
    """The account a token proves; None when it does not hold."""
    try:
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], issuer=ISSUER, options=dict(_REQUIRED)
        )
        return UUID(claims["sub"])
    except (JWTError, ValueError, KeyError, TypeError, AttributeError):
        return None


@dataclass(frozen=True, slots=True)
class Secret:
    """A new secret: shown once, kept as its hash."""

    text: str
    hashed: str


def new_secret() -> Secret:
    """Something nobody can guess."""
    text = secrets.token_urlsafe(32)
    return Secret(text, digest(text))


def new_api_key() -> tuple[str, Secret]:
    """(prefix, key): the prefix names the key in lists."""
    prefix = secrets.token_hex(4)
    text = f"{KEY_PREFIX}_{prefix}_{secrets.token_urlsafe(32)}"
    return prefix, Secret(text, digest(text))


def digest(text: str) -> str:
    """SHA-256 in hex; enough for secrets that are random."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
