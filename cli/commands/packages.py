"""`pastetrader packages`: what Python tools may import besides the standard library."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from activities.errors import SandboxUnavailable
from activities.sandbox import availability
from activities.tools.package_builds import BuildFailed, RequestInvalid, build, locked, named
from activities.tools.packages import OFFERED, VARIABLE, environments
from cli.exits import BadInput, CommandError
from cli.options import AsJson, DataDir, data_folder
from cli.output import print_json, print_table, talk

_UNFIT = "not for this machine's sandbox; install it again"

app = typer.Typer(
    no_args_is_help=True, help="Offer packages such as numpy and pandas to Python tools."
)


@app.command()
def install(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Packages, as `name` or `name==version`. "
            f"[default: {' and '.join(OFFERED)} in the versions that PasteTrader was tested with]",
            show_default=False,
        ),
    ] = None,
    environment: Annotated[
        str, typer.Option(help="The environment to put them into; a tool gets one of them.")
    ] = "data",
    data_dir: DataDir = None,
) -> None:
    """Install packages for Python tools, try them in a sandbox, then offer them.

    Only ready-made wheels are taken, so that nothing of them runs on this machine outside the
    sandbox. What the environment holds stays in it. Needs no restart; every machine with workers
    needs its own.
    """
    root = _root(data_dir)
    present = next((e for e in environments(root) if e.name == environment), None)
    before = present.manifest if present else None
    try:
        if names:
            requested = named(names, before)
        else:
            _keep_others(before.requested if before else [])
            requested = locked()
        with talk.status("starting pip") as status:
            manifest = build(root, environment, requested, lambda line: status.update(escape(line)))
    except RequestInvalid as error:
        raise BadInput(str(error)) from error
    except BuildFailed as error:
        raise CommandError(str(error)) from error
    except SandboxUnavailable as error:
        raise CommandError(error.message) from error
    packages = ", ".join(f"{name} {version}" for name, version in sorted(manifest.packages.items()))
    talk.print(f"{environment}: {packages}", markup=False, soft_wrap=True)
    if VARIABLE not in os.environ:
        talk.print(f"Workers that `up` did not start need {VARIABLE}={root}", soft_wrap=True)


@app.command("list")
def list_packages(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """What Python tools may name in `packages`."""
    found = environments(_root(data_dir))
    if as_json:
        print_json([{"name": e.name} | e.manifest.model_dump() for e in found])
        return
    host = availability().host
    python = host.python if host else ""
    print_table(
        ["environment", "python", "package", "version", ""],
        (
            (e.name, e.manifest.python, name, version, "" if e.fits(python) else _UNFIT)
            for e in found
            for name, version in sorted(e.manifest.packages.items())
        ),
    )


def _root(data_dir: Path | None) -> Path:
    """Where environments lie: what workers are told, else in the data folder."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    folder = data_folder(data_dir)
    folder.create()
    return folder.root / "packages"


def _keep_others(requested: list[str]) -> None:
    others = sorted(set(requested) - set(OFFERED))
    if others:
        raise BadInput(
            f"this environment also holds {', '.join(others)}; name what you want to change, "
            "or give another --environment"
        )
