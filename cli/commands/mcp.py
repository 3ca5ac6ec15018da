"""`pastetrader mcp`: servers whose tools workflows may call."""

from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import ApiClient
from cli.exits import BadInput, CommandError
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Register MCP servers, and approve their tools.")
Reference = Annotated[str, typer.Argument(help="Id or name of a server.", show_default=False)]
ApproveAll = Annotated[
    bool, typer.Option("--approve-all", help="Approve everything that the server offers now.")
]
_SEARCHED = 10_000
_SERVERS = "/mcp/servers"
_STYLES = {"approved": "green", "new": "yellow", "changed": "red"}


@app.command("list")
def list_servers(limit: Limit = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Servers that your workflows can name: your own and the operator's."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items(_SERVERS, limit))
    if as_json:
        print_json(found)
        return
    print_table(["id", "name", "of", "at", "approved", "state"], map(_row, found))


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What workflows call it.", show_default=False)],
    url: Annotated[str, typer.Argument(help="Its streamable HTTP endpoint.", show_default=False)],
    header: Annotated[
        list[str] | None,
        typer.Option(help="`Name: value`, such as 'Authorization: Bearer {{ secrets.key }}'."),
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    approve_all: ApproveAll = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a server and read its tools; they may be called once you approved them.

    Put keys into secrets (`pastetrader secrets set`): every user of a machine can read arguments.
    """
    body = {"name": name, "url": url, "headers": dict(map(_header, header or []))}
    if description is not None:
        body["description"] = description
    with connect(data_folder(data_dir)) as client:
        made = client.post(_SERVERS, body)
        _refresh(client, made["id"], approve_all, as_json)


@app.command()
def refresh(
    server: Reference,
    approve_all: ApproveAll = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Read a server's tools from it again; exit code 1 when that fails."""
    with connect(data_folder(data_dir)) as client:
        _refresh(client, _find(client, server)["id"], approve_all, as_json)


@app.command()
def tools(server: Reference, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """What a server offers, and what of it is approved."""
    with connect(data_folder(data_dir)) as client:
        found = client.get(f"{_SERVERS}/{_find(client, server)['id']}/tools")["items"]
    if as_json:
        print_json(found)
    else:
        _print_tools(found)


@app.command()
def approve(
    server: Reference,
    names: Annotated[
        list[str] | None, typer.Argument(help="Tools to approve.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that it offers.")] = False,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Let them be called no more.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let workflows call tools as they are now; one that changes has to be approved again."""
    if bool(names) == every:
        raise BadInput("name the tools, or give --all")
    body = {"tools": "all" if every else names, "approved": not take_back}
    with connect(data_folder(data_dir)) as client:
        answer = client.post(f"{_SERVERS}/{_find(client, server)['id']}/approve", body)
    if as_json:
        print_json(answer)
    else:
        talk.print(f"{answer['approved']} of {answer['offered']} tools are approved.")


@app.command()
def remove(server: Reference, data_dir: DataDir = None) -> None:
    """Forget a server that nothing names."""
    with connect(data_folder(data_dir)) as client:
        client.delete(f"{_SERVERS}/{_find(client, server)['id']}")
    talk.print("Removed.")


def _refresh(client: ApiClient, server_id: str, approve_all: bool, as_json: bool) -> None:
    body = {"approve": "all" if approve_all else None}
    answer = client.post(f"{_SERVERS}/{server_id}/refresh", body)
    if as_json:
        print_json(answer)
    else:
        _print_tools(client.get(f"{_SERVERS}/{server_id}/tools")["items"])
    if answer["error"] is not None:
        raise CommandError(f"{answer['error']['message']} [{answer['error']['code']}]")


def _print_tools(found: list[dict[str, Any]]) -> None:
    rows = ((t["name"], _state(t["state"]), _summary(t)) for t in found)
    print_table(["name", "state", "description"], rows)


def _row(server: dict[str, Any]) -> list[str | Text]:
    state = Text("changed" if server["changed"] else "", style="red")
    if server["error"] is not None:
        state = Text(server["error"]["code"], style="red")
    owner = "operator" if server["operator"] else "you"
    approved = f"{server['approved']}/{server['offered']}"
    return [server["id"], server["name"], owner, server["url"] or "a program", approved, state]


def _state(state: str) -> Text:
    return Text(state, style=_STYLES[state])


def _summary(tool: dict[str, Any]) -> str:
    text = tool["title"] or tool["description"] or ""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 100 else f"{line[:99]}…"


def _header(given: str) -> tuple[str, str]:
    name, colon, value = given.partition(":")
    if not colon:
        raise BadInput(f"{given!r} is no header: write `Name: value`")
    return name.strip(), value.strip()


def _find(client: ApiClient, reference: str) -> dict[str, Any]:
    """Ones own server comes before the operator's of the same name, as in workflows."""
    found = [
        server
        for server in client.items(_SERVERS, _SEARCHED)
        if reference in {server["id"], server["name"]}
    ]
    if not found:
        raise BadInput(f"no MCP server is named {reference!r}; see `pastetrader mcp list`")
    return min(found, key=lambda server: bool(server["operator"]))
