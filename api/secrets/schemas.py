"""What clients send and get; no answer ever holds a value."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from api.schemas import Closed, Text
from models.graph.values import check_json

MIN_CHARACTERS = 6
MAX_BYTES = 64 * 1024
SecretName = Annotated[str, Path(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class SecretIn(Closed):
    """A value to keep, in place of the one that was there."""

    value: SecretStr = Field(description="At least 6 characters: shorter ones are no secrets.")
    description: Annotated[Text, Field(max_length=1_000)] | None = None

    @field_validator("value")
    @classmethod
    def _usable(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if len(text) < MIN_CHARACTERS or len(text.encode(errors="replace")) > MAX_BYTES:
            raise ValueError(f"a secret has {MIN_CHARACTERS} characters to {MAX_BYTES // 1024} KiB")
        try:
            check_json(text)
        except ValueError:
            raise ValueError("a secret is text, without NUL or lone surrogates") from None
        return value


class SecretOut(BaseModel):
    """What is told of a secret."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None


class SecretList(BaseModel):
    """A page of secrets."""

    items: list[SecretOut]
    next_cursor: str | None


class Rotated(BaseModel):
    """How many secrets are under the key `key_id` now that were not before."""

    key_id: str
    rotated: int
