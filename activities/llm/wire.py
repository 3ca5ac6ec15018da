"""What is read of a provider's answer, whatever the server really sent."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from activities.llm.messages import Text

_MOST = 2**53


def _as_json(value: Any) -> Any:
    """Some servers give arguments as the object that they are."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _zero(value: Any) -> Any:
    return 0 if value is None else value


JsonText = Annotated[Text, BeforeValidator(_as_json)]
Count = Annotated[int, BeforeValidator(_zero), Field(ge=0, le=_MOST)]


class Part(BaseModel):
    """A part of an answer, read from the object that a library made of it."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")
