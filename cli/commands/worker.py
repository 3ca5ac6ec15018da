"""`pastetrader worker`: the process that runs workflows and tools."""

import asyncio

import typer

from activities.worker import WorkerSettings, run_worker

app = typer.Typer()


@app.command()
def worker() -> None:
    """Run workflows and tools; start as many as you like, on any number of machines.

    Needs TEMPORAL_ADDRESS and PASTETRADER_ARTIFACTS; DATABASE_URL makes the mirror quicker.
    """
    asyncio.run(run_worker(WorkerSettings.from_env()))
