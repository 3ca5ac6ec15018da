"""A mail server on a free port of this machine that keeps what it is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from activities.mail import MailServer

SENDER = "PasteTrader <robot@example.org>"
USER, PASSWORD = "robot", "p4ssword-of-the-mail-server"


@dataclass
class Mailbox:
    """Takes what comes; `answers` are said to the next recipients in place of yes."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """For `PASTETRADER_SMTP_URL`."""
        return f"smtp://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def server(self) -> MailServer:
        """What a worker knows of it."""
        found = MailServer.from_env(
            {"PASTETRADER_SMTP_URL": self.url, "PASTETRADER_SMTP_FROM": SENDER}
        )
        assert found is not None
        return found

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """See aiosmtpd."""
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """See aiosmtpd."""
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        """See aiosmtpd."""
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)


@asynccontextmanager
async def open_mailbox() -> AsyncIterator[Mailbox]:
    """A mailbox that listens."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            loop=loop,
            authenticator=mailbox.authenticate,
            auth_required=True,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mailbox
