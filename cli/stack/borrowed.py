"""A server for one command: the running one, else an embedded one that ends with the command."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    command = [sys.executable, "-m", "cli.main", "up", "--json", "--data-dir", str(folder.root)]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process, console)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_until_ready(process: "subprocess.Popen[str]", console: Console) -> None:
    with console.status("starting the embedded servers") as status:
        for line in process.stdout or ():
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "ready":
                return
            status.update(f"{event['event']} {event.get('name', '')}")
    _, errors = process.communicate()
    raise Unreachable(f"the embedded servers did not start: {errors.strip()}")
