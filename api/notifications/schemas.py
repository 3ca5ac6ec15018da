"""What clients send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from api.schemas import Closed, Name, StoredJson, Version
from models.enums import NoticeStatus, NotificationChannel, Occasion
from models.notification import Notice, Notification
from models.notification_config import ADDRESSES, Addresses

_CONFIG = (
    "`{url, secret}` of a webhook (`secret` names the secret that signs), `{url}` of Slack and "
    "Discord, `{to: [addresses]}` of e-mail. A URL may hold `{{ secrets.NAME }}`."
)


def _each_once(occasions: list[Occasion]) -> list[Occasion]:
    return list(dict.fromkeys(occasions))


Occasions = Annotated[
    list[Occasion], Field(min_length=1, max_length=20), AfterValidator(_each_once)
]
Config = Annotated[dict[str, StoredJson], Field(description=_CONFIG)]


class NewNotification(Closed):
    """Whom to tell of what; of one workflow's runs, or of all of the account's."""

    name: Name
    workflow_id: UUID | None = None
    channel: NotificationChannel
    occasions: Occasions
    config: Config
    is_active: bool = True


class NotificationChange(Closed):
    """What to change; what is left out stays, and so does the channel.

    `version` is for the optimistic lock.
    """

    name: Name | None = None
    workflow_id: UUID | None = None
    occasions: Occasions | None = None
    config: Config | None = None
    is_active: bool | None = None
    version: Version | None = None


class NotificationOut(BaseModel):
    """Who is told of what."""

    id: UUID
    name: str
    workflow_id: UUID | None
    workflow_name: str | None
    channel: NotificationChannel
    occasions: list[Occasion]
    config: Addresses
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Notification, workflow_name: str | None) -> "NotificationOut":
        """What is told of a row, with its workflow's name."""
        channel = NotificationChannel(row.channel)
        return cls(
            id=row.id,
            name=row.name,
            workflow_id=row.workflow_id,
            workflow_name=workflow_name,
            channel=channel,
            occasions=[Occasion(each) for each in row.occasions],
            config=ADDRESSES[channel].model_validate(row.config),
            is_active=row.is_active,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class NotificationList(BaseModel):
    """A page of notifications."""

    items: list[NotificationOut]
    next_cursor: str | None


class NoticeOut(BaseModel):
    """One thing that is told: a test is of no run. `error` is why the last attempt failed."""

    id: UUID
    occasion: Occasion
    execution_id: UUID | None
    status: NoticeStatus
    attempts: int
    error: str | None
    sent_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Notice) -> "NoticeOut":
        """What is told of a row."""
        return cls(
            id=row.id,
            occasion=Occasion(row.occasion),
            execution_id=row.execution_id,
            status=NoticeStatus(row.status),
            attempts=row.attempts,
            error=row.error,
            sent_at=row.sent_at,
            created_at=row.created_at,
        )


class NoticeList(BaseModel):
    """A page of notices."""

    items: list[NoticeOut]
    next_cursor: str | None
