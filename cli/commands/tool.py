"""`pastetrader tool`: the registered tools."""

import typer

from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Look at the registered tools.")


@app.callback()
def tool() -> None:
    """Look at the registered tools."""


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
