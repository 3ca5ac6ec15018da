"""`pastetrader doctor`: what this machine lacks, and how to get it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from activities.sandbox import availability
from cli.data_folder import DataFolder
from cli.embedded import temporal
from cli.embedded.account import ordinary_account
from cli.embedded.errors import EmbeddedServerError
from cli.embedded.ports import is_free
from cli.embedded.postgres import USUAL_PORT as POSTGRES_PORT, find_programs
from cli.exits import CommandError
from cli.options import AsJson, DataDir, data_folder
from cli.output import print_json, print_table
from cli.stack.stack import USUAL_API_PORT

_NEEDED_BYTES = 1 << 30
_NODE_MAJOR = 20

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing; `optional` ones do not make the machine unfit."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    optional: bool = False


@app.command()
def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check this machine: everything `up` and the tools need. Exit code 1 if something is missing."""
    folder = data_folder(data_dir)
    findings = [check(folder) for check in CHECKS]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table(
            ["", "what", "found", "how to get it"],
            ((_mark(f), f.name, f.detail, "" if f.ok else f.fix) for f in findings),
        )
    if any(not f.ok and not f.optional for f in findings):
        raise CommandError("this machine lacks something that is needed")


def _mark(finding: Finding) -> str:
    if finding.ok:
        return "✓"
    return "–" if finding.optional else "✗"


def _python(_: DataFolder) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), found, "install Python 3.11 or newer")


def _sandbox(_: DataFolder) -> Finding:
    found = availability()
    detail = "works" if found.ok else found.reason
    return Finding("sandbox for Python and Shell tools", found.ok, detail, found.install_command)


def _postgres(_: DataFolder) -> Finding:
    return _server("PostgreSQL", "DATABASE_URL", lambda: find_programs(ordinary_account()))


def _temporal(_: DataFolder) -> Finding:
    return _server("Temporal", "TEMPORAL_ADDRESS", temporal.find_program)


def _server(name: str, variable: str, find: Callable[[], Path]) -> Finding:
    if variable in os.environ:
        return Finding(name, True, f"{variable} names a server")
    try:
        return Finding(name, True, str(find()))
    except EmbeddedServerError as error:
        return Finding(name, False, str(error), f"reinstall pastetrader, or set {variable}")


def _ports(_: DataFolder) -> Finding:
    usual = (USUAL_API_PORT, POSTGRES_PORT, temporal.USUAL_PORT, temporal.USUAL_UI_PORT)
    taken = [str(port) for port in usual if not is_free(port)]
    detail = f"taken: {', '.join(taken)}" if taken else "free"
    return Finding("usual ports", not taken, detail, "free ones are used instead", optional=True)


def _disk(folder: DataFolder) -> Finding:
    free = shutil.disk_usage(_existing(folder.root)).free
    return Finding("disk space", free >= _NEEDED_BYTES, f"{free >> 20} MiB free", "free 1 GiB")


def _permissions(folder: DataFolder) -> Finding:
    if not folder.root.exists():
        parent = _existing(folder.root)
        ok = os.access(parent, os.W_OK | os.X_OK)
        return Finding("data folder", ok, f"{folder.root} will be made", f"make {parent} writable")
    open_to_others = stat.S_IMODE(folder.root.stat().st_mode) & 0o077
    detail = f"{folder.root} is open to others" if open_to_others else str(folder.root)
    return Finding("data folder", not open_to_others, detail, f"chmod 700 {folder.root}")


def _node(_: DataFolder) -> Finding:
    found = shutil.which("node") and shutil.which("npm")
    fix = f"install Node.js {_NODE_MAJOR} or newer; needed only to build the designer"
    return Finding("Node.js and npm", bool(found), found or "missing", fix, optional=True)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


CHECKS: tuple[Callable[[DataFolder], Finding], ...] = (
    *(_python, _sandbox, _postgres, _temporal, _ports, _disk, _permissions, _node),
)
