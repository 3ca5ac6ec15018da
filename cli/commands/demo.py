"""`pastetrader demo`: the shipped examples, imported and run on real data."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.agent_demo import run_agent_demo
from cli.client import ApiClient
from cli.documents import import_file, read_json
from cli.exits import BadInput
from cli.options import DataDir, data_folder
from cli.output import console, talk
from cli.runs import print_outcome, start_run, watch_run
from cli.stack.borrowed import any_server
from models.graph.values import ARTIFACT_KEY, is_artifact

FLAGSHIP = "rsi-screen"
_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

app = typer.Typer()


class Show(StrEnum):
    """What the demo shows."""

    SCREEN = "screen"
    AGENT = "agent"


@app.command()
def demo(
    show: Annotated[
        Show,
        typer.Argument(
            help="`screen`: a trading method on real prices. `agent`: a language model with tools "
            "whose worker is killed in the middle."
        ),
    ] = Show.SCREEN,
    artifacts: Annotated[
        Path, typer.Option(help="Folder for the artifacts that the run makes.")
    ] = Path("demo-artifacts"),
    data_dir: DataDir = None,
) -> None:
    """Import the examples, run the flagship on real prices with a live tree, show what it made.

    Uses the running server, or starts the embedded one for the time of the demo. `demo agent` works on
    servers of its own, with the model whose key is in OPENAI_API_KEY or ANTHROPIC_API_KEY, else with one
    that follows a script.
    """
    if show is Show.AGENT:
        run_agent_demo()
        return
    folder = data_folder(data_dir)
    with any_server(folder, talk) as client:
        workflow = _import_examples(client)
        started = start_run(client, workflow["id"], _flagship_input())
        execution = watch_run(client, started["id"], workflow["graph"], show=True, as_json=False)
        print_outcome(execution, show=True, as_json=False)
        for path in _download(client, execution["output"], artifacts):
            console.print(f"  Artifact      {path}", soft_wrap=True)
        _print_links(client, execution)


def _import_examples(client: ApiClient) -> dict[str, Any]:
    """Import and publish every example, over an older copy of it; the flagship."""
    imported = {}
    for file in sorted(_EXAMPLES.glob("*/workflow.yaml")):
        workflow = import_file(client, file, on_conflict="replace")
        client.post(f"/workflows/{workflow['id']}/publish")
        imported[workflow["name"]] = workflow
    if FLAGSHIP not in imported:
        raise BadInput(f"{_EXAMPLES} holds no {FLAGSHIP}/workflow.yaml")
    return imported[FLAGSHIP]


def _flagship_input() -> Any:
    file = _EXAMPLES / FLAGSHIP / "input.json"
    return read_json(f"@{file}" if file.exists() else None)


def _download(client: ApiClient, output: Any, to: Path) -> Iterator[Path]:
    for artifact in _artifacts_in(output):
        to.mkdir(parents=True, exist_ok=True)
        name = Path(artifact.get("name") or artifact["id"]).name
        client.download(f"/artifacts/{artifact['id']}", to / name)
        yield to / name


def _artifacts_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every artifact reference in a JSON value."""
    if is_artifact(value):
        yield value[ARTIFACT_KEY]
    elif isinstance(value, dict):
        for item in value.values():
            yield from _artifacts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _artifacts_in(item)


def _print_links(client: ApiClient, execution: dict[str, Any]) -> None:
    server = client.base_url.removesuffix("/api/v1")
    links = {
        "API docs": f"{server}/docs",
        "This run": f"{client.base_url}/executions/{execution['id']}",
    }
    if url := (execution.get("temporal") or {}).get("url"):
        links["Temporal Web"] = url
    for title, url in links.items():
        console.print(f"  {title:<13} [cyan]{url}[/]", soft_wrap=True)
    console.print("  `make up` keeps the servers running.")
