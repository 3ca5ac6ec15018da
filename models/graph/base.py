"""What every part of a graph's document is made of."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
Key = Annotated[str, Field(pattern=KEY_PATTERN)]
JsonSchema: TypeAlias = dict[str, Any]


class GraphModel(BaseModel):
    """Closed by default: an unknown field is a typo, and a typo is an error."""

    model_config = ConfigDict(extra="forbid")

    def model_post_init(self, _context: Any, /) -> None:
        """Count discriminators as set: a dump without defaults must still parse."""
        self.model_fields_set.update({"type", "kind"} & type(self).model_fields.keys())
