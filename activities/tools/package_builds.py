"""Builds package environments: pip into a fresh folder, a trial in a real box, then one rename."""

import asyncio
import contextlib
import fcntl
import importlib.metadata
import platform
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities import sandbox
from activities.errors import ToolError
from activities.sandbox import Limits, SandboxSpec
from activities.tools.packages import BOX_FOLDER, ENVIRONMENT, MANIFEST, OFFERED, Manifest
from activities.tools.reachable import reachable
from models.graph.tool import normalise_package

LOCK_NAME = "requirements-data.lock"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9,._-]+\])?"
    r"(?P<version>(?:(?:[<>]=?|==|!=|~=)[A-Za-z0-9.*+!]+,?)*)"
)
_TRIAL_MEMORY = 2 * 1024 * 1024 * 1024
_TRIAL_SECONDS = 300
# Imports what each named distribution brings at its top, and prints the first that fails.
_TRIAL = """\
import importlib, importlib.metadata, sys
sys.path.append(sys.argv[1])
found = {d.metadata["Name"]: d for d in importlib.metadata.distributions(path=[sys.argv[1]])}
for name in sys.argv[2:]:
    tops = {file.parts[0].partition(".")[0] for file in found[name].files or ()
            if file.suffix == ".py" or ".so" in file.name}
    for top in sorted(tops):
        if top.isidentifier() and not top.startswith("_"):
            importlib.import_module(top)
"""


class BuildFailed(Exception):
    """The environment could not be built; nothing was changed."""


class RequestInvalid(BuildFailed):
    """What was asked for cannot be built."""


@dataclass(frozen=True, slots=True)
class Requested:
    """What goes into an environment: pip requirements, or those of the lock with their hashes."""

    names: tuple[str, ...]
    requirements: tuple[str, ...]
    lock: Path | None = None


def locked() -> Requested:
    """The packages that are offered with PasteTrader.

    Raises:
        BuildFailed: this installation came without the list.
    """
    for folder in (Path(__file__).resolve().parents[2], Path(sys.prefix, "share", "pastetrader")):
        if (folder / LOCK_NAME).is_file():
            return Requested(OFFERED, (), folder / LOCK_NAME)
    raise BuildFailed(f"{LOCK_NAME} is not part of this installation; name the packages")


def named(requirements: Sequence[str], before: Manifest | None) -> Requested:
    """Packages by name, with a version or without, beside those that are there, as they are.

    Raises:
        RequestInvalid: a requirement is none.
    """
    names = []
    for requirement in requirements:
        found = _REQUIREMENT.fullmatch(requirement)
        if found is None:
            raise RequestInvalid(f"{requirement!r} is no package; write `name` or `name==version`")
        names.append(normalise_package(found["name"]))
    kept = [] if before is None else [n for n in before.requested if n not in names]
    pinned = [f"{n}=={before.packages[n]}" for n in kept] if before is not None else []
    return Requested((*kept, *names), (*pinned, *requirements))


def build(root: Path, name: str, requested: Requested, report: Callable[[str], None]) -> Manifest:
    """Make `requested` the environment `name` below `root`; calls that run keep what they had.

    `report` is given a line about each step.

    Raises:
        RequestInvalid: the name of the environment.
        BuildFailed: pip or the trial.
        SandboxUnavailable: no box can be built here, so nothing can be tried.
    """
    if not _NAME.fullmatch(name):
        raise RequestInvalid("an environment's name has lower-case letters, digits and hyphens")
    if (root / name).exists() and not (root / name).is_symlink():
        raise RequestInvalid(f"{root / name} was made by hand; choose another name")
    host = asyncio.run(sandbox.require())
    root.mkdir(parents=True, exist_ok=True)
    fresh = root / f".{name}-{secrets.token_hex(4)}"
    with _alone(root):
        fresh.mkdir(mode=0o755)
        try:
            _install(fresh, host.interpreter, requested, report)
            manifest = _described(fresh, host.python, requested)
            report("importing in a sandbox")
            asyncio.run(_try(fresh, host.interpreter, manifest))
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        _put_in_place(root, name, fresh)
    return manifest


def _install(
    folder: Path, interpreter: Path, requested: Requested, report: Callable[[str], None]
) -> None:
    what = ["--require-hashes", "--no-deps", "--requirement", str(requested.lock)]
    process = subprocess.Popen(  # noqa: S603 - requirements were checked: none is an option
        # Run by the box's own Python, so that versions, platform and byte code are its.
        [sys.executable, "-m", "pip", "--python", str(interpreter), "install"]
        + ["--target", str(folder), "--only-binary", ":all:", "--no-input"]
        + ["--disable-pip-version-check", "--root-user-action", "ignore", "--progress-bar", "off"]
        + (what if requested.lock else list(requested.requirements)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    with process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            report(lines[-1])
    if process.returncode != 0:
        raise BuildFailed("pip failed:\n" + "\n".join(lines[-15:]))


def _described(folder: Path, python: str, requested: Requested) -> Manifest:
    """Write the manifest, and make everything readable for the account of a box."""
    shutil.rmtree(folder / "bin", ignore_errors=True)  # programs of this machine's Python
    found = importlib.metadata.distributions(path=[str(folder)])
    manifest = Manifest(
        python=python,
        machine=platform.machine(),
        requested=list(requested.names),
        packages={normalise_package(one.metadata["Name"]): one.version for one in found},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o777 | (0o555 if path.is_dir() else 0o444))
    return manifest


async def _try(folder: Path, interpreter: Path, manifest: Manifest) -> None:
    found = importlib.metadata.distributions(path=[str(folder)])
    names = [one.metadata["Name"] for one in found]
    wanted = [name for name in names if normalise_package(name) in manifest.requested]
    spec = SandboxSpec(
        [str(interpreter), "-I", "-S", "-c", _TRIAL, BOX_FOLDER, *wanted],
        binds={BOX_FOLDER: reachable(folder)},
        environment=ENVIRONMENT,
        limits=Limits(memory=_TRIAL_MEMORY),
    )
    try:
        async with asyncio.timeout(_TRIAL_SECONDS):
            result = await sandbox.run(spec)
    except (TimeoutError, ToolError) as error:
        raise BuildFailed(f"the packages could not be tried in a sandbox: {error}") from error
    if result.exit_code != 0:
        last = result.stderr.text().strip().rpartition("\n")[2]
        raise BuildFailed(f"the packages cannot be imported in the sandbox: {last}")


def _put_in_place(root: Path, name: str, fresh: Path) -> None:
    """Let `name` lead to the new build; the one before stays, for calls that began with it."""
    before = (root / name).resolve().name
    link = root / f".{name}-link"
    link.unlink(missing_ok=True)
    link.symlink_to(fresh.name)
    link.replace(root / name)
    for old in root.glob(f".{name}-{'[0-9a-f]' * 8}"):
        if old.name not in {before, fresh.name}:
            shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One build at a time in a folder."""
    with (root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildFailed("another `pastetrader packages install` works here") from None
        yield
