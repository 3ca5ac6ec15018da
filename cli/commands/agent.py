"""`pastetrader agent`: the registered agents."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.agent_chat import chat
from cli.documents import read_object
from cli.exits import BadInput
from cli.lookup import find_agent, register
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect

app = typer.Typer(no_args_is_help=True, help="Register agents, give them tools, talk with them.")
app.command()(chat)
Reference = Annotated[str, typer.Argument(help="Id or name of an agent.", show_default=False)]
_LONGEST_NAME = 64


@app.command("list")
def list_agents(limit: Limit = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Agents that you can use: your own and public ones."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/agents", limit))
    if as_json:
        print_json(found)
        return
    print_table(["id", "name", "model", "tools", "description"], map(_row, found))


@app.command()
def show(agent: Reference, data_dir: DataDir = None) -> None:
    """An agent, as JSON."""
    with connect(data_folder(data_dir)) as client:
        print_json(find_agent(client, agent))


@app.command()
def create(
    file: Annotated[
        Path,
        typer.Argument(
            help="YAML or JSON, - for standard input: name, config with provider and model, and if "
            "wanted description, is_public.",
            show_default=False,
        ),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register an agent, or change the one of that name; graphs name it with `agent: NAME`."""
    document = read_object(file)
    with connect(data_folder(data_dir)) as client:
        made, known = register(client, "/agents", document)
    if as_json:
        print_json(made)
    else:
        talk.print(f"{'Changed' if known else 'Registered'} {made['name']!r}.", markup=False)


@app.command()
def delete(agent: Reference, data_dir: DataDir = None) -> None:
    """Put an agent into the bin; refused while a workflow or another agent names it."""
    with connect(data_folder(data_dir)) as client:
        found = find_agent(client, agent)
        client.delete(f"/agents/{found['id']}")
    talk.print(f"Deleted {found['name']!r}.", markup=False)


@app.command()
def bind(
    agent: Reference,
    tool: Annotated[str | None, typer.Option(help="Name of a registered tool.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Name of a published workflow.")] = None,
    other: Annotated[str | None, typer.Option("--agent", help="Name of another agent.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON, - for standard input: the tool with all its settings."),
    ] = None,
    name: Annotated[str | None, typer.Option("--as", help="What the model calls it.")] = None,
    description: Annotated[str | None, typer.Option(help="What the model reads of it.")] = None,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="Each call waits until a person approves it.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give an agent a tool, in the place of the one of that name."""
    named = {"tool": tool, "workflow": workflow, "agent": other}
    given = {what: reference for what, reference in named.items() if reference is not None}
    if len(given) + (file is not None) != 1:
        raise BadInput("give one of --tool, --workflow, --agent and --file")
    body: dict[str, Any] = read_object(file) if file is not None else given
    if given:
        body["name"] = _callable(*given.values())
    settings = {"name": name, "description": description, "sensitive": sensitive or None}
    body |= {key: value for key, value in settings.items() if value is not None}
    with connect(data_folder(data_dir)) as client:
        found = client.post(f"/agents/{find_agent(client, agent)['id']}/tools", body)
    _print_tools(found, as_json)


@app.command()
def unbind(
    agent: Reference,
    name: Annotated[str, typer.Argument(help="What the model calls it.", show_default=False)],
    data_dir: DataDir = None,
) -> None:
    """Take a tool from an agent."""
    with connect(data_folder(data_dir)) as client:
        found = find_agent(client, agent)
        if name not in {tool["name"] for tool in found["config"]["tools"]}:
            raise BadInput(f"{found['name']!r} has no tool {name!r}; see `pastetrader agent show`")
        client.delete(f"/agents/{found['id']}/tools/{name}")
    talk.print(f"Took {name!r} from {found['name']!r}.", markup=False)


def _callable(reference: str) -> str:
    """The reference as a name that models can call."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", reference)[:_LONGEST_NAME]


def _print_tools(agent: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(agent)
        return
    rows = ((tool["name"], _target(tool)) for tool in agent["config"]["tools"])
    print_table(["tool", "is"], rows)


def _target(tool: dict[str, Any]) -> str:
    inline = (tool["config"] or {}).get("kind")
    named = (f"{what} {tool[what]}" for what in ("tool", "workflow", "agent") if tool[what])
    return next(named, f"{inline} of its own") + (", sensitive" if tool["sensitive"] else "")


def _row(agent: dict[str, Any]) -> list[str]:
    config = agent["config"]
    model = f"{config['provider']}/{config['model']}"
    tools = str(len(config["tools"]))
    return [agent["id"], agent["name"], model, tools, agent["description"] or ""]
