"""What callers and owners of webhooks send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Closed, Text
from models.enums import DeliveryStatus, ExecutionStatus
from models.graph.values import Json
from models.trigger import WebhookDelivery

MAX_SAMPLE_CHARACTERS = 1024 * 1024


class RunError(BaseModel):
    """Why a run did not complete."""

    code: str
    message: str


class HookAnswer(BaseModel):
    """What came of a delivery: the run that it started, or `skipped` without one.

    `output` or `error` of a run that ended in time, when the webhook waits for it. `challenge` is
    what Slack asks back before it uses an address.
    """

    id: UUID | None = None
    status: ExecutionStatus | None
    output: Json = None
    error: RunError | None = None
    challenge: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of it that the caller waits for."""
        return bool({"output", "error", "challenge"} & self.model_fields_set)


class DeliveryOut(BaseModel):
    """One call to a webhook; `detail` says why it was skipped or refused.

    `delivery_id` is the sender's, and of a refused one ours. `preview` is how its body begins.
    """

    id: UUID
    delivery_id: str
    received_at: datetime
    status: DeliveryStatus
    detail: str | None
    preview: str | None
    content_type: str | None
    execution_id: UUID | None
    execution_status: ExecutionStatus | None

    @classmethod
    def of(cls, row: WebhookDelivery, run: str | None) -> "DeliveryOut":
        """What is told of a row, with where its run stands."""
        return cls(
            id=row.id,
            delivery_id=row.delivery_id,
            received_at=row.received_at,
            status=DeliveryStatus(row.status),
            detail=row.detail,
            preview=row.preview,
            content_type=row.content_type,
            execution_id=row.execution_id,
            execution_status=ExecutionStatus(run) if run else None,
        )


class DeliveryList(BaseModel):
    """A page of deliveries, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class Sample(Closed):
    """A body to sign and to send to the webhook, as its caller would."""

    body: Annotated[Text, Field(max_length=MAX_SAMPLE_CHARACTERS)]
    content_type: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")] = (
        "application/json"
    )


class SampleAnswer(BaseModel):
    """What the caller would have got: `status` is of HTTP.

    `headers` are the ones that were signed, and `curl` is the same call again, good for five
    minutes.
    """

    status: int
    answer: Json
    headers: dict[str, str]
    curl: str
    delivery: DeliveryOut | None
