"""The `pastetrader` command; modules of a command are loaded when it is called."""

import atexit
import importlib
import sys
import time
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from cli.exits import CommandError, ExitCode

COMMANDS = (
    *("up", "demo", "run", "workflow", "execution", "tool", "agent", "approval", "notification"),
    *("trigger", "event"),
    *("draft", "mcp", "secrets", "login", "api-key"),
    *("packages", "doctor", "api", "worker", "rollout", "migrate"),
)


class LazyCommands(TyperGroup):
    """Finds `pastetrader x` in `cli.commands.x`: most commands need neither API nor worker."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = f"cli.commands.{cmd_name.replace('-', '_')}"
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name = cmd_name  # groups have none of their own
        return command


app = typer.Typer(cls=LazyCommands, no_args_is_help=True, add_completion=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pastetrader {version('pastetrader')}")
        raise typer.Exit


@app.callback()
def pastetrader(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Durable workflow automation on Temporal: draw a graph, run it, lose nothing.

    Start with `pastetrader up` or `pastetrader demo`.

    Exit codes: 0 completed, 1 the run failed, 2 bad input, 3 no server or not signed in,
    130 interrupted.
    """


def main() -> None:
    """Run a command; every error ends as one message and an exit code."""
    # Temporal's native threads may crash an interpreter that exits right after its work.
    atexit.register(time.sleep, 0.05)
    try:
        app(prog_name="pastetrader")
    except CommandError as error:
        Console(stderr=True).print(f"[red]Error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(error.code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
