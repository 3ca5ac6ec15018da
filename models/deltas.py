"""What is said of a turn before it is finished, on its way from a worker to every API process."""

from pydantic import BaseModel, ConfigDict, Field

# Of PostgreSQL's notifications: whoever listens has it, nobody keeps it.
DELTA_CHANNEL = "pastetrader_delta"


class Delta(BaseModel):
    """A piece of what attempt `attempt` of a turn says; `offset` is in characters (code points).

    Within an attempt the same character is always at the same offset; another attempt begins anew.
    A piece may be lost, so the next one may lie beyond the end of what came before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    execution_id: str
    node_key: str
    attempt: int = Field(ge=1)
    offset: int = Field(ge=0)
    text: str
