"""The ordinary account PostgreSQL runs as when we are root, without opening anybody's folders."""

import os
import pwd
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.errors import EmbeddedServerError

_CANDIDATES = ("daemon", "nobody")  # not `nobody` first: sandboxed tools run as that one
_CARRIED_TO = Path("/var/lib/pastetrader")


@dataclass(frozen=True, slots=True)
class Account:
    """Numeric ids of an account without privileges."""

    uid: int
    gid: int

    @property
    def setpriv_options(self) -> Sequence[str]:
        """Drop to this account for good: no groups, no capabilities, no set-uid programs."""
        return (
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--bounding-set=-all",
            "--inh-caps=-all",
            "--no-new-privs",
        )

    def own(self, folder: Path) -> None:
        """Give a folder and all in it to this account; parents stay as they are."""
        os.chown(folder, self.uid, self.gid)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)

    def can_reach(self, path: Path) -> bool:
        """Whether other accounts may enter every folder above `path` and read it."""
        return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def ordinary_account() -> Account | None:
    """The account to drop to; None when we are an ordinary account ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        f"PostgreSQL refuses to run as root and none of {_CANDIDATES} exists; "
        "run as an ordinary user, or set DATABASE_URL"
    )


def carry(folders: Sequence[Path], version: str, to: Path = _CARRIED_TO) -> Path:
    """Copy sibling folders, owned by root, to where any account can read them; once a version.

    Needed when the programs stand below a private folder such as root's home.
    """
    target = to / version
    if target.is_dir():
        return target
    fresh = to / f".{version}.{os.getpid()}"
    fresh.mkdir(parents=True, mode=0o755)
    to.chmod(0o755)
    for folder in folders:
        shutil.copytree(folder, fresh / folder.name, symlinks=True)
    try:
        fresh.rename(target)
    except OSError:  # somebody else was quicker
        shutil.rmtree(fresh)
    return target
