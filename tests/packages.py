"""The package environment of tests: numpy and pandas as the lock says, built once a checkout."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from activities.tools.package_builds import LOCK_NAME
from activities.tools.packages import MANIFEST, VARIABLE

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"


def data_packages() -> Path:
    """The folder for `PASTETRADER_PACKAGES`; building it the first time takes some ten seconds."""
    folder = CACHE / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with (CACHE / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test sessions one builds
        manifest = folder / "data" / MANIFEST
        wanted = (ROOT / LOCK_NAME).stat().st_mtime
        if not manifest.exists() or manifest.stat().st_mtime < wanted:
            subprocess.run(
                [sys.executable, "-m", "cli.main", "packages", "install"],
                cwd=ROOT,
                env=os.environ | {VARIABLE: str(folder)},
                check=True,
            )
    return folder
