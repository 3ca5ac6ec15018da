"""What clients send and get."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Closed, StoredJson, Text
from models.approval import Approval
from models.enums import ApprovalStatus
from models.graph.values import Json


class DecisionRequest(Closed):
    """Whether the call may run; the model is told the `comment` of a rejection."""

    approve: bool
    comment: Annotated[Text, Field(max_length=2_000)] | None = None
    form: dict[str, StoredJson] | None = Field(
        None, description="What `form_schema` asks whoever approves for."
    )


class ApprovalOut(BaseModel):
    """Something a run asks of people; `node_key` and `path` say which of its rows waits.

    `decided_at` is also when it expired, or when its run ended without a decision.
    """

    id: UUID
    execution_id: UUID
    parent_execution_id: UUID | None
    node_key: str
    path: str
    title: str
    request: Json = Field(
        description="What is asked: `{tool, arguments}` of a call, `{message, inputs}` of a node."
    )
    form_schema: dict[str, Any] | None
    status: ApprovalStatus
    comment: str | None
    decided_by: UUID | None
    decided_by_email: str | None
    decided_at: datetime | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Approval, parent: UUID | None, email: str | None) -> "ApprovalOut":
        """What is told of a row, with the run above its run and the e-mail of who decided."""
        return cls(
            id=row.id,
            execution_id=row.execution_id,
            parent_execution_id=parent,
            node_key=row.node_key,
            path=row.path,
            title=row.title,
            request=row.request,
            form_schema=row.form_schema,
            status=ApprovalStatus(row.status),
            comment=row.comment,
            decided_by=row.decided_by,
            decided_by_email=email,
            decided_at=row.decided_at,
            expires_at=row.expires_at,
            created_at=row.created_at,
        )


class ApprovalList(BaseModel):
    """A page of approvals."""

    items: list[ApprovalOut]
    next_cursor: str | None
