"""`pastetrader api`: the API process."""

from typing import Annotated

import typer
import uvicorn

from cli.embedded.ports import LOOPBACK

_GRACEFUL_SECONDS = 3  # an open event stream would hold the shutdown for ever

app = typer.Typer()


@app.command()
def api(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve the API, the designer and the mirror of Temporal's history.

    Needs DATABASE_URL, TEMPORAL_ADDRESS and PASTETRADER_SECRET_KEY. Any number may run.
    """
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
