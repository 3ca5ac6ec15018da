"""Kinds of fields that several domains accept."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from models.graph.values import Json, check_json

Text = Annotated[str, AfterValidator(check_json)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_json),
]
StoredJson = Annotated[Json, AfterValidator(check_json)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Closed(BaseModel):
    """An unknown field is a typo, and a typo is an error."""

    model_config = ConfigDict(extra="forbid")
