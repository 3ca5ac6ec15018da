"""What clients send and get."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from api.schemas import Closed, StoredJson, Text
from models.approval import Approval
from models.enums import ApprovalStatus
from models.graph.values import Json, check_json, encoded_size

# What fifty people fill in has to fit into what a run carries.
MAX_FORM_BYTES = 32 * 1024
DAY = 86_400


def _small(form: dict[str, Any]) -> dict[str, Any]:
    size = encoded_size(form)
    if size > MAX_FORM_BYTES:
        raise ValueError(f"the form has {size} bytes; at most {MAX_FORM_BYTES} are taken")
    return form


class DecisionRequest(Closed):
    """Whether the run may go on; a model is told the `comment` of a rejection."""

    approve: bool
    comment: Annotated[Text, Field(max_length=2_000)] | None = None
    form: Annotated[dict[str, StoredJson], AfterValidator(_small)] | None = Field(
        None, description="What `form_schema` asks whoever approves for."
    )


class LinkRequest(Closed):
    """Who decides by the link (none: you), and for how long it may be used."""

    email: Annotated[str, Field(max_length=320), AfterValidator(check_json)] | None = None
    expires_seconds: int = Field(DAY, ge=60, le=30 * DAY)


class NewLink(BaseModel):
    """A link that decides once; its token is shown only here."""

    url: str
    token: str
    expires_at: datetime
    email: str


class LinkOut(BaseModel):
    """What whoever has the link is asked.

    `expires_at` is when it can no longer be used. `decided` says that no decision is wanted of them
    any more: `status` says which it was, or `pending` when others are still to decide.
    """

    title: str
    request: Json
    form_schema: dict[str, Any] | None
    status: ApprovalStatus
    expires_at: datetime
    email: str
    workflow_name: str | None
    decided: bool


class DecisionOut(BaseModel):
    """What one person said, and when the run took it."""

    by: str
    by_email: str | None
    approve: bool
    comment: str | None
    form: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is told of an approval and not in its row: its run, and who people are."""

    parent_execution_id: UUID | None
    workflow_id: UUID | None
    workflow_name: str | None
    emails: Mapping[str, str]
    can_decide: bool
    own: bool


class ApprovalOut(BaseModel):
    """Something a run asks of people; `node_key` and `path` say which of its rows waits.

    `assignees` are e-mail addresses and `role:NAME`; none means the owner of the run. It takes
    `required` of them to approve, and one to reject; `can_decide` says that you are one of them and
    have not decided yet, `own` that the run is yours to open. `decided_at` is also when it expired, or when its run ended undecided.
    """

    id: UUID
    execution_id: UUID
    parent_execution_id: UUID | None
    workflow_id: UUID | None
    workflow_name: str | None
    node_key: str
    path: str
    title: str
    request: Json = Field(
        description="What is asked: `{tool, arguments}` of a call, `{message, inputs}` of a node."
    )
    form_schema: dict[str, Any] | None
    assignees: list[str]
    required: int
    status: ApprovalStatus
    can_decide: bool
    own: bool
    decisions: list[DecisionOut]
    comment: str | None
    decided_by: UUID | None
    decided_by_email: str | None
    decided_at: datetime | None
    reminded_at: datetime | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Approval, around: Surroundings) -> "ApprovalOut":
        """What is told of a row."""
        emails = around.emails
        return cls(
            id=row.id,
            execution_id=row.execution_id,
            parent_execution_id=around.parent_execution_id,
            workflow_id=around.workflow_id,
            workflow_name=around.workflow_name,
            node_key=row.node_key,
            path=row.path,
            title=row.title,
            request=row.request,
            form_schema=row.form_schema,
            assignees=row.assignees,
            required=row.required,
            status=ApprovalStatus(row.status),
            can_decide=around.can_decide,
            own=around.own,
            decisions=[
                DecisionOut(**each, by_email=emails.get(each["by"])) for each in row.decisions
            ],
            comment=row.comment,
            decided_by=row.decided_by,
            decided_by_email=emails.get(str(row.decided_by)),
            decided_at=row.decided_at,
            reminded_at=row.reminded_at,
            expires_at=row.expires_at,
            created_at=row.created_at,
        )


class ApprovalList(BaseModel):
    """A page of approvals."""

    items: list[ApprovalOut]
    next_cursor: str | None
