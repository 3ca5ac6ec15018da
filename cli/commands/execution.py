"""`pastetrader execution`: the runs."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import ApiClient
from cli.documents import read_json
from cli.follow.events import run_events
from cli.follow.render import render
from cli.follow.tree import RunTree
from cli.options import AsJson, DataDir, Follow, Limit, data_folder
from cli.output import (
    console,
    duration,
    print_json,
    print_json_line,
    print_table,
    print_value,
    status_text,
    talk,
)
from cli.runs import graph_of, print_outcome, watch_run
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Look at runs, stop them, run them again.")
ExecutionId = Annotated[str, typer.Argument(help="Id of a run.", show_default=False)]
_ALL_LOGS = 10_000


@app.command("list")
def list_executions(
    status: Annotated[str | None, typer.Option(help="Only runs with this status.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Only runs of this workflow id.")] = None,
    limit: Limit = 20,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Runs, newest first."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/executions", limit, status=status, workflow_id=workflow))
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "status", "started", "took"],
        (
            (e["id"], status_text(e["status"]), e.get("started_at") or "", duration(e))
            for e in found
        ),
    )


@app.command()
def show(execution: ExecutionId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """One run: its tree of nodes, its result or its error."""
    with connect(data_folder(data_dir)) as client:
        found = client.get(f"/executions/{execution}")
        if as_json:
            print_json(found)
            return
        tree = RunTree.of_graph(graph_of(client, found))
    tree.apply("execution", found)
    for node in found.get("nodes") or []:
        tree.apply("node", node)
    console.print(render(tree))
    if found.get("error"):
        console.print(Text(found["error"].get("message", ""), style="red"))
    elif found.get("output") is not None:
        print_value(found["output"])


@app.command()
def logs(
    execution: ExecutionId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What a run's nodes wrote."""
    with connect(data_folder(data_dir)) as client:
        for line in _log_lines(client, execution, follow):
            if as_json:
                print_json_line(line)
            else:
                console.print(_log_text(line), soft_wrap=True)


@app.command()
def cancel(execution: ExecutionId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Ask a run to stop; running tools are ended."""
    with connect(data_folder(data_dir)) as client:
        answer = client.post(f"/executions/{execution}/cancel")
    if as_json:
        print_json(answer)
    else:
        talk.print("The run was asked to stop.")


@app.command()
def pause(execution: ExecutionId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Let what runs end, and begin nothing more until `resume`."""
    _steer(
        execution, "pause", "The run begins nothing more until it is resumed.", data_dir, as_json
    )


@app.command()
def resume(execution: ExecutionId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Let a paused run go on."""
    _steer(execution, "resume", "The run goes on.", data_dir, as_json)


@app.command()
def terminate(
    execution: ExecutionId,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever looks at it later.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End a run at once, without asking it: nothing is undone, no tool is told."""
    with connect(data_folder(data_dir)) as client:
        body = {"reason": reason} if reason else None
        answer = client.post(f"/executions/{execution}/terminate", body)
    if as_json:
        print_json(answer)
    else:
        talk.print("The run was ended.")


@app.command()
def retry(
    execution: ExecutionId,
    from_node: Annotated[
        str | None, typer.Option("--from", help="Node to run again from. [default: what failed]")
    ] = None,
    path: Annotated[
        str, typer.Option(help="Its pass, such as 3 or 3.0, within containers; none is every one.")
    ] = "",
    inputs: Annotated[
        str | None, typer.Option(help="New inputs of that node: JSON, @file or -.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="Version of the workflow. [default: the run's]")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask about effects.")] = False,
    follow: Follow = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run again as a new run that keeps the outputs of the nodes before; waits for its end.

    Says first which effects on the world outside it would repeat.
    """
    given = {"from_node": from_node, "path": path or None, "version": version}
    fork: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    body = fork | ({"inputs": read_json(inputs)} if inputs is not None else {})
    with connect(data_folder(data_dir)) as client:
        _confirm_effects(client.get(f"/executions/{execution}/retry", **fork), yes or as_json)
        started = client.post(f"/executions/{execution}/retry", body)
        graph = graph_of(client, client.get(f"/executions/{started['id']}"))
        ended = watch_run(client, started["id"], graph, show=follow, as_json=as_json)
    print_outcome(ended, show=follow, as_json=as_json)


@app.command()
def upgrade(
    execution: ExecutionId,
    version: Annotated[int, typer.Option(help="Version of the workflow to go on with.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether it could.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let a run that goes on take up a newer version: what began in it must be the same there."""
    path = f"/executions/{execution}/upgrade"
    with connect(data_folder(data_dir)) as client:
        report = client.get(path, version=version)
        if report["possible"] and not check:
            client.post(path, {"version": version})
    if as_json:
        print_json(report)
    else:
        _print_report(report, check)
    if not report["possible"]:
        raise typer.Exit(1)


def _confirm_effects(report: dict[str, Any], sure: bool) -> None:
    effects = [node for node in report["again"] if node["effect"]]
    if not effects:
        return
    talk.print("These reach the world outside, and would do so again:")
    for node in effects:
        talk.print(Text(f"  {node['name']} ({node['times']} ×)"))
    if not sure and sys.stdin.isatty():
        typer.confirm("Run again?", abort=True, err=True)


def _print_report(report: dict[str, Any], check: bool) -> None:
    for name in ("kept", "waiting", "changed", "added", "removed"):
        if report[name]:
            talk.print(Text(f"{name}: {', '.join(report[name])}"))
    for reason in report["reasons"]:
        talk.print(Text(reason["message"], style="red"))
    version = report["to_version"]
    if not report["possible"]:
        talk.print(f"The run cannot go on with version {version}.")
    elif check:
        talk.print(f"The run could go on with version {version}.")
    else:
        talk.print(f"The run goes on with version {version} once what runs now has ended.")


def _steer(execution: str, how: str, done: str, data_dir: DataDir, as_json: bool) -> None:
    with connect(data_folder(data_dir)) as client:
        answer = client.post(f"/executions/{execution}/{how}")
    if as_json:
        print_json(answer)
    else:
        talk.print(done)


def _log_lines(client: ApiClient, execution: str, follow: bool) -> Iterator[dict[str, Any]]:
    if not follow:
        yield from client.items(f"/executions/{execution}/logs", _ALL_LOGS)
        return
    for event, data in run_events(client, execution):
        if event == "log":
            yield data


def _log_text(line: dict[str, Any]) -> Text:
    style = {"error": "red", "warning": "yellow", "debug": "dim"}.get(line["level"], "")
    path = f"[{line['path']}]" if line.get("path") else ""
    head = f"{line['timestamp']} {line['level']:<7} {line.get('node_key', '')}{path}: "
    return Text.assemble((head, "dim"), (line["message"], style))
