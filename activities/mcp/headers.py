"""Headers of a server's requests: texts that may hold secrets."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from activities.errors import InvalidInput

# Values of an account's secrets by name; see `activities.secrets.Secrets.values`.
SecretValues = Callable[[str, Iterable[str]], Awaitable[dict[str, str]]]
_REFERENCE = re.compile(r"\{\{\s*secrets\.(\w+)\s*\}\}")


async def filled(
    headers: Mapping[str, str], owner_id: str, values: SecretValues
) -> tuple[dict[str, str], dict[str, str]]:
    """The headers with every `{{ secrets.name }}` replaced, and the secrets by name.

    Raises:
        InvalidInput: there are other braces, or a header would hold a line break.
        ToolError: a secret is missing or cannot be opened.
    """
    names = [name for text in headers.values() for name in _REFERENCE.findall(text)]
    secrets = await values(owner_id, names) if names else {}
    return {name: _filled(name, text, secrets) for name, text in headers.items()}, secrets


def _filled(name: str, text: str, secrets: Mapping[str, str]) -> str:
    if "{{" in _REFERENCE.sub("", text):
        raise InvalidInput(f"header {name!r}: only `{{{{ secrets.name }}}}` may stand in braces")
    value = _REFERENCE.sub(lambda found: secrets[found[1]], text)
    if any(char in value for char in "\r\n\x00"):
        raise InvalidInput(f"header {name!r}: its value, or a secret in it, has several lines")
    return value


async def no_secrets(owner_id: str, names: Iterable[str]) -> dict[str, str]:
    """For a worker that has none.

    Raises:
        InvalidInput: always.
    """
    raise InvalidInput(f"this worker cannot open secrets, so {', '.join(names)} cannot be sent")
