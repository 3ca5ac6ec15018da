"""Activity `notify`: one message to one place, by webhook, chat or e-mail."""

import base64
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import orjson
from temporalio import activity

from activities.database import Database
from activities.errors import HttpStatusError, InvalidInput, ToolError, application_error, typed
from activities.http_client import HttpClient, Times
from activities.mail import FROM_VARIABLE, URL_VARIABLE, MailNotConfigured, MailServer, compose
from activities.scrubbing import Scrubber
from activities.secrets import Secrets, SecretUnreadable
from activities.tools.http.status import retry_after
from models.enums import NotificationChannel
from models.graph.values import Json
from models.keys import KeyMissing, KeysInvalid, KeySource, SealBroken, Sealed
from models.notification_config import filled, secrets_in
from temporal_workflows.contracts import (
    Activity,
    NodeContext,
    NotifyResult,
    NotifyTask,
    Recipient,
    SealedText,
    link_place,
)
from temporal_workflows.policies import NOTIFY_RETRY

SIGNATURE = "X-PasteTrader-Signature"
TIMESTAMP = "X-PasteTrader-Timestamp"
DELIVERY = "X-PasteTrader-Delivery"
_TIMES = Times(connect=10, read=30, total=45)
_RETRIED = frozenset({408, 425, 429})
_DISCORD_CHARACTERS = 2_000
_EXISTS = "SELECT FROM notifications WHERE id = $1 AND owner_id = $2"


class NotificationGone(InvalidInput):
    """The rule was deleted meanwhile, so nobody wants to be told."""

    code = "NotificationGone"


class NotifyActivities:
    """Sends messages with the worker's client and the operator's mail server."""

    def __init__(
        self,
        client: HttpClient,
        database: Database,
        secrets: Secrets,
        keys: KeySource | None,
        mail: MailServer | None,
    ) -> None:
        self._client = client
        self._database = database
        self._secrets = secrets
        self._keys = keys
        self._mail = mail

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.notify]

    @activity.defn(name=Activity.NOTIFY)
    async def notify(self, task: NotifyTask) -> NotifyResult:
        """Tell once.

        Raises:
            ApplicationError: with a `FailureDetail`; final when another attempt would not help.
        """
        number = activity.info().attempt if activity.in_activity() else 1
        try:
            with typed():
                await self._tell(task)
        except ToolError as error:
            context = NodeContext(execution_id="", owner_id=task.owner_id, node_key="")
            # Without a cause: Temporal would record its message too, which may hold a secret.
            raise application_error(error, context, attempt=number, retry=NOTIFY_RETRY) from None
        return NotifyResult(attempts=number)

    async def _tell(self, task: NotifyTask) -> None:
        if not await self._database.fetch(_EXISTS, UUID(task.notification_id), UUID(task.owner_id)):
            raise NotificationGone("the notification was deleted")
        tell: dict[NotificationChannel, Callable[[NotifyTask], Awaitable[None]]] = {
            NotificationChannel.WEBHOOK: self._webhook,
            NotificationChannel.SLACK: self._chat,
            NotificationChannel.DISCORD: self._chat,
            NotificationChannel.EMAIL: self._email,
        }
        await tell[task.channel](task)

    # HTTP ----------------------------------------------------------------------------------------

    async def _webhook(self, task: NotifyTask) -> None:
        body = orjson.dumps(task.message.data)
        headers = {DELIVERY: task.notice_id, "Idempotency-Key": task.notice_id}
        name = task.config.get("secret")
        known: Mapping[str, str] = {}
        if name:
            known = await self._secrets.values(task.owner_id, [str(name)])
            headers |= signed(body, task.notice_id, known[str(name)])
        await self._post(task, body, headers, known)

    async def _chat(self, task: NotifyTask) -> None:
        made = _slack(task) if task.channel is NotificationChannel.SLACK else _discord(task)
        await self._post(task, orjson.dumps(made), {}, {})

    async def _post(
        self, task: NotifyTask, body: bytes, headers: Mapping[str, str], known: Mapping[str, str]
    ) -> None:
        """Send JSON; redirects are not followed, for a signature is for the one it was made for."""
        template = str(task.config.get("url"))
        values = await self._secrets.values(task.owner_id, secrets_in(template))
        url, scrubber = filled(template, values), Scrubber({**known, **values})
        content = {"Content-Type": "application/json", **headers}
        try:
            request = self._client.build("POST", url, content=body, headers=content)
            async with self._client.stream(
                request, follow_redirects=False, times=_TIMES
            ) as response:
                _judge(response)
        except ToolError as error:
            error.message = scrubber.text(error.message)
            raise

    # E-mail --------------------------------------------------------------------------------------

    async def _email(self, task: NotifyTask) -> None:
        if self._mail is None:
            raise MailNotConfigured(
                f"this worker has no mail server; set {URL_VARIABLE} and {FROM_VARIABLE}"
            )
        if task.recipient is None:
            raise InvalidInput("config.to: nobody is named")
        address = task.recipient.address
        message = compose(
            self._mail.sender,
            address,
            task.message.title,
            _letter(task, self._link(task.notice_id, task.recipient)),
            message_id=f"{task.notice_id}.{hashlib.sha256(address.encode()).hexdigest()[:12]}",
        )
        await self._mail.send(message)

    def _link(self, notice_id: str, recipient: Recipient) -> str | None:
        if recipient.link is None:
            return None
        if self._keys is None:
            raise SecretUnreadable("this worker has no encryption keys, so it cannot open the link")
        place = link_place(notice_id, recipient.address)
        try:
            return self._keys.keyring.open(_sealed(recipient.link), place).decode()
        except (KeyMissing, KeysInvalid, SealBroken) as error:
            raise SecretUnreadable(f"the link cannot be opened by this worker: {error}") from None


def signed(body: bytes, delivery: str, secret: str, *, now: float | None = None) -> dict[str, str]:
    """Headers that prove who sent `body`, as which delivery, and when (seconds since the epoch)."""
    moment = str(int(time.time() if now is None else now))
    mac = hmac.new(secret.encode(), f"{moment}.{delivery}.".encode() + body, hashlib.sha256)
    return {TIMESTAMP: moment, SIGNATURE: f"sha256={mac.hexdigest()}"}


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    host = response.request.url.host
    why = "; a redirect is not followed" if 300 <= status < 400 else ""
    raise HttpStatusError(
        f"{host} answered {status} {response.reason_phrase}".rstrip() + why,
        retryable=status >= 500 or status in _RETRIED,
        details={"status": status},
        retry_after=retry_after(response),
    )


def _slack(task: NotifyTask) -> dict[str, Json]:
    """What Slack's mark-up would take as its own is escaped, mentions of everybody included."""
    message = task.message
    title, text = (_escaped(each) for each in (message.title, message.text))
    link = f"<{_escaped(message.url)}|Open>" if message.url else ""
    return {"text": "\n".join(part for part in (f"*{title}*", text, link) if part)}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _discord(task: NotifyTask) -> dict[str, Json]:
    message = task.message
    room = _DISCORD_CHARACTERS - len(message.url) - 1
    text = f"**{message.title}**\n{message.text}"
    shown = text if len(text) <= room else f"{text[: room - 1]}…"
    return {"content": f"{shown}\n{message.url}".strip(), "allowed_mentions": {"parse": []}}


def _letter(task: NotifyTask, link: str | None) -> str:
    message = task.message
    parts = [message.title, message.text, message.url]
    if link is not None:
        parts.append(f"Decide without signing in; this works once:\n{link}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _sealed(text: SealedText) -> Sealed:
    return Sealed(
        base64.b64decode(text.ciphertext), base64.b64decode(text.wrapped_key), text.key_id
    )
