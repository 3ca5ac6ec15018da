"""`pastetrader notification`: who is told of what."""

import time
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.exits import BadInput, CommandError
from cli.lookup import find_workflow
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect
from models.enums import NoticeStatus, NotificationChannel, Occasion

app = typer.Typer(no_args_is_help=True, help="Have people and programs told of runs.")
Reference = Annotated[str, typer.Argument(help="Id or name of a notification.", show_default=False)]
_SEARCHED = 1_000
_WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.3


@app.command("list")
def list_notifications(
    limit: Limit = 100, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Whom you have told of what."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/notifications", limit))
    if as_json:
        print_json(found)
        return
    print_table(["name", "channel", "to", "of", "workflow", "state"], map(_row, found))


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called.", show_default=False)],
    channel: Annotated[NotificationChannel, typer.Option(help="How to tell.")],
    url: Annotated[
        str | None,
        typer.Option(help="Of a webhook, Slack or Discord; may hold `{{ secrets.NAME }}`."),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Name of the secret that signs what a webhook is sent.")
    ] = None,
    to: Annotated[list[str] | None, typer.Option(help="E-mail address; several are fine.")] = None,
    on: Annotated[
        list[Occasion] | None, typer.Option(help="What to tell of; several are fine.")
    ] = None,
    workflow: Annotated[
        str | None, typer.Option(help="Id or name; without one, all of yours.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have somebody told from now on; of failures unless --on says otherwise."""
    given = {"url": url, "secret": secret, "to": to or None}
    body: dict[str, Any] = {
        "name": name,
        "channel": channel,
        "occasions": on or [Occasion.FAILED],
        "config": {key: value for key, value in given.items() if value is not None},
    }
    with connect(data_folder(data_dir)) as client:
        if workflow is not None:
            body["workflow_id"] = find_workflow(client, workflow)["id"]
        made = client.post("/notifications", body)
    if as_json:
        print_json(made)
    else:
        talk.print(f"{made['name']!r} tells of: {', '.join(made['occasions'])}.", markup=False)


@app.command("test")
def send_test(
    notification: Reference,
    wait: Annotated[bool, typer.Option(help="Wait until it is told, or cannot be.")] = True,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell a sample, and say whether it arrived."""
    with connect(data_folder(data_dir)) as client:
        path = f"/notifications/{_find(client, notification)['id']}"
        notice = client.post(f"{path}/test")
        if wait:
            notice = _settled(client, path, notice)
    if as_json:
        print_json(notice)
    elif notice["status"] == NoticeStatus.SENT:
        talk.print("Told.")
    else:
        talk.print("It is on its way; see `pastetrader notification notices`.")


@app.command()
def notices(
    notification: Reference, limit: Limit = 20, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """What a notification told, newest first."""
    with connect(data_folder(data_dir)) as client:
        path = f"/notifications/{_find(client, notification)['id']}/notices"
        found = list(client.items(path, limit))
    if as_json:
        print_json(found)
        return
    columns = ["when", "of", "run", "status", "attempts", "error"]
    print_table(columns, map(_notice_row, found))


@app.command()
def delete(notification: Reference, data_dir: DataDir = None) -> None:
    """Tell nobody any more; what it told is forgotten."""
    with connect(data_folder(data_dir)) as client:
        found = _find(client, notification)
        client.delete(f"/notifications/{found['id']}")
    talk.print(f"Deleted {found['name']!r}.", markup=False)


def _find(client: ApiClient, reference: str) -> dict[str, Any]:
    found = [
        each
        for each in client.items("/notifications", _SEARCHED)
        if reference in {each["id"], each["name"]}
    ]
    if not found:
        raise BadInput(
            f"no notification is named {reference!r}; see `pastetrader notification list`"
        )
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        raise BadInput(f"{len(found)} notifications are named {reference!r}: give an id ({ids})")
    return found[0]


def _settled(client: ApiClient, path: str, notice: dict[str, Any]) -> dict[str, Any]:
    """The notice once it is told; as it is then when that takes too long."""
    end = time.monotonic() + _WAIT_SECONDS
    while notice["status"] == NoticeStatus.PENDING and time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
        told = {each["id"]: each for each in client.items(f"{path}/notices", 100)}
        notice = told.get(notice["id"], notice)
    if notice["error"] is not None:
        again = "; it is tried again" if notice["status"] == NoticeStatus.PENDING else ""
        raise CommandError(f"{notice['error']}{again}")
    return notice


def _row(found: dict[str, Any]) -> list[str]:
    config = found["config"]
    return [
        found["name"],
        found["channel"],
        ", ".join(config["to"]) if "to" in config else config["url"],
        ", ".join(found["occasions"]),
        found["workflow_name"] or "all",
        "active" if found["is_active"] else "paused",
    ]


def _notice_row(notice: dict[str, Any]) -> list[str]:
    return [
        notice["created_at"],
        notice["occasion"],
        notice["execution_id"] or "a test",
        notice["status"],
        str(notice["attempts"]),
        notice["error"] or "",
    ]
