"""Where notifications go, per channel; secrets are named, never written."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, EmailStr, Field

from models.enums import NotificationChannel
from models.graph.base import GraphModel
from models.trigger_config import SecretName

MAX_ADDRESSES = 20
_SECRET = re.compile(r"\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]{0,62})\s*\}\}")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")


def _callable(text: str) -> str:
    """A URL of http or https, of which secrets may be parts."""
    if "{{" in _SECRET.sub("", text):
        raise ValueError("only `{{ secrets.NAME }}` may stand in it")
    if _SECRET.match(text):  # the whole URL, or its beginning
        return text
    plain = _SECRET.sub("x", text)
    if _NOT_IN_URLS.search(plain):
        raise ValueError("a URL has no blanks or control characters")
    parts = urlsplit(plain)
    _ = parts.port  # raises ValueError for one that is none
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a URL begins with http:// or https:// and a host")
    if "@" in parts.netloc:
        raise ValueError("put credentials into a secret, not into the URL")
    return text


def secrets_in(text: str) -> list[str]:
    """Names of the secrets that are parts of a URL."""
    return _SECRET.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The URL with the secrets' values."""
    return _SECRET.sub(lambda found: values[found[1]], text)


Url = Annotated[str, Field(min_length=1, max_length=2_048), AfterValidator(_callable)]
Address = Annotated[EmailStr, Field(max_length=320), AfterValidator(str.lower)]


class WebhookAddress(GraphModel):
    """A program that is sent JSON; the value of `secret` signs it as calls to our webhooks are."""

    url: Url = Field(description="May hold `{{ secrets.NAME }}`.")
    secret: SecretName | None = Field(None, description="Name of the secret that signs.")


class ChatAddress(GraphModel):
    """An incoming webhook of Slack or Discord, or of what understands theirs."""

    url: Url = Field(description="Best kept as a secret: `{{ secrets.NAME }}`.")


class MailAddresses(GraphModel):
    """People who are written to, each in a message of their own."""

    to: list[Address] = Field(min_length=1, max_length=MAX_ADDRESSES)


Addresses: TypeAlias = WebhookAddress | ChatAddress | MailAddresses
ADDRESSES: Mapping[NotificationChannel, type[Addresses]] = {
    NotificationChannel.WEBHOOK: WebhookAddress,
    NotificationChannel.SLACK: ChatAddress,
    NotificationChannel.DISCORD: ChatAddress,
    NotificationChannel.EMAIL: MailAddresses,
}
