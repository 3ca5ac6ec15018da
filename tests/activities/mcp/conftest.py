"""Real servers from the registries."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

SERVERS = Path(__file__).parent / "servers"


@pytest.fixture(scope="session")
def everything() -> Path:
    """The program of `@modelcontextprotocol/server-everything`, installed from our lock file."""
    npm = shutil.which("npm")
    assert npm, "the tests of MCP need Node.js 20 or newer with npm"
    wanted = hashlib.sha256((SERVERS / "package-lock.json").read_bytes()).hexdigest()
    stamp = SERVERS / "node_modules" / ".installed"
    with (SERVERS / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the tests may be here, too
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SERVERS, check=True
            )
            stamp.write_text(wanted)
    return SERVERS / "node_modules" / "@modelcontextprotocol/server-everything/dist/index.js"
