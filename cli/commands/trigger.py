"""`pastetrader trigger`: what starts workflows by itself."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.documents import read_json, read_object, read_text
from cli.exits import BadInput, CommandError
from cli.follow.tree import parse_time
from cli.lookup import find_trigger, find_workflow
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import console, print_json, print_table, status_text, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Let workflows start by time, webhook or event.")
Reference = Annotated[str, typer.Argument(help="Id or name of a trigger.", show_default=False)]
Note = Annotated[str | None, typer.Option("--note", "-m", help="Why; shown with it.")]
Moment = Annotated[str, typer.Option(help="ISO 8601 with offset, such as 2026-05-01T00:00:00Z.")]

_REFUSED = 400


@app.command("list")
def list_triggers(
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Your triggers, newest first."""
    with connect(data_folder(data_dir)) as client:
        of = find_workflow(client, workflow)["id"] if workflow is not None else None
        found = list(client.items("/triggers", limit, workflow_id=of))
    if as_json:
        print_json(found)
        return
    print_table(["id", "name", "starts", "when", "next"], map(_row, found))


@app.command()
def show(trigger: Reference, data_dir: DataDir = None) -> None:
    """A trigger, as JSON."""
    with connect(data_folder(data_dir)) as client:
        print_json(find_trigger(client, trigger))


@app.command()
def create(
    file: Annotated[
        Path,
        typer.Argument(
            help="YAML or JSON, - for standard input: name, workflow (its name or id), config, and "
            "if wanted is_active.",
            show_default=False,
        ),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a trigger."""
    document = read_object(file)
    with connect(data_folder(data_dir)) as client:
        workflow = document.pop("workflow", None)
        if workflow is not None:
            document["workflow_id"] = find_workflow(client, str(workflow))["id"]
        made = client.post("/triggers", document)
    _report(made, as_json, "Made")


@app.command()
def pause(
    trigger: Reference, note: Note = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Let it start nothing until it is resumed."""
    _switch(trigger, "pause", note, data_dir, as_json)


@app.command()
def resume(
    trigger: Reference, note: Note = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Let it go on; what would have come meanwhile is not made up for."""
    _switch(trigger, "resume", note, data_dir, as_json)


@app.command()
def fire(
    trigger: Reference,
    event: Annotated[
        str | None, typer.Option("--event", "-e", help="What came: JSON, @file or -.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fire now, paused or not."""
    body = {"event": read_json(event)} if event is not None else {}
    with connect(data_folder(data_dir)) as client:
        found = find_trigger(client, trigger)
        firing = client.post(f"/triggers/{found['id']}/fire", body)
    if as_json:
        print_json(firing)
    else:
        talk.print(f"Fired {found['name']!r}; its run is {firing['id']}.", markup=False)


@app.command()
def backfill(
    trigger: Reference,
    start: Moment,
    end: Moment,
    parallel: Annotated[
        bool, typer.Option("--parallel", help="All at once instead of one after the other.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fire for the times of a window in the past that did not fire."""
    overlap = "allow_all" if parallel else "buffer_all"
    body = {"start_at": start, "end_at": end, "overlap": overlap}
    with connect(data_folder(data_dir)) as client:
        found = find_trigger(client, trigger)
        answer = client.post(f"/triggers/{found['id']}/backfill", body)
    if as_json:
        print_json(answer)
    else:
        _print_times(answer["times"])


@app.command()
def preview(
    cron: Annotated[
        str | None, typer.Argument(help="Five fields, such as '0 9 * * mon-fri'.")
    ] = None,
    time_zone: Annotated[str, typer.Option("--time-zone", "-z", help="IANA name.")] = "UTC",
    file: Annotated[
        Path | None, typer.Option(help="YAML or JSON of a whole schedule, or of its trigger.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many times.", min=1, max=100)] = 10,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """The next times of a schedule, before it is made."""
    if (cron is None) == (file is None):
        raise BadInput("give either a cron expression or --file")
    config: dict[str, Any] = {"schedule_type": "cron", "cron": cron, "time_zone": time_zone}
    if file is not None:
        document = read_object(file)
        config = document.get("config", document)
    with connect(data_folder(data_dir)) as client:
        answer = client.post("/triggers/preview", {"config": config, "count": count})
    if as_json:
        print_json(answer)
    else:
        _print_times(answer["times"])


@app.command()
def history(
    trigger: Reference,
    status: Annotated[str | None, typer.Option(help="Only with this status.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What became of its firings, newest first."""
    with connect(data_folder(data_dir)) as client:
        path = f"/triggers/{find_trigger(client, trigger)['id']}/history"
        found = list(client.items(path, limit, status=status))
    if as_json:
        print_json(found)
        return
    columns = ["for", "cause", "status", "run", "detail"]
    print_table(
        columns,
        (
            [
                _local(row["scheduled_at"]),
                row["cause"],
                status_text(row["execution_status"] or row["status"]),
                row["execution_id"] or "",
                row["error"] or "",
            ]
            for row in found
        ),
    )


@app.command()
def deliveries(
    trigger: Reference,
    status: Annotated[str | None, typer.Option(help="Only with this status.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Calls to a webhook, newest first."""
    with connect(data_folder(data_dir)) as client:
        path = f"/triggers/{find_trigger(client, trigger)['id']}/deliveries"
        found = list(client.items(path, limit, status=status))
    if as_json:
        print_json(found)
        return
    print_table(
        ["received", "delivery", "status", "run", "detail"],
        (
            [
                _local(row["received_at"]),
                row["delivery_id"],
                row["status"],
                row["execution_id"] or "",
                row["detail"] or "",
            ]
            for row in found
        ),
    )


@app.command("test")
def try_out(
    trigger: Reference,
    body: Annotated[str, typer.Option(help="What is sent; @file, or - for standard input.")] = "{}",
    content_type: Annotated[str, typer.Option(help="Of what kind it is.")] = "application/json",
    curl: Annotated[bool, typer.Option("--curl", help="Print the same call for curl.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Send a webhook a signed call, as if it came from outside: it starts a run."""
    sample = {"body": read_text(body), "content_type": content_type}
    with connect(data_folder(data_dir)) as client:
        path = f"/triggers/{find_trigger(client, trigger)['id']}/test"
        tried = client.post(path, sample)
    if as_json:
        print_json(tried)
    elif tried["status"] >= _REFUSED:
        kept, answer = tried["delivery"], tried["answer"]
        reason = kept["detail"] if kept else f"{answer['code']}: {answer['detail']}"
        raise CommandError(reason)
    elif curl:
        console.print(tried["curl"], markup=False, highlight=False, soft_wrap=True)
    else:
        print_json(tried["answer"])


@app.command()
def delete(trigger: Reference, data_dir: DataDir = None) -> None:
    """Delete it; runs that it started go on."""
    with connect(data_folder(data_dir)) as client:
        found = find_trigger(client, trigger)
        client.delete(f"/triggers/{found['id']}")
    talk.print(f"Deleted {found['name']!r}.", markup=False)


def _switch(
    trigger: str, what: str, note: str | None, data_dir: Path | None, as_json: bool
) -> None:
    with connect(data_folder(data_dir)) as client:
        path = f"/triggers/{find_trigger(client, trigger)['id']}/{what}"
        _report(client.post(path, {"note": note}), as_json, f"{what.capitalize()}d")


def _report(trigger: dict[str, Any], as_json: bool, done: str) -> None:
    if as_json:
        print_json(trigger)
        return
    following = (
        f" It fires next at {_local(trigger['next_run_at'])}." if trigger["next_run_at"] else ""
    )
    where = f" Call {trigger['url']}." if trigger["url"] else ""
    talk.print(f"{done} {trigger['name']!r}.{following}{where}", markup=False, soft_wrap=True)


def _row(trigger: dict[str, Any]) -> list[str]:
    following = _local(trigger["next_run_at"]) if trigger["is_active"] else "paused"
    name, workflow = trigger["name"], trigger["workflow_name"]
    return [trigger["id"], name, workflow, _when(trigger["config"]), following]


def _when(config: dict[str, Any]) -> str:
    """What it waits for, in a few words."""
    if config["type"] == "webhook":
        return f"webhook ({config['verification']})"
    if config["type"] == "event":
        return f"event {config['event']}" + (f" [{config['key']}]" if config["key"] else "")
    if config["schedule_type"] == "cron":
        return f"{config['cron']} ({config['time_zone']})"
    if config["schedule_type"] == "interval":
        return f"every {config['every_seconds']:g} s"
    return f"once at {_local(config['at'])}"


def _print_times(times: list[str]) -> None:
    print_table(["time", "UTC"], ([_local(time), time] for time in times))


def _local(time: str | None) -> str:
    found = parse_time(time)
    return f"{found.astimezone():%Y-%m-%d %H:%M:%S}" if found else ""
