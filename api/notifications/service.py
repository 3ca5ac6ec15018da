"""Use cases about notifications."""

import hashlib
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict, NotFound, ValidationFailed, VersionMismatch
from api.notifications import repository
from api.notifications.schemas import NewNotification, NotificationChange, NotificationOut
from api.ownership import owned
from api.settings import Settings
from models.base import new_id
from models.enums import NotificationChannel, Occasion
from models.notification import Notice, Notification
from models.notification_config import ADDRESSES
from models.user import User
from models.workflow import Workflow

MAX_NOTIFICATIONS = 100


class SmtpNotConfigured(ValidationFailed):
    """The operator has not said how e-mail is sent."""

    code = "SMTP_NOT_CONFIGURED"


class TooManyNotifications(Conflict):
    """The account has as many as an account may have."""

    code = "TOO_MANY_NOTIFICATIONS"


class NotificationService:
    """What one account does with its notifications, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, settings: Settings) -> None:
        self._session = session
        self._user = user
        self._settings = settings

    async def get(self, notification_id: UUID) -> NotificationOut:
        """One of the account's; raises `NotFound`."""
        statement = repository.shown(self._user).where(Notification.id == notification_id)
        found = (await self._session.execute(statement)).one_or_none()
        if found is None:
            raise _unknown(notification_id)
        return NotificationOut.of(*found)

    async def row(self, notification_id: UUID) -> Notification:
        """The row of one of the account's, locked; raises `NotFound`."""
        statement = owned(select(Notification), Notification, self._user)
        found = await self._session.scalar(
            statement.where(Notification.id == notification_id).with_for_update()
        )
        if found is None:
            raise _unknown(notification_id)
        return found

    async def create(self, body: NewNotification) -> NotificationOut:
        """Keep a new one.

        Raises:
            NotFound: the workflow does not exist, or is somebody else's.
            SmtpNotConfigured, ValidationFailed: the channel cannot be used, or not as `config` says.
            TooManyNotifications: the account has enough.
        """
        if await repository.count(self._session, self._user) >= MAX_NOTIFICATIONS:
            raise TooManyNotifications(
                f"an account has at most {MAX_NOTIFICATIONS} notifications; delete one first"
            )
        await self._check_workflow(body.workflow_id)
        made = Notification(
            owner_id=self._user.id,
            workflow_id=body.workflow_id,
            name=body.name,
            channel=body.channel,
            occasions=body.occasions,
            config=self._config(body.channel, body.config),
            is_active=body.is_active,
        )
        self._session.add(made)
        await self._session.flush()
        return await self.get(made.id)

    async def change(self, notification_id: UUID, body: NotificationChange) -> NotificationOut:
        """Change one; what is being told already is told as it was.

        Raises:
            NotFound, ValidationFailed: as of `create`.
            VersionMismatch: it is at another version.
        """
        found = await self.row(notification_id)
        if body.version is not None and body.version != found.version:
            raise VersionMismatch(
                f"the notification is at version {found.version}, not {body.version}; "
                "read it again",
                extra={"current_version": found.version},
            )
        if "workflow_id" in body.model_fields_set:
            await self._check_workflow(body.workflow_id)
            found.workflow_id = body.workflow_id
        if body.config is not None:
            found.config = self._config(NotificationChannel(found.channel), body.config)
        for name in ("name", "occasions", "is_active"):
            if (value := getattr(body, name)) is not None:
                setattr(found, name, value)
        found.version += 1
        await self._session.flush()
        await self._session.refresh(found)
        return await self.get(notification_id)

    async def delete(self, notification_id: UUID) -> None:
        """Forget one, and what it told; raises `NotFound`."""
        await self._session.delete(await self.row(notification_id))

    async def test(self, notification_id: UUID, idempotency_key: str | None) -> Notice:
        """Have a sample told; the same idempotency key is one sample. Raises `NotFound`."""
        found = await self.row(notification_id)
        chosen = idempotency_key or str(new_id())
        key = f"test:{hashlib.sha256(chosen.encode()).hexdigest()}"
        occasion = Occasion(found.occasions[0])
        await repository.add_notices(
            self._session, [found], key=key, occasion=occasion, execution_id=None
        )
        return await repository.by_key(self._session, found, key)

    async def _check_workflow(self, workflow_id: UUID | None) -> None:
        if workflow_id is None:
            return
        statement = owned(select(Workflow.id), Workflow, self._user)
        if await self._session.scalar(statement.where(Workflow.id == workflow_id)) is None:
            raise NotFound(f"there is no workflow {workflow_id}")

    def _config(self, channel: NotificationChannel, given: dict[str, Any]) -> dict[str, Any]:
        if channel is NotificationChannel.EMAIL and not self._settings.sends_mail:
            message = (
                "no mail server is set up: the operator sets PASTETRADER_SMTP_URL, such as "
                "smtps://user:password@mail.example.org, and PASTETRADER_SMTP_FROM for API and "
                "workers"
            )
            code = SmtpNotConfigured.code
            raise SmtpNotConfigured(
                message, errors=[{"path": "body.channel", "message": message, "code": code}]
            )
        try:
            return ADDRESSES[channel].model_validate(given).model_dump(mode="json")
        except ValidationError as error:
            raise _invalid(channel, error) from None


def _unknown(notification_id: UUID) -> NotFound:
    return NotFound(f"there is no notification {notification_id}")


def _invalid(channel: NotificationChannel, error: ValidationError) -> ValidationFailed:
    problems = [
        {
            "path": "body.config" + "".join(map(_step, found["loc"])),
            "message": str(found["msg"]),
            "code": str(found["type"]),
        }
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = problems[0]
    return ValidationFailed(
        f"`config` does not fit {channel}: {first['path']}: {first['message']}", errors=problems
    )


def _step(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"
