"""`python -m api.openapi`: the API's description, for whoever generates a client from it."""

import json
import secrets
import sys

from pydantic import SecretStr

from api.app import create_app
from api.settings import Settings
from models.keys import new_key


def description() -> str:
    """The OpenAPI document; nothing is connected to."""
    settings = Settings(
        database_url="postgresql://nowhere/none",
        secret_key=SecretStr(secrets.token_urlsafe(48)),
        encryption_keys=SecretStr(new_key("1")),
        artifacts="memory://",
    )
    return json.dumps(create_app(settings).openapi(), indent=1)


if __name__ == "__main__":
    sys.stdout.write(description())
