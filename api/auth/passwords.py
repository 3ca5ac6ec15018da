"""Password hashes, off the event loop: one takes a quarter of a second."""

import asyncio

from passlib.context import CryptContext

# bcrypt over SHA-256: plain bcrypt would cut, or refuse, what is longer than 72 bytes.
_context = CryptContext(schemes=["bcrypt_sha256"])
# Checked when there is no account, so that the answer takes as long.
_NOBODY = _context.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """A salted hash."""
    return await asyncio.to_thread(_context.hash, password)


async def password_holds(password: str, hashed: str | None) -> bool:
    """Whether `password` is the one behind `hashed`; None takes as long and never holds."""
    holds = await asyncio.to_thread(_context.verify, password, hashed or _NOBODY)
    return bool(holds) and hashed is not None
