"""`pastetrader api-key`: keys for programs."""

from typing import Annotated

import typer

from cli.options import AsJson, DataDir, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@app.command("list")
def list_keys(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Your keys; the keys themselves are never shown again."""
    with connect(data_folder(data_dir)) as client:
        found = client.get("/auth/api-keys")["items"]
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "name", "prefix", "scopes", "last used"],
        (
            (k["id"], k["name"], k["prefix"], ", ".join(k["scopes"]), k["last_used_at"] or "never")
            for k in found
        ),
    )


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: read, write, admin; all of it without this option."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: this is the only time that it is shown."""
    body = {"name": name} | ({"scopes": scope} if scope else {})
    with connect(data_folder(data_dir)) as client:
        made = client.post("/auth/api-keys", body)
    if as_json:
        print_json(made)
    else:
        typer.echo(made["key"])
        talk.print("Keep it: it is not shown again.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key.", show_default=False)],
    data_dir: DataDir = None,
) -> None:
    """Revoke a key; it stops working at once."""
    with connect(data_folder(data_dir)) as client:
        client.delete(f"/auth/api-keys/{key_id}")
    talk.print("Revoked.")
