"""`pastetrader up`: everything on one machine until Ctrl-C."""

import asyncio
import signal
from typing import Annotated

import typer
from rich.console import Console

from cli.embedded.errors import EmbeddedServerError
from cli.exits import Unreachable
from cli.options import AsJson, DataDir, data_folder
from cli.stack.report import ConsoleReport, Report, json_report
from cli.stack.stack import Stack, StackOptions

app = typer.Typer()


@app.command()
def up(
    data_dir: DataDir = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port of the API and the designer. [default: 8000, or a free one]",
            min=1,
            max=65535,
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=64)] = 1,
    no_ui: Annotated[
        bool,
        typer.Option("--no-ui", help="Leave Temporal Web and the designer's build out."),
    ] = False,
    no_designer: Annotated[
        bool, typer.Option("--no-designer", help="Do not build the web designer.")
    ] = False,
    no_account: Annotated[
        bool,
        typer.Option("--no-account", help="Leave the first account to the designer's set-up page."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start PostgreSQL, Temporal, API and workers, and keep them running until Ctrl-C.

    All state lives in one data folder; the next start resumes every run. DATABASE_URL or
    TEMPORAL_ADDRESS replace that embedded part by a server of yours.
    """
    options = StackOptions(
        port=port,
        workers=workers,
        with_ui=not no_ui,
        with_designer=not (no_ui or no_designer),
        with_account=not no_account,
    )
    folder = data_folder(data_dir)
    report: Report = json_report if as_json else ConsoleReport(Console(), folder)
    try:
        asyncio.run(_run(Stack(folder, options, report)))
    except EmbeddedServerError as error:
        raise Unreachable(str(error)) from error


async def _run(stack: Stack) -> None:
    """Run until a signal; one that arrives while starting stops the start."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    start, stopped = asyncio.create_task(stack.start()), asyncio.create_task(stop.wait())
    await asyncio.wait((start, stopped), return_when=asyncio.FIRST_COMPLETED)
    if not start.done():
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        return
    try:
        start.result()
        await stopped
    finally:
        stopped.cancel()
    await stack.stop()
