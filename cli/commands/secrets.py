"""`pastetrader secrets`: values that tools use and nobody reads back."""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from cli.data_folder import DataFolder, write_private
from cli.exits import BadInput
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect
from models.keys import FILE_VARIABLE, VARIABLE, Keyring, KeysInvalid, new_key

app = typer.Typer(no_args_is_help=True, help="Keep values that tools use and nobody reads back.")
Name = Annotated[str, typer.Argument(help="Letters, digits and `_`.", show_default=False)]


@app.command("list")
def list_secrets(limit: Limit = 100, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Names of your secrets, and when each was last used."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/secrets", limit))
    if as_json:
        print_json(found)
        return
    print_table(
        ["name", "description", "changed", "last used"],
        (
            (s["name"], s["description"] or "", s["updated_at"], s["last_used_at"] or "never")
            for s in found
        ),
    )


@app.command("set")
def set_secret(
    name: Name,
    refused: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--file", help="Read the value from a file.", exists=True, dir_okay=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Keep a value under a name, or replace it.

    The value is asked for without showing it, or read from a file or from standard input; it is no
    argument, because every user of a machine can read those. Use it as `{{ secrets.NAME }}`.
    """
    if refused:
        raise BadInput("the value is no argument; give it on standard input, or with --file")
    body = {"value": _value(from_file)} | ({"description": description} if description else {})
    with connect(data_folder(data_dir)) as client:
        made = client.put(_path(name), body)
    if as_json:
        print_json(made)
    else:
        talk.print(f"Kept; write {{{{ secrets.{name} }}}} where a tool needs it.", markup=False)


@app.command()
def delete(name: Name, data_dir: DataDir = None) -> None:
    """Forget a secret for good; tools that name it fail from then on."""
    with connect(data_folder(data_dir)) as client:
        client.delete(_path(name))
    talk.print("Forgotten.")


@app.command()
def rotate(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Put all secrets under a new encryption key.

    With the embedded servers the key is made here and put first in the data folder's key file; the
    older ones stay in it, because runs whose payloads are encrypted may still need them. Elsewhere
    put a new key first into PASTETRADER_ENCRYPTION_KEYS or its file and restart, then call this.
    """
    folder = data_folder(data_dir)
    with connect(folder) as client:
        if folder.running() is not None and not os.environ.keys() & {VARIABLE, FILE_VARIABLE}:
            _put_new_key_first(folder)
        found = client.post("/secrets/rotate", None)
    if as_json:
        print_json(found)
    else:
        talk.print(f"{found['rotated']} secrets are under the key {found['key_id']!r} now.")


@app.command("new-key")
def print_new_key() -> None:
    """Print a new encryption key, for PASTETRADER_ENCRYPTION_KEYS or its file."""
    typer.echo(new_key(secrets.token_hex(4)))


def _path(name: str) -> str:
    return f"/secrets/{quote(name, safe='')}"


def _value(file: Path | None) -> str:
    if file is None and sys.stdin.isatty():
        return str(typer.prompt("Value", hide_input=True, confirmation_prompt=True))
    data = sys.stdin.buffer.read() if file is None else file.read_bytes()
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeError as error:
        raise BadInput("the value is no text in UTF-8; encode it, such as with base64") from error


def _put_new_key_first(folder: DataFolder) -> None:
    file = folder.encryption_keys
    try:
        known = file.read_text(encoding="ascii")
        Keyring.parse(known)
    except (OSError, UnicodeError, KeysInvalid) as error:
        raise BadInput(f"{file}: {error}") from error
    write_private(file, f"{new_key(secrets.token_hex(4))}\n{known}")
