"""The operator's package environments: folders of installed packages that boxes are shown."""

import os
import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from activities.errors import InvalidInput
from activities.tools.reachable import reachable

VARIABLE = "PASTETRADER_PACKAGES"
MANIFEST = "environment.json"
BOX_FOLDER = "/packages"
OFFERED = ("numpy", "pandas")
"""What `pastetrader packages install` without names installs."""

ENVIRONMENT = {
    f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB")
}
"""For numeric libraries, which else start a thread for each processor, each with its own memory."""


class Manifest(BaseModel):
    """What lies in an environment.

    Attributes:
        python: Version of the Python that it was made for, such as `3.11`.
        machine: The processor's, such as `x86_64`.
        requested: What the operator named; the rest came with it.
        packages: Normalised name → version of everything.
    """

    model_config = ConfigDict(extra="forbid")

    python: str
    machine: str
    requested: list[str]
    packages: dict[str, str]


@dataclass(frozen=True, slots=True)
class Environment:
    """One folder of installed packages."""

    name: str
    folder: Path
    manifest: Manifest

    def fits(self, python: str) -> bool:
        """Whether the Python of the box can import from it."""
        return (self.manifest.python, self.manifest.machine) == (python, platform.machine())


def environments(root: Path) -> list[Environment]:
    """The environments below `root`, by name; folders without a manifest are none."""
    if not root.is_dir():
        return []
    found = []
    for entry in sorted(root.iterdir()):
        if entry.name.startswith("."):
            continue
        # A name is a link to the newest build; calls that run keep the one they began with.
        folder = entry.resolve()
        try:
            text = (folder / MANIFEST).read_text(encoding="utf-8")
            manifest = Manifest.model_validate_json(text)
        except (OSError, ValidationError):
            continue
        found.append(Environment(entry.name, folder, manifest))
    return found


def environment_with(wanted: Sequence[str], python: str) -> Path:
    """Folder of the first environment that has all `wanted` packages for this `python`.

    Raises:
        InvalidInput: there is none; the message says what is offered and what the operator runs.
    """
    root = os.environ.get(VARIABLE)
    known = environments(Path(root)) if root else []
    fitting = [environment for environment in known if environment.fits(python)]
    for environment in fitting:
        if environment.manifest.packages.keys() >= set(wanted):
            return reachable(environment.folder)
    raise InvalidInput(
        f"{_reason(wanted, known, fitting, python)}; the operator runs: {_command(wanted)}",
        details={"offered": [_line(environment) for environment in fitting]},
    )


def _reason(
    wanted: Sequence[str], known: list[Environment], fitting: list[Environment], python: str
) -> str:
    offered = {name for environment in fitting for name in environment.manifest.packages}
    missing = [name for name in wanted if name not in offered]
    if not missing:
        return f"no single environment has all of {', '.join(wanted)}"
    others = {environment.manifest.python for environment in known} - {python}
    if others and not fitting:
        return (
            f"the packages on this worker are for Python {', '.join(sorted(others))}, "
            f"its sandbox has {python}"
        )
    what = ", ".join(f"{name}" for name in missing)
    here = ", ".join(_line(environment) for environment in fitting) or "none"
    return f"not offered on this worker: {what} (offered: {here})"


def _line(environment: Environment) -> str:
    packages = environment.manifest.packages
    return f"{environment.name}: {', '.join(f'{n} {v}' for n, v in sorted(packages.items()))}"


def _command(wanted: Sequence[str]) -> str:
    names = [] if set(wanted) <= set(OFFERED) else sorted(wanted)
    return shlex.join(["pastetrader", "packages", "install", *names])
