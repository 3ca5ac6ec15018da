"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from cli.data_folder import DataFolder, default_root

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="PASTETRADER_DATA_DIR",
        help="Folder with all state of the embedded servers. [default: ~/.local/share/pastetrader]",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Show a live tree of the nodes while they run.")
]
RunInput = Annotated[
    str | None,
    typer.Option("--input", "-i", help="The run's input: JSON, @file, or - for standard input."),
]


def data_folder(given: Path | None) -> DataFolder:
    """The folder an option names, else the usual one."""
    return DataFolder(given or default_root())
