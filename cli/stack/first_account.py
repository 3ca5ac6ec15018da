"""The first account: made by the operator, or generated once and kept for the command line."""

import os
import secrets

from cli.client import ApiClient
from cli.data_folder import Admin, DataFolder
from cli.exits import Conflict

_DEFAULT_EMAIL = "admin@example.com"


def wanted_admin(folder: DataFolder) -> Admin:
    """The operator's choice from the environment, else the stored one, else a generated one."""
    email = os.environ.get("PASTETRADER_ADMIN_EMAIL")
    password = os.environ.get("PASTETRADER_ADMIN_PASSWORD")
    stored = folder.admin()
    if stored is not None and not (email or password):
        return stored
    return Admin(email=email or _DEFAULT_EMAIL, password=password or secrets.token_urlsafe(18))


def create_first_account(api_url: str, folder: DataFolder) -> Admin | None:
    """Set the first account up and keep it; None when the server has its accounts already.

    Raises `BadInput` when the server refuses the operator's choice.
    """
    admin = wanted_admin(folder)
    with ApiClient(api_url) as client:
        try:
            client.post(
                "/auth/setup",
                {**admin.model_dump(exclude={"api_key"}), "display_name": "Administrator"},
            )
        except Conflict:
            return None
    folder.keep_admin(admin)
    return admin
