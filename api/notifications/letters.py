"""All that telling of a notice takes: the message, and for whom there is a link to decide by."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals import repository as approvals
from api.approvals.links import link_url, make_link
from api.notifications.messages import Messages
from models.approval import Approval
from models.enums import ApprovalStatus, NotificationChannel, Occasion
from models.execution import WorkflowExecution
from models.keys import KeysInvalid, KeySource, Sealed
from models.notification import Notice, Notification
from models.user import User
from temporal_workflows.contracts import (
    Message,
    NotifyInput,
    NotifyTask,
    Recipient,
    SealedText,
    link_place,
)

LINK_SECONDS = 7 * 86_400
_QUESTIONS = frozenset({Occasion.APPROVAL, Occasion.REMINDER})
_log = structlog.get_logger(__name__)


class NothingToTell(Exception):
    """What the notice is of is gone, or over; the message says so to people."""


class Letters:
    """Writes what is told of a notice, from the rows as they are."""

    def __init__(self, keys: KeySource, public_url: str | None) -> None:
        self._keys = keys
        self._public_url = public_url
        self._messages = Messages(public_url)

    async def write(self, session: AsyncSession, notice: Notice, rule: Notification) -> NotifyInput:
        """The input of the workflow that tells; links are in it for the worker's eyes only.

        Raises:
            NothingToTell: nobody needs to know any more.
        """
        asked = await _question(session, notice)
        task = NotifyTask(
            notice_id=str(notice.id),
            notification_id=str(rule.id),
            owner_id=str(rule.owner_id),
            channel=NotificationChannel(rule.channel),
            config=rule.config,
            message=await self._message(session, notice, rule, asked),
        )
        if task.channel is not NotificationChannel.EMAIL:
            return NotifyInput(task=task)
        addresses = [str(each) for each in rule.config["to"]]
        recipients = [await self._recipient(session, notice, asked, each) for each in addresses]
        return NotifyInput(task=task, recipients=recipients)

    async def _message(
        self, session: AsyncSession, notice: Notice, rule: Notification, asked: Approval | None
    ) -> Message:
        if notice.execution_id is None:
            return self._messages.of_test(rule, notice)
        run = await session.get(WorkflowExecution, notice.execution_id)
        if run is None:
            raise NothingToTell("the run is not kept any more")
        if asked is None:
            return self._messages.of_run(rule, notice, run)
        return self._messages.of_approval(rule, notice, asked, run)

    async def _recipient(
        self, session: AsyncSession, notice: Notice, asked: Approval | None, address: str
    ) -> Recipient:
        link = None if asked is None else await self._link(session, asked, address)
        if link is None:
            return Recipient(address=address)
        try:
            sealed = self._keys.keyring.seal(link.encode(), link_place(str(notice.id), address))
        except KeysInvalid as error:
            _log.error("a link cannot be sealed, so it is not sent", error=str(error))
            return Recipient(address=address)
        return Recipient(address=address, link=_as_text(sealed))

    async def _link(self, session: AsyncSession, asked: Approval, address: str) -> str | None:
        """A link for the account of the address, if it has one that may decide."""
        if self._public_url is None:
            return None
        who = select(User).where(User.email == address, User.is_active)
        user = await session.scalar(who)
        seen = user and await approvals.by_id(session, user, asked.id)
        if not user or not seen or not seen.can_decide:
            return None
        left = float(LINK_SECONDS)
        if asked.expires_at is not None:
            left = min(left, (asked.expires_at - datetime.now(UTC)).total_seconds())
        return link_url(self._public_url, await make_link(session, asked, user, left))


async def _question(session: AsyncSession, notice: Notice) -> Approval | None:
    if notice.execution_id is None or Occasion(notice.occasion) not in _QUESTIONS:
        return None
    found = await session.get(Approval, UUID(notice.key.partition(":")[0]))
    if found is None or found.status != ApprovalStatus.PENDING:
        raise NothingToTell("it was decided before anybody was told")
    return found


def _as_text(sealed: Sealed) -> SealedText:
    return SealedText(
        ciphertext=base64.b64encode(sealed.ciphertext).decode(),
        wrapped_key=base64.b64encode(sealed.wrapped_key).decode(),
        key_id=sealed.key_id,
    )
