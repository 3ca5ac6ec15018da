"""`pastetrader worker`: the process that runs workflows and tools."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from typing import Annotated

import typer

from activities.worker import SettingsInvalid, WorkerSettings, run_worker
from api import logs
from cli.exits import BadInput, CommandError, ExitCode
from temporal_workflows.contracts import TASK_QUEUE

app = typer.Typer()


@app.command()
def worker(
    queue: Annotated[str, typer.Option(help="Temporal task queue to serve.")] = TASK_QUEUE,
    processes: Annotated[int, typer.Option(help="Processes to run.", min=1, max=64)] = 1,
) -> None:
    """Run workflows and tools; start as many as you like, on any number of machines.

    Needs TEMPORAL_ADDRESS, PASTETRADER_ARTIFACTS and the API's encryption keys; DATABASE_URL is for
    secrets, MCP servers, limits and agents, and makes the mirror quicker.
    PASTETRADER_HTTP_ALLOW opens private addresses to HTTP tools: `10.0.0.0/8,localhost:8001`.
    SIGTERM lets running tools finish for a few seconds; what does not runs again elsewhere.
    """
    try:
        settings = WorkerSettings.from_env(task_queue=queue)
    except SettingsInvalid as error:
        raise BadInput(str(error)) from error
    if processes == 1:
        logs.configure()
        asyncio.run(run_worker(settings))
    else:
        _run_many(queue, processes)


def _run_many(queue: str, processes: int) -> None:
    """Children that end with us; one that dies takes the others along, so that it is noticed."""
    command = [sys.executable, "-m", "cli.main", "worker", "--queue", queue]
    children = [subprocess.Popen(command) for _ in range(processes)]

    asked = threading.Event()

    def stop(*_: object) -> None:
        if not asked.is_set():  # a second signal would kill those that are about to end
            asked.set()
            for child in children:
                child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # any of them; each is collected below
    unexpected = not asked.is_set()
    stop()
    for child in children:
        child.wait()
    if unexpected:
        raise CommandError("a worker process ended unexpectedly", ExitCode.FAILED)
