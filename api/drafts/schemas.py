"""What clients send to have a workflow drafted, and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.drafts.text import MAX_CHARACTERS
from api.schemas import Closed, Text
from models.enums import ExecutionStatus
from models.graph.problems import Code, Severity
from models.graph.values import Json


class DraftRequest(Closed):
    """A text that describes a method, and the agent whose model reads it.

    With `workflow_id` the draft changes that workflow's own; it is not stored either way.
    """

    text: Annotated[Text, Field(description=f"1 to {MAX_CHARACTERS} characters.")]
    agent_id: UUID
    workflow_id: UUID | None = None


class DraftUpload(Closed):
    """The same as a form: `file` is text, Markdown or a PDF."""

    agent_id: UUID
    workflow_id: UUID | None = None


class DraftLinks(BaseModel):
    """Where to go on: the draft, the run that makes it, what happens in it, and what was said."""

    self: str
    execution: str
    events: str
    messages: str


class DraftAccepted(BaseModel):
    """A draft that is being made; its id is also its run's."""

    id: UUID
    links: DraftLinks


class DraftProblem(BaseModel):
    """What the validator found; `path` is the place in the document."""

    severity: Severity
    code: Code
    message: str
    path: str
    nodes: list[str]
    suggestion: str | None


class DraftError(BaseModel):
    """Why there is no whole draft."""

    code: str
    message: str


class DraftUsage(BaseModel):
    """What the model has used so far."""

    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class DraftOut(BaseModel):
    """A draft as it stands, also while it is being made.

    `base` is the document that it began with, null for a new workflow. `reasons` say of each node
    why it is there. `text` is what the model said last.
    """

    id: UUID
    status: ExecutionStatus
    agent_id: UUID | None
    agent_name: str | None
    workflow_id: UUID | None
    created_at: datetime
    document: dict[str, Json]
    base: dict[str, Json] | None
    reasons: dict[str, str]
    problems: list[DraftProblem]
    text: str
    error: DraftError | None
    usage: DraftUsage
