"""`pastetrader migrate`: the database schema."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config

from cli.exits import BadInput

app = typer.Typer()


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="Revision to go to.")] = "head",
) -> None:
    """Bring the database of DATABASE_URL to a revision, by default the newest."""
    command.upgrade(alembic_config(), revision)


def alembic_config() -> Config:
    """Alembic's settings without an ini file, so that an installed package can migrate too."""
    spec = importlib.util.find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise BadInput("the migrations are not installed: pip install pastetrader")
    config = Config()
    config.set_main_option("script_location", str(Path(spec.submodule_search_locations[0])))
    config.set_main_option("path_separator", "os")
    return config
