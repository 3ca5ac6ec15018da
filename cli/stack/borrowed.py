"""A server for one command: the running one, else an embedded one that ends with the command."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console

from cli.client import ApiClient
from cli.data_folder import DataFolder
from cli.exits import Unreachable
from cli.sign_in import connect, connect_local, has_server

_STOP_SECONDS = 30.0


@contextmanager
def any_server(folder: DataFolder, console: Console) -> Iterator[ApiClient]:
    """A client of whatever server we know; starts the embedded one when there is none."""
    if has_server(folder):
        with connect(folder) as client:
            yield client
        return
    with _embedded(folder, console), connect_local(folder) as client:
        yield client


@contextmanager
def _embedded(folder: DataFolder, console: Console) -> Iterator[None]:
    """`pastetrader up` as a child until the block ends; runs left behind resume with the next."""
    options = ["--json", "--no-designer", "--data-dir", str(folder.root)]
    command = [sys.executable, "-m", "cli.main", "up", *options]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            _wait_until_ready(process, errors, console)
            yield
        finally:
            _stop(process)


def _wait_until_ready(process: "subprocess.Popen[str]", errors: IO[str], console: Console) -> None:
    lines = process.stdout or iter(())
    with console.status("starting the embedded servers") as status:
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "ready":
                # Read on: a full pipe would hold up whoever writes into it.
                threading.Thread(target=list, args=(lines,), daemon=True).start()
                return
            status.update(f"{event['event']} {event.get('name', '')}")
    process.wait()
    errors.seek(0)
    raise Unreachable(f"the embedded servers did not start: {errors.read().strip()}")


def _stop(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
