"""The server's encryption keys, and what they seal: AES-256-GCM, each purpose with a key of its own."""

import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VARIABLE = "PASTETRADER_ENCRYPTION_KEYS"
FILE_VARIABLE = "PASTETRADER_ENCRYPTION_KEYS_FILE"
HOW_TO_MAKE = "make one with: pastetrader secrets new-key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_MAX_ID = 32


class KeysInvalid(ValueError):
    """The keys cannot be read; the message says why and how to make one, and holds no key."""


class KeyMissing(Exception):
    """What is to be opened was sealed with a key that is not here."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the encryption key {key_id!r} is not among the keys of this process")


class SealBroken(Exception):
    """The bytes were changed, or belong to another place."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value under a key of its own, which is itself sealed with the server's key `key_id`."""

    ciphertext: bytes
    wrapped_key: bytes
    key_id: str


class Keyring:
    """Keys by id; the first one seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Each key has 32 bytes; there is at least one."""
        self._keys = dict(keys)
        self.current = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Keys as `id:base64`, one a line or separated by commas; the first one is current.

        Raises:
            KeysInvalid: there is none, or one is malformed.
        """
        entries = [entry.strip() for entry in text.replace(",", "\n").splitlines()]
        keys: dict[str, bytes] = {}
        for entry in filter(None, entries):
            key_id, key = _parsed(entry)
            if key_id in keys:
                raise KeysInvalid(f"two encryption keys have the id {key_id!r}")
            keys[key_id] = key
        if not keys:
            raise KeysInvalid(f"there is no encryption key; {HOW_TO_MAKE}")
        return cls(keys)

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys

    def seal(self, value: bytes, place: str) -> Sealed:
        """Seal a value that can be opened for the same `place` only."""
        own_key = AESGCM.generate_key(_KEY_BYTES * 8)
        ciphertext = _encrypt(own_key, value, place)
        return Sealed(ciphertext, self._wrap(own_key, place), self.current)

    def open(self, sealed: Sealed, place: str) -> bytes:
        """The value. Raises `KeyMissing`, `SealBroken`."""
        return _decrypt(self._unwrap(sealed, place), sealed.ciphertext, place)

    def rewrap(self, sealed: Sealed, place: str) -> Sealed:
        """The same value under the current key. Raises `KeyMissing`, `SealBroken`."""
        own_key = self._unwrap(sealed, place)
        return Sealed(sealed.ciphertext, self._wrap(own_key, place), self.current)

    def encrypt(self, data: bytes, purpose: str) -> bytes:
        """`data` under the current key, for traffic that is not worth a key a message."""
        return _encrypt(self._key(self.current, purpose), data, purpose)

    def decrypt(self, data: bytes, purpose: str, key_id: str) -> bytes:
        """What `encrypt` got. Raises `KeyMissing`, `SealBroken`."""
        return _decrypt(self._key(key_id, purpose), data, purpose)

    def _wrap(self, own_key: bytes, place: str) -> bytes:
        return _encrypt(self._key(self.current, "secrets"), own_key, place)

    def _unwrap(self, sealed: Sealed, place: str) -> bytes:
        return _decrypt(self._key(sealed.key_id, "secrets"), sealed.wrapped_key, place)

    def _key(self, key_id: str, purpose: str) -> bytes:
        if key_id not in self._keys:
            raise KeyMissing(key_id)
        return _derived(self._keys[key_id], purpose)


class KeySource:
    """Where a process reads its keys: a text that stays, or a file that may get a new key."""

    def __init__(self, text: str | None = None, file: Path | None = None) -> None:
        """Raises `KeysInvalid` when neither holds keys."""
        self._file = file
        self._read: tuple[int, ...] = ()
        self._keyring = Keyring.parse(text or "") if file is None else self.keyring

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "KeySource":
        """The keys of the two variables; the file wins. Raises `KeysInvalid`."""
        file = environ.get(FILE_VARIABLE)
        if file:
            return cls(file=Path(file))
        text = environ.get(VARIABLE)
        if not text:
            raise KeysInvalid(f"{FILE_VARIABLE} or {VARIABLE} must be set; {HOW_TO_MAKE}")
        return cls(text)

    @property
    def keyring(self) -> Keyring:
        """The keys as they are now. Raises `KeysInvalid`."""
        if self._file is None:
            return self._keyring
        try:
            facts = self._file.stat()
            # Two changes may come within one tick of the clock of a file system.
            seen = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
            if seen != self._read:
                self._keyring = Keyring.parse(self._file.read_text(encoding="ascii"))
                self._read = seen
        except (OSError, UnicodeError) as error:
            raise KeysInvalid(f"{FILE_VARIABLE}: {error}") from error
        return self._keyring


def secret_place(owner_id: object, name: str) -> str:
    """The place of an account's secret: moved to another row, it cannot be opened."""
    return f"secret {owner_id} {name}"


def new_key(key_id: str) -> str:
    """An entry for the list of keys."""
    return f"{key_id}:{urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()}"


def _parsed(entry: str) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.partition(":")
    # Without a colon this could be a key, which no message may repeat.
    if not (
        colon and key_id.isascii() and key_id.replace("-", "").isalnum() and len(key_id) <= _MAX_ID
    ):
        raise KeysInvalid(f"an encryption key is written `id:base64`; {HOW_TO_MAKE}")
    try:
        key = b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES or len(set(key)) < 10:
        raise KeysInvalid(f"the encryption key {key_id!r} is not 32 random bytes; {HOW_TO_MAKE}")
    return key_id, key


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"pastetrader {purpose}".encode()).derive(key)


def _encrypt(key: bytes, data: bytes, place: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, place.encode())


def _decrypt(key: bytes, data: bytes, place: str) -> bytes:
    try:
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise SealBroken("the sealed bytes were changed, or belong to another place") from None
