"""Sending e-mail through the operator's server."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from activities.errors import InvalidInput, ToolError
from activities.scrubbing import Scrubber

URL_VARIABLE = "PASTETRADER_SMTP_URL"
FROM_VARIABLE = "PASTETRADER_SMTP_FROM"
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS = 30
_MAX_ANSWER = 300


class MailServerInvalid(ValueError):
    """The operator's settings cannot be used; the message names the variable, and no password."""


class MailNotConfigured(ToolError):
    """This worker does not know how to send e-mail."""

    code = "SmtpNotConfigured"


class MailFailed(ToolError):
    """The mail server cannot be reached, or does not take it now."""

    code = "MailFailed"


class MailRefused(ToolError):
    """The mail server will never take it."""

    code = "MailRefused"
    retryable = False


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's server, and whom mail comes from.

    With a name and a password it is used encrypted only, unless it is on this machine.
    """

    host: str
    port: int
    sender: str
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "MailServer | None":
        """The server of the two variables; None when neither is set.

        Raises:
            MailServerInvalid: one is missing or wrong.
        """
        url, sender = environ.get(URL_VARIABLE), environ.get(FROM_VARIABLE)
        if not url and not sender:
            return None
        if not url or not sender:
            raise MailServerInvalid(f"{URL_VARIABLE} and {FROM_VARIABLE} go together")
        parts = _split(url)
        if "@" not in parseaddr(sender)[1] or not sender.isprintable():
            raise MailServerInvalid(f"{FROM_VARIABLE} is no e-mail address")
        return cls(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            sender=sender,
            tls=parts.scheme == "smtps",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    async def send(self, message: EmailMessage) -> None:
        """Hand a message over.

        Raises:
            MailFailed: nobody answers, or not now.
            MailRefused: it will never be taken.
        """
        scrubber = Scrubber({"smtp_password": self.password} if self.password else {})
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.tls,
                start_tls=self._start_tls,
                tls_context=ssl.create_default_context(),
                timeout=_SECONDS,
            )
        except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
            raise self._typed(error, scrubber) from None

    @property
    def _start_tls(self) -> bool | None:
        """True insists on it, None takes what is offered."""
        if self.tls:
            return False
        return True if self.username and self.host not in _LOOPBACK else None

    def _typed(self, error: Exception, scrubber: Scrubber) -> ToolError:
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            error = error.recipients[0]
        text = error.message if isinstance(error, aiosmtplib.SMTPException) else str(error)
        said = scrubber.text(" ".join(str(text).split()))[:_MAX_ANSWER]
        code = getattr(error, "code", None)
        what = f"the mail server {self.host}:{self.port} answered {code} {said}"
        if not isinstance(code, int) or not isinstance(error, aiosmtplib.SMTPException):
            return MailFailed(f"the mail server {self.host}:{self.port} cannot be used: {said}")
        # A password that is wrong is the operator's to put right, in time.
        final = code >= 500 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
        return MailRefused(what) if final else MailFailed(what)


def compose(sender: str, to: str, subject: str, text: str, *, message_id: str) -> EmailMessage:
    """A message in plain text; one `message_id` is one message however often it is sent.

    Raises:
        InvalidInput: an address is none. Line breaks in the subject become blanks.
    """
    message = EmailMessage()
    try:
        message["From"] = sender
        message["To"] = Address(addr_spec=to)
        message["Subject"] = " ".join(_text(subject).split())
    except (ValueError, MessageError) as error:
        raise InvalidInput(f"config.to: {error}") from None
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{message_id}@pastetrader>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notes, please
    message.set_content(_text(text), charset="utf-8")
    return message


def _text(text: str) -> str:
    """Without what no message may carry."""
    clean = text.encode(errors="replace").decode()
    return "".join(each for each in clean if each.isprintable() or each in "\n\t")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise MailServerInvalid(f"{URL_VARIABLE} is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MailServerInvalid(
            f"{URL_VARIABLE} is written smtp://user:password@host:port or smtps://…"
        )
    return parts
