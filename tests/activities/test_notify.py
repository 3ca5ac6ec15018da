"""What is sent to whom, and what a failure means, with real servers behind it."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError

from activities.mail import MailServer, MailServerInvalid, compose
from activities.notify import NotifyActivities
from models.base import new_id
from models.enums import NotificationChannel
from temporal_workflows.contracts import (
    Message,
    NotifyTask,
    Recipient,
    SealedText,
    link_place,
)
from temporal_workflows.failures import failure_detail
from tests.activities.mailbox import PASSWORD, SENDER, USER, Mailbox, open_mailbox
from tests.activities.tools.http.server import Server, client_for
from tests.activities.vault import KEYS, Vault, open_vault

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
KEY = "k3y that signs what is sent"
HIDDEN = f"h1dden-{uuid4().hex}"
MESSAGE = Message(
    title="Nightly <prices> failed",
    text="Error: HttpStatus at fetch: 500 & more – «ünï»",
    url="https://pt.example/executions/view?id=1",
    data={"occasion": "failed", "run": {"id": "1", "error": "ünï"}},
)


@pytest.fixture(scope="module")
async def vault(migrated_url: str) -> AsyncIterator[Vault]:
    """Accounts and secrets in a real database."""
    async with open_vault(migrated_url) as opened:
        yield opened


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server."""
    async with open_mailbox() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[Server]:
    """Whoever is called."""
    opened = Server()
    yield opened
    opened.close()


class Desk:
    """An account with one rule, and a worker's activity."""

    def __init__(self, vault: Vault, owner: str, rule: str) -> None:
        self.vault = vault
        self.owner = owner
        self.rule = rule
        self.notice = str(uuid4())

    def task(
        self,
        channel: str,
        recipient: Recipient | None = None,
        message: Message = MESSAGE,
        **config: Any,
    ) -> NotifyTask:
        return NotifyTask(
            notice_id=self.notice,
            notification_id=self.rule,
            owner_id=self.owner,
            channel=NotificationChannel(channel),
            config=config,
            message=message,
            recipient=recipient,
        )

    async def tell(self, task: NotifyTask, *opened: Server, mail: MailServer | None = None) -> None:
        client = client_for(*opened)
        activities = NotifyActivities(client, self.vault.database, self.vault.secrets, KEYS, mail)
        try:
            await activities.notify(task)
        finally:
            await client.close()


@pytest.fixture
async def desk(vault: Vault) -> Desk:
    owner, rule = await vault.account(), new_id()
    await vault.connection.execute(
        "INSERT INTO notifications (id, owner_id, name, channel, occasions, config)"
        " VALUES ($1, $2, 'rule', 'webhook', '[]', '{}')",
        rule,
        owner,
    )
    await vault.keep(owner, "KEY", KEY)
    await vault.keep(owner, "HIDDEN", HIDDEN)
    return Desk(vault, owner, str(rule))


async def failure(telling: Any) -> ApplicationError:
    """How the attempt failed, as Temporal records it."""
    with pytest.raises(ApplicationError) as caught:
        await telling
    assert caught.value.__cause__ is None
    assert failure_detail(caught.value) is not None
    return caught.value


# By HTTP -----------------------------------------------------------------------------------------


async def test_a_webhook_is_json_that_its_secret_signs(desk: Desk, server: Server) -> None:
    await desk.tell(desk.task("webhook", url=f"{server.url}/hook", secret="KEY"), server)
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", "/hook")
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == MESSAGE.data
    assert asked.headers["x-pastetrader-delivery"] == desk.notice
    assert asked.headers["idempotency-key"] == desk.notice
    moment = asked.headers["x-pastetrader-timestamp"]
    assert abs(time.time() - int(moment)) < 30
    said = f"{moment}.{desk.notice}.".encode() + asked.body
    mac = hmac.new(KEY.encode(), said, hashlib.sha256).hexdigest()
    assert asked.headers["x-pastetrader-signature"] == f"sha256={mac}"


async def test_without_a_secret_nothing_is_signed(desk: Desk, server: Server) -> None:
    await desk.tell(desk.task("webhook", url=server.url, secret=None), server)
    assert "x-pastetrader-signature" not in server.requests[0].headers


async def test_slack_and_discord_get_what_they_understand(desk: Desk, server: Server) -> None:
    hidden = f"{server.url}/{{{{ secrets.HIDDEN }}}}"
    await desk.tell(desk.task("slack", url=hidden), server)
    await desk.tell(desk.task("discord", url=hidden), server)
    slack, discord = server.requests
    assert slack.path == discord.path == f"/{HIDDEN}"
    assert json.loads(slack.body) == {
        "text": "*Nightly &lt;prices&gt; failed*\n"
        "Error: HttpStatus at fetch: 500 &amp; more – «ünï»\n"
        "<https://pt.example/executions/view?id=1|Open>"
    }
    told = json.loads(discord.body)
    assert told["content"].startswith("**Nightly <prices> failed**\nError: ")
    assert told["content"].endswith(MESSAGE.url)
    assert told["allowed_mentions"] == {"parse": []}


async def test_discord_takes_no_more_than_it_can(desk: Desk, server: Server) -> None:
    long = MESSAGE.model_copy(update={"text": "x" * 5_000})
    await desk.tell(desk.task("discord", message=long, url=server.url), server)
    content = json.loads(server.requests[0].body)["content"]
    assert len(content) == 2_000
    assert content.endswith(f"…\n{MESSAGE.url}")


@pytest.mark.parametrize(
    ("status", "final"),
    [(302, True), (400, True), (404, True), (410, True), (408, False), (429, False), (500, False)],
)
async def test_statuses(desk: Desk, server: Server, status: int, final: bool) -> None:
    headers = {"Retry-After": "90", "Location": "/elsewhere"}
    server.answers["/"] = (status, headers, b"not told to anybody")
    found = await failure(desk.tell(desk.task("webhook", url=f"{server.url}/"), server))
    assert (found.type, found.non_retryable) == ("HttpStatus", final)
    assert f"127.0.0.1 answered {status}" in found.message
    if not final:
        assert found.next_retry_delay is not None
        assert found.next_retry_delay.total_seconds() == 90
    assert len(server.requests) == 1


async def test_nobody_at_home_is_tried_again_and_the_inside_is_not(
    desk: Desk, server: Server
) -> None:
    away = Server()
    away.close()
    found = await failure(desk.tell(desk.task("webhook", url=away.url), away))
    assert (found.type, found.non_retryable) == ("ConnectionFailed", False)
    found = await failure(desk.tell(desk.task("webhook", url=server.url)))
    assert (found.type, found.non_retryable) == ("AddressBlocked", True)
    assert server.requests == []


async def test_secrets_are_in_no_failure(desk: Desk, server: Server) -> None:
    await desk.vault.keep(desk.owner, "WRONG", f"gopher://{HIDDEN} {KEY}")
    broken = "{{ secrets.WRONG }}"
    server.answers[f"/{HIDDEN}"] = (500, {}, HIDDEN.encode())
    hidden = f"{server.url}/{{{{ secrets.HIDDEN }}}}"
    for task in (desk.task("slack", url=broken), desk.task("webhook", url=hidden, secret="KEY")):
        found = await failure(desk.tell(task, server))
        shown = f"{found.message} {failure_detail(found)}"
        assert HIDDEN not in shown
        assert KEY not in shown


async def test_a_missing_secret_is_named(desk: Desk, server: Server) -> None:
    found = await failure(desk.tell(desk.task("slack", url="{{ secrets.ABSENT }}"), server))
    assert (found.type, found.non_retryable) == ("SecretMissing", True)
    assert "pastetrader secrets set ABSENT" in found.message


async def test_a_deleted_rule_tells_nobody(desk: Desk, server: Server) -> None:
    await desk.vault.connection.execute("DELETE FROM notifications WHERE owner_id = $1", desk.owner)
    found = await failure(desk.tell(desk.task("webhook", url=server.url), server))
    assert (found.type, found.non_retryable) == ("NotificationGone", True)
    assert server.requests == []


# By e-mail ---------------------------------------------------------------------------------------


def sealed(desk: Desk, address: str, text: str) -> SealedText:
    """A link as the API hands it on."""
    found = KEYS.keyring.seal(text.encode(), link_place(desk.notice, address))
    ciphertext, key = (b64encode(part).decode() for part in (found.ciphertext, found.wrapped_key))
    return SealedText(ciphertext=ciphertext, wrapped_key=key, key_id=found.key_id)


async def test_an_email_is_plain_text_with_the_link_of_its_reader(
    desk: Desk, mailbox: Mailbox
) -> None:
    link = f"https://pt.example/approve?token={HIDDEN}"
    to = Recipient(address="ann@example.org", link=sealed(desk, "ann@example.org", link))
    await desk.tell(desk.task("email", to, to=["ann@example.org"]), mail=mailbox.server)
    (letter,) = mailbox.letters
    assert mailbox.recipients == ["ann@example.org"]
    assert mailbox.logins == [(USER.encode(), PASSWORD.encode())]
    assert (letter["From"], letter["To"]) == (SENDER, "ann@example.org")
    assert letter["Subject"] == MESSAGE.title
    assert letter["Message-ID"].startswith(f"<{desk.notice}.")
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    text = letter.get_content()
    for part in (MESSAGE.title, MESSAGE.text, MESSAGE.url, link):
        assert part in text


async def test_anothers_link_is_opened_for_nobody(desk: Desk, mailbox: Mailbox) -> None:
    stolen = Recipient(address="bob@example.org", link=sealed(desk, "ann@example.org", "link"))
    task = desk.task("email", stolen, to=["bob@example.org"])
    found = await failure(desk.tell(task, mail=mailbox.server))
    assert found.type == "SecretUnreadable"
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("answer", "type_", "final"),
    [
        ("550 no such user", "MailRefused", True),
        ("451 later, please", "MailFailed", False),
    ],
)
async def test_answers_of_mail_servers(
    desk: Desk, mailbox: Mailbox, answer: str, type_: str, final: bool
) -> None:
    mailbox.answers = [answer]
    to = Recipient(address="ann@example.org")
    found = await failure(desk.tell(desk.task("email", to), mail=mailbox.server))
    assert (found.type, found.non_retryable) == (type_, final)
    assert answer in found.message


async def test_a_wrong_password_is_not_shown_and_tried_again(desk: Desk, mailbox: Mailbox) -> None:
    wrong = f"wr0ng-{uuid4().hex}"
    server = MailServer("127.0.0.1", mailbox.port, SENDER, username=USER, password=wrong)
    task = desk.task("email", Recipient(address="ann@example.org"))
    found = await failure(desk.tell(task, mail=server))
    assert (found.type, found.non_retryable) == ("MailFailed", False)
    assert wrong not in found.message
    assert wrong not in repr(server)


async def test_without_a_server_of_mail_it_says_what_to_set(desk: Desk) -> None:
    found = await failure(desk.tell(desk.task("email", Recipient(address="ann@example.org"))))
    assert found.type == "SmtpNotConfigured"
    assert "PASTETRADER_SMTP_URL" in found.message
    assert "PASTETRADER_SMTP_FROM" in found.message


@pytest.mark.parametrize(
    "title", ["a\r\nBcc: all@example.org", "a\nBcc: x@example.org\n\nbody", "a\x00\x0b\u2028Bcc: x"]
)
async def test_a_subject_is_one_line_whatever_it_holds(
    desk: Desk, mailbox: Mailbox, title: str
) -> None:
    message = MESSAGE.model_copy(update={"title": title})
    task = desk.task("email", Recipient(address="ann@example.org"), message=message)
    await desk.tell(task, mail=mailbox.server)
    (letter,) = mailbox.letters
    assert letter["Bcc"] is None
    assert mailbox.recipients == ["ann@example.org"]
    assert letter["Subject"].startswith("a")
    assert "Bcc: " in letter["Subject"]


@pytest.mark.parametrize("address", ["a@example.org\r\nBcc: b@example.org", "nobody", "a b@c"])
def test_an_address_cannot_hold_another_header(address: str) -> None:
    with pytest.raises(Exception, match=r"config\.to"):
        compose(SENDER, address, "subject", "text", message_id="1")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail.example.org", SENDER),
        ("smtp://", SENDER),
        ("smtp://u:p4ss@host:port", SENDER),
        ("smtp://mail.example.org", ""),
        ("smtp://mail.example.org", "nobody"),
        ("smtp://mail.example.org", "a@example.org\nBcc: b@example.org"),
        ("", SENDER),
    ],
)
def test_settings_that_cannot_be_used_are_refused(url: str, sender: str) -> None:
    with pytest.raises(MailServerInvalid, match="PASTETRADER_SMTP_") as caught:
        MailServer.from_env({"PASTETRADER_SMTP_URL": url, "PASTETRADER_SMTP_FROM": sender})
    assert "p4ss" not in str(caught.value)


def test_settings_say_how_mail_is_sent() -> None:
    assert MailServer.from_env({}) is None
    found = MailServer.from_env(
        {
            "PASTETRADER_SMTP_URL": "smtps://me%40x:p%2F@mail.example.org",
            "PASTETRADER_SMTP_FROM": SENDER,
        }
    )
    assert found == MailServer(
        "mail.example.org", 465, SENDER, tls=True, username="me@x", password="p/"
    )
