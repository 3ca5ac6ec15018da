"""`pastetrader approval`: what runs ask of people before they go on."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli.documents import read_json
from cli.follow.tree import parse_time
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Let sensitive calls of agents run, or not.")
ApprovalId = Annotated[str, typer.Argument(help="Id of an approval.", show_default=False)]
Comment = Annotated[str | None, typer.Option("--comment", "-m", help="Why; kept with it.")]
_SHOWN = 200


@app.command("list")
def list_approvals(
    every: Annotated[bool, typer.Option("--all", help="Also what is decided.")] = False,
    execution: Annotated[str | None, typer.Option(help="Only of this agent's run.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, newest first."""
    status = None if every else "pending"
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/approvals", limit, status=status, execution_id=execution))
    if as_json:
        print_json(found)
        return
    print_table(["id", "status", "until", "call"], map(_row, found))


@app.command()
def approve(
    approval: ApprovalId,
    comment: Comment = None,
    form: Annotated[
        str | None, typer.Option("--form", help="What is to be filled in: JSON, @file or -.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let a run go on with what it asks for."""
    body: dict[str, Any] = {"approve": True, "comment": comment}
    if form is not None:
        body["form"] = read_json(form)
    _decide(approval, body, data_dir, as_json)


@app.command()
def reject(
    approval: ApprovalId,
    comment: Comment = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say no: an agent is told and goes on without it; a node leaves by `rejected`, or fails."""
    _decide(approval, {"approve": False, "comment": comment}, data_dir, as_json)


def _decide(approval: str, body: dict[str, Any], data_dir: DataDir, as_json: bool) -> None:
    path = f"/approvals/{quote(approval, safe='')}/decision"
    with connect(data_folder(data_dir)) as client:
        decided = client.post(path, body)
    if as_json:
        print_json(decided)
    else:
        talk.print(f"{decided['status'].capitalize()}: {decided['title']}", markup=False)


def _row(approval: dict[str, Any]) -> list[str]:
    until = parse_time(approval["expires_at"])
    return [
        approval["id"],
        approval["status"],
        f"{until.astimezone():%Y-%m-%d %H:%M}" if until else "",
        _call(approval["title"], approval["request"]),
    ]


def _call(tool: str, request: Any) -> str:
    arguments = request.get("arguments", request) if isinstance(request, dict) else request
    text = f"{tool} {json.dumps(arguments, ensure_ascii=False)}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
