"""Who we are to which server: the environment, a stored login, or the `up` of the data folder."""

import os
import socket
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.client import ApiClient
from cli.data_folder import DataFolder, write_private
from cli.exits import Unreachable

_KEY_HEADER = "X-API-Key"


class Credentials(BaseModel):
    """A server and an API key of ours on it."""

    model_config = ConfigDict(extra="forbid")

    url: str
    api_key: str


def connect(folder: DataFolder) -> ApiClient:
    """A signed-in client; raises `Unreachable` with what to do when there is nothing to talk to.

    In this order: `PASTETRADER_URL` with `PASTETRADER_API_KEY`, the login stored by
    `pastetrader login`, the server that `pastetrader up` runs on this data folder.
    """
    if url := os.environ.get("PASTETRADER_URL"):
        return _with_key(api_base(url), os.environ.get("PASTETRADER_API_KEY"))
    if stored := stored_credentials():
        return _with_key(stored.url, stored.api_key)
    return connect_local(folder)


def has_server(folder: DataFolder) -> bool:
    """Whether `connect` has somewhere to go."""
    named = os.environ.get("PASTETRADER_URL") or stored_credentials()
    return bool(named) or running_url(folder) is not None


def connect_local(folder: DataFolder) -> ApiClient:
    """A client of the `up` that runs on this folder, as its first account."""
    url = running_url(folder)
    if url is None:
        raise Unreachable(
            "no server is running: start one with `pastetrader up`, "
            "or name one with `pastetrader login --url …`"
        )
    admin = folder.admin()
    if admin is None:
        raise Unreachable("the server's first account is not ours; sign in: `pastetrader login`")
    if admin.api_key is None:
        admin.api_key = create_api_key(url, admin.email, admin.password)
        folder.keep_admin(admin)
    return _with_key(url, admin.api_key)


def running_url(folder: DataFolder) -> str | None:
    """Base URL of the API that `up` serves from this folder, None when it does not answer."""
    running = folder.running()
    if running is None or "api" not in running.urls:
        return None
    base = running.urls["api"]
    try:
        answer = httpx.get(base.removesuffix("/api/v1") + "/healthz", timeout=5, trust_env=False)
    except httpx.TransportError:
        return None
    return base if answer.is_success else None


def create_api_key(url: str, email: str, password: str) -> str:
    """Sign in once and get a key that lasts."""
    with ApiClient(url) as client:
        token = client.post("/auth/login", {"email": email, "password": password})["access_token"]
    with ApiClient(url, {"Authorization": f"Bearer {token}"}) as client:
        name = f"command line on {socket.gethostname()}"
        key: str = client.post("/auth/api-keys", {"name": name})["key"]
        return key


def stored_credentials() -> Credentials | None:
    """What `pastetrader login` stored."""
    try:
        return Credentials.model_validate_json(credentials_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def store_credentials(credentials: Credentials) -> Path:
    """Keep a login for later commands, 0600."""
    file = credentials_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, credentials.model_dump_json())
    return file


def credentials_file() -> Path:
    """`$XDG_CONFIG_HOME/pastetrader/credentials.json`."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return config / "pastetrader" / "credentials.json"


def api_base(url: str) -> str:
    """The API's base URL for a server's address, given with or without its path."""
    bare = url.rstrip("/")
    return bare if bare.endswith("/api/v1") else f"{bare}/api/v1"


def _with_key(url: str, key: str | None) -> ApiClient:
    return ApiClient(url, {_KEY_HEADER: key} if key else None)
