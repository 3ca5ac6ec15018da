"""`pastetrader api`: the API process."""

import socket
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn

from cli.embedded.ports import LOOPBACK

_STARTUP_FAILURE = 3
_GRACEFUL_SECONDS = 3  # an open event stream would hold the shutdown for ever

app = typer.Typer()


@app.command()
def api(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    listener: Annotated[
        int | None, typer.Option(help="File descriptor of a socket that listens.", hidden=True)
    ] = None,
) -> None:
    """Serve the API, the designer and the mirror of Temporal's history.

    Needs DATABASE_URL, TEMPORAL_ADDRESS and PASTETRADER_SECRET_KEY. Any number may run.
    """
    config = uvicorn.Config(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=None if listener is None else [socket.socket(fileno=listener)])
    if not server.started:
        raise typer.Exit(_STARTUP_FAILURE)
