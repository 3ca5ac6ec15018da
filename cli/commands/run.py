"""`pastetrader run`: one run from a file or of a stored workflow."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.documents import import_file, looks_like_file, read_json
from cli.lookup import find_workflow
from cli.options import AsJson, DataDir, Follow, RunInput, data_folder
from cli.output import print_json, talk
from cli.runs import print_outcome, start_run, watch_run
from cli.stack.borrowed import any_server

app = typer.Typer()


@app.command()
def run(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME", help="A workflow file, or the id or name of a stored workflow."
        ),
    ],
    run_input: RunInput = None,
    follow: Follow = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Start the run and leave without waiting.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a workflow and wait for its end; exit code 0 only when it completed.

    Needs no server: when none is up, the embedded one is started for the time of the run.
    With --follow --json every event is one JSON line; with --json alone the finished run is printed.
    """
    value = read_json(run_input)
    with any_server(data_folder(data_dir), talk) as client:
        workflow = _prepare(client, target)
        started = start_run(client, workflow["id"], value)
        if detach:
            print_json(started)
            return
        execution = watch_run(
            client, started["id"], workflow["graph"], show=follow, as_json=as_json
        )
        print_outcome(execution, show=follow, as_json=as_json)


def _prepare(client: ApiClient, target: str) -> dict[str, Any]:
    """The workflow to run, published: a file is imported first."""
    if not looks_like_file(target):
        return client.get(f"/workflows/{find_workflow(client, target)['id']}")  # type: ignore[no-any-return]  # JSON of the API
    workflow = import_file(client, Path(target), on_conflict="replace")
    client.post(f"/workflows/{workflow['id']}/publish")
    return workflow
