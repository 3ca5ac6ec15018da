"""`pastetrader login`: sign in to a server and remember it."""

from typing import Annotated

import typer

from cli.exits import Unreachable
from cli.options import DataDir, data_folder
from cli.output import talk
from cli.sign_in import Credentials, api_base, create_api_key, running_url, store_credentials

app = typer.Typer()


@app.command()
def login(
    url: Annotated[
        str | None, typer.Option(help="The server's address. [default: the local one]")
    ] = None,
    email: Annotated[str, typer.Option(prompt=True, help="Your account.")] = "",
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            envvar="PASTETRADER_PASSWORD",
            help="Asked for if missing.",
        ),
    ] = "",
    data_dir: DataDir = None,
) -> None:
    """Sign in and store an API key of yours, readable by you only.

    A server that `pastetrader up` runs on this machine needs no login.
    """
    base = api_base(url) if url else running_url(data_folder(data_dir))
    if base is None:
        raise Unreachable("no local server is running; name one with --url")
    key = create_api_key(base, email, password)
    file = store_credentials(Credentials(url=base, api_key=key))
    talk.print(f"Signed in to {base} as {email}; the key is in {file}.", soft_wrap=True)
