"""`python -m cli.scripted_model`: prints its URL and answers until it is stopped."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, address, config, listen


def main(
    port: Annotated[int, typer.Option(help="0 takes any free one.", min=0, max=65_535)] = 0,
    script: Annotated[
        Path | None, typer.Option(help="JSON file with the answers.", exists=True, dir_okay=False)
    ] = None,
    obey: Annotated[
        bool, typer.Option("--obey", help="Do whatever `CALL name {json}` in a message says.")
    ] = False,
) -> None:
    """Serve a scripted language model on 127.0.0.1, for OpenAI's and Anthropic's clients."""
    read = Script() if script is None else _read(script)
    model = ScriptedModel(read.model_copy(update={"obey": read.obey or obey}))
    try:
        listening = listen(port)
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}") from None
    typer.echo(address(listening))
    uvicorn.Server(config(model)).run([listening])


def _read(path: Path) -> Script:
    try:
        return Script.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise typer.BadParameter(f"{path}: {place}: {first['msg']}") from None
    except (OSError, UnicodeError) as problem:
        raise typer.BadParameter(f"{path}: {problem}") from None


if __name__ == "__main__":
    typer.run(main)
