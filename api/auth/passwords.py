"""Password hashes, off the event loop: one takes a quarter of a second."""

import asyncio
from functools import cache

from passlib.context import CryptContext

# bcrypt over SHA-256: plain bcrypt would cut, or refuse, what is longer than 72 bytes.
_context = CryptContext(schemes=["bcrypt_sha256"])


async def hash_password(password: str) -> str:
    """A salted hash."""
    return await asyncio.to_thread(_context.hash, password)


async def password_holds(password: str, hashed: str | None) -> bool:
    """Whether `password` is the one behind `hashed`; None takes as long and never holds."""
    holds = await asyncio.to_thread(_verify, password, hashed)
    return holds and hashed is not None


def _verify(password: str, hashed: str | None) -> bool:
    return bool(_context.verify(password, hashed or _nobody()))


@cache
def _nobody() -> str:
    """Checked when there is no account, so that the answer takes as long."""
    return str(_context.hash("nobody has this password"))
