"""`pastetrader approval`: what runs ask of people before they go on."""

import json
import re
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli.documents import read_json
from cli.follow.tree import parse_time
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import console, print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Let runs go on that ask people first, or not.")
ApprovalId = Annotated[str, typer.Argument(help="Id of an approval.", show_default=False)]
Comment = Annotated[str | None, typer.Option("--comment", "-m", help="Why; kept with it.")]
API_PATH = "/api/v1"
_SHOWN = 200
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@app.command("list")
def list_approvals(
    every: Annotated[bool, typer.Option("--all", help="Also what is decided.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you are to decide.")] = False,
    execution: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, newest first."""
    status = None if every else "pending"
    with connect(data_folder(data_dir)) as client:
        wanted = {"status": status, "execution_id": execution, "mine": mine or None}
        found = list(client.items("/approvals", limit, **wanted))
    if as_json:
        print_json(found)
        return
    print_table(["id", "status", "decided", "until", "asks"], map(_row, found))


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


@app.command()
def link(
    approval: ApprovalId,
    email: Annotated[
        str | None, typer.Option(help="Of another account; administrators only.")
    ] = None,
    expires: Annotated[
        str, typer.Option(help="How long it may be used: 30m, 12h, 7d.", show_default=True)
    ] = "1d",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which you decide once, without signing in; whoever has it decides as you."""
    body = {"email": email, "expires_seconds": _seconds(expires)}
    with connect(data_folder(data_dir)) as client:
        made = client.post(f"/approvals/{quote(approval, safe='')}/links", body)
        if made["url"].startswith("/"):
            made["url"] = client.base_url.removesuffix(API_PATH) + made["url"]
    if as_json:
        print_json(made)
    else:
        console.print(made["url"], markup=False, soft_wrap=True)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    if found is None:
        raise typer.BadParameter("write a number and s, m, h or d, such as 12h")
    return int(found[1]) * _UNITS[found[2] or "s"]


def _decide(approval: str, body: dict[str, Any], data_dir: DataDir, as_json: bool) -> None:
    path = f"/approvals/{quote(approval, safe='')}/decision"
    with connect(data_folder(data_dir)) as client:
        decided = client.post(path, body)
    if as_json:
        print_json(decided)
    else:
        talk.print(f"{_word(decided)}: {decided['title']}", markup=False)


def _word(decided: dict[str, Any]) -> str:
    if decided["status"] != "pending":
        return str(decided["status"]).capitalize()
    return f"{len(decided['decisions'])} of {decided['required']} approved"


def _row(approval: dict[str, Any]) -> list[str]:
    until = parse_time(approval["expires_at"])
    return [
        approval["id"],
        approval["status"],
        f"{len(approval['decisions'])} of {approval['required']}",
        f"{until.astimezone():%Y-%m-%d %H:%M}" if until else "",
        _call(approval["title"], approval["request"]),
    ]


def _call(tool: str, request: Any) -> str:
    arguments = request.get("arguments", request) if isinstance(request, dict) else request
    text = f"{tool} {json.dumps(arguments, ensure_ascii=False)}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
