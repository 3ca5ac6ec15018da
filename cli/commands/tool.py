"""`pastetrader tool`: the registered tools."""

from pathlib import Path
from typing import Annotated

import typer

from cli.documents import read_json, read_object
from cli.exits import CommandError
from cli.lookup import find_tool, register
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, print_value, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Register tools, look at them, and try them.")
Reference = Annotated[str, typer.Argument(help="Id or name of a tool.", show_default=False)]


@app.command("list")
def list_tools(limit: Limit = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Tools that your workflows can name."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/tools", limit))
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "name", "type", "description"],
        ((t["id"], t["name"], t["tool_type"], t.get("description") or "") for t in found),
    )


@app.command()
def show(tool: Reference, data_dir: DataDir = None) -> None:
    """A tool, as JSON."""
    with connect(data_folder(data_dir)) as client:
        print_json(find_tool(client, tool))


@app.command()
def add(
    file: Annotated[
        Path,
        typer.Argument(
            help="YAML or JSON: name, config with a kind, and if wanted description, "
            "input_schema, output_schema, rate_limit, is_public.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a tool, or change the one of that name; graphs name it with `tool: NAME`."""
    document = read_object(file)
    with connect(data_folder(data_dir)) as client:
        made, known = register(client, "/tools", document)
    if as_json:
        print_json(made)
    else:
        talk.print(f"{'Changed' if known else 'Registered'} {made['name']!r}.", markup=False)


@app.command()
def delete(tool: Reference, data_dir: DataDir = None) -> None:
    """Put a tool into the bin; refused while a workflow names it."""
    with connect(data_folder(data_dir)) as client:
        found = find_tool(client, tool)
        client.delete(f"/tools/{found['id']}")
    talk.print(f"Deleted {found['name']!r}.", markup=False)


@app.command("test")
def try_out(
    tool: Reference,
    inputs: Annotated[
        str | None, typer.Option("--inputs", "-i", help="JSON, @file, or - for standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a tool on its own, for real; exit code 1 when it fails."""
    with connect(data_folder(data_dir)) as client:
        found = find_tool(client, tool)
        answer = client.post(f"/tools/{found['id']}/test", {"inputs": read_json(inputs)})
    if as_json:
        print_json(answer)
    else:
        for line in answer["logs"]:
            talk.print(f"{line['level']:<7} {line['message']}", markup=False, soft_wrap=True)
        if answer["ok"]:
            print_value(answer["output"])
    if not answer["ok"]:
        raise CommandError(f"{answer['error']['message']} [{answer['error']['code']}]")
