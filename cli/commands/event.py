"""`pastetrader event`: say that something happened."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli.documents import read_json
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Say that something happened.")
_SHOWN = 60


@app.command()
def send(
    name: Annotated[str, typer.Argument(help="What happened.", show_default=False)],
    key: Annotated[str | None, typer.Option(help="Whom it is for, such as an order.")] = None,
    payload: Annotated[
        str | None, typer.Option(help="More of it: JSON, @file, or - for standard input.")
    ] = None,
    event_id: Annotated[
        str | None, typer.Option("--id", help="Its own name: the same one is the same event.")
    ] = None,
    execution: Annotated[str | None, typer.Option(help="Say it to this run only.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Start what waits for such an event to start, and wake runs that wait for it."""
    details = {
        "key": key,
        "payload": None if payload is None else read_json(payload),
        "id": event_id,
    }
    with connect(data_folder(data_dir)) as client:
        if execution is None:
            told = client.post("/events", {"name": name, **details})
        else:
            told = client.post(f"/executions/{execution}/events/{quote(name, safe='')}", details)
    if as_json:
        print_json(told)
    elif told["duplicate"]:
        talk.print("It was told before; nothing happens again.")
    else:
        talk.print(f"Told {told['triggers']} triggers, and whatever waits for it.")


@app.command("list")
def list_events(
    name: Annotated[str | None, typer.Option(help="What happened.")] = None,
    key: Annotated[str | None, typer.Option(help="Whom it is for.")] = None,
    limit: Limit = 20,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What was told, newest first."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/events", limit, name=name, key=key))
    if as_json:
        print_json(found)
        return
    print_table(["when", "name", "key", "woke", "payload"], map(_row, found))


def _row(event: dict[str, Any]) -> list[str]:
    text = json.dumps(event["payload"], ensure_ascii=False)
    return [
        event["received_at"],
        event["name"],
        event["key"] or "",
        str(event["deliveries"]),
        text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…",
    ]
