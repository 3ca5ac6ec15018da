"""The one folder that holds all state of `pastetrader up`, and the secrets made for it."""

import os
import secrets
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.keys import new_key

_Model = TypeVar("_Model", bound=BaseModel)


class Admin(BaseModel):
    """The first account, so that the command line can sign in by itself."""

    model_config = ConfigDict(extra="forbid")

    email: str
    password: str
    api_key: str | None = None


class Running(BaseModel):
    """What the running `up` has told: its links by name and its processes' ids."""

    model_config = ConfigDict(extra="forbid")

    urls: dict[str, str]
    pids: dict[str, int]


class DataFolder:
    """Paths below one folder that only its owner may enter."""

    def __init__(self, root: Path) -> None:
        """`root` need not exist; see `create`."""
        self.root = root.expanduser().absolute()

    def create(self) -> None:
        """Make the folder, for us alone; an existing one keeps its permissions."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.artifacts.mkdir(exist_ok=True, mode=0o700)

    @property
    def artifacts(self) -> Path:
        """Where the embedded artifact store keeps its files."""
        return self.root / "artifacts"

    @property
    def lock(self) -> Path:
        """Locked by the one `up` that works here."""
        return self.root / "up.lock"

    def log(self, name: str) -> Path:
        """Output of one process."""
        return self.root / f"{name}.log"

    def secret_key(self) -> str:
        """The key that signs tokens, made on first use."""
        file = self.root / "secret.key"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(48))
        return file.read_text(encoding="ascii").strip()

    @property
    def packages(self) -> Path:
        """Where environments for Python tools are built."""
        return self.root / "packages"

    @property
    def encryption_keys(self) -> Path:
        """The file with the keys that secrets are sealed with."""
        return self.root / "encryption.keys"

    def make_encryption_keys(self) -> Path:
        """The key file, with a first key in it when there is none."""
        if not self.encryption_keys.exists():
            write_private(self.encryption_keys, new_key("1") + "\n")
        return self.encryption_keys

    def admin(self) -> Admin | None:
        """The stored first account, None before there is one."""
        return _read(self.root / "admin.json", Admin)

    def keep_admin(self, admin: Admin) -> None:
        """Store the first account for the command line, 0600."""
        write_private(self.root / "admin.json", admin.model_dump_json())

    def running(self) -> Running | None:
        """What the last `up` told; it may be gone by now."""
        return _read(self.root / "up.json", Running)

    def keep_running(self, running: Running) -> None:
        """Tell other commands where the servers are."""
        write_private(self.root / "up.json", running.model_dump_json())

    def forget_running(self) -> None:
        """Called when the servers stop."""
        (self.root / "up.json").unlink(missing_ok=True)


def default_root() -> Path:
    """`$PASTETRADER_DATA_DIR`, else `~/.local/share/pastetrader`."""
    return Path(os.environ.get("PASTETRADER_DATA_DIR") or "~/.local/share/pastetrader")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; readable by its owner only from the first byte."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _read(path: Path, kind: type[_Model]) -> _Model | None:
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None
