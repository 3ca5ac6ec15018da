"""`pastetrader draft`: a workflow from the text of a method."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.exits import BadInput, CommandError, ExitCode
from cli.lookup import find_agent, find_workflow
from cli.options import AsJson, DataDir, data_folder
from cli.output import print_json, talk
from cli.stack.borrowed import any_server
from models.graph.document import dump_json, dump_yaml

app = typer.Typer()
_PAUSE_SECONDS = 0.5
_ENDED = frozenset({"completed", "failed", "cancelled"})


@app.command()
def draft(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="The method: text, Markdown or PDF; - for standard input.",
            show_default=False,
        ),
    ],
    agent: Annotated[
        str, typer.Option("--agent", "-a", help="Whose model reads it: id or name of an agent.")
    ],
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", "-w", help="Change this workflow's draft, in a copy."),
    ] = None,
    store: Annotated[
        bool, typer.Option("--import", help="Store the draft as a workflow, not published.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write: .yaml, .yml or .json.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let an agent's model draft a workflow; exit code 0 only when the draft has no errors.

    Why a node is there is in its notes. Nothing is published nor run. Needs no server: when none is
    up, the embedded one is started for the time of the draft.
    """
    data, name = _read(file)
    with any_server(data_folder(data_dir), talk) as client:
        fields = {"agent_id": find_agent(client, agent)["id"]}
        if workflow is not None:
            fields["workflow_id"] = find_workflow(client, workflow)["id"]
        begun = client.post_file("/workflows/draft", data, name, fields)
        found = _watched(client, begun["id"])
        document = _with_notes(found["document"], found["reasons"])
        stored = _store(client, found, document) if store else None
        _show(found, document, to, stored, as_json=as_json)
    _refuse_unfinished(found)


def _read(file: str) -> tuple[bytes, str]:
    """The bytes, and what they are called; raises `BadInput`."""
    if file == "-":
        return sys.stdin.buffer.read(), "standard input"
    try:
        return Path(file).read_bytes(), Path(file).name
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error}") from error


def _watched(client: ApiClient, draft_id: str) -> dict[str, Any]:
    """The draft at the end of its run; Ctrl-C ends the waiting, not the run."""
    said = ""
    try:
        while True:
            found: dict[str, Any] = client.get(f"/workflows/drafts/{draft_id}")
            now = _progress(found)
            if now != said:
                talk.print(now, highlight=False)
                said = now
            if found["status"] in _ENDED:
                return found
            time.sleep(_PAUSE_SECONDS)
    except KeyboardInterrupt:
        talk.print(
            f"The draft {draft_id} goes on while a server runs, and with the next one; "
            f"`pastetrader execution cancel {draft_id}` ends it.",
            soft_wrap=True,
        )
        raise


def _progress(found: dict[str, Any]) -> str:
    turns, nodes = found["usage"]["turns"], len(found["document"]["nodes"])
    return (
        f"{_count(turns, 'turn')}, {_count(nodes, 'node')}, {_count(len(_errors(found)), 'error')}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _errors(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["problems"] if each["severity"] == "error"]


def _with_notes(document: dict[str, Any], reasons: dict[str, str]) -> dict[str, Any]:
    """The document with the reasons as notes, where a node has none of its own."""
    nodes = [dict(node) for node in document["nodes"]]
    for node in nodes:
        if not node.get("notes") and node["key"] in reasons:
            node["notes"] = reasons[node["key"]]
    return {**document, "nodes": nodes}


def _store(
    client: ApiClient, found: dict[str, Any], document: dict[str, Any]
) -> dict[str, Any] | None:
    """The workflow that holds the draft now; None when there is nothing to keep."""
    if found["status"] != "completed" or not document["nodes"]:
        talk.print("Nothing is stored: there is no draft.")
        return None
    path = "/workflows/import?on_conflict=rename"
    # In one line: indented it might be over the size that is taken.
    text = json.dumps(document, ensure_ascii=False)
    workflow: dict[str, Any] = client.post_document(path, text, "application/json")
    return workflow


def _show(
    found: dict[str, Any],
    document: dict[str, Any],
    to: Path | None,
    stored: dict[str, Any] | None,
    *,
    as_json: bool,
) -> None:
    """The document on standard output or into the file, the story on standard error."""
    if to is not None:
        text = dump_json(document) if to.suffix == ".json" else dump_yaml(document)
        to.write_text(text, encoding="utf-8")
    if as_json:
        print_json({**found, "document": document, "workflow_id": _id_of(stored, found)})
    elif to is None and document["nodes"]:
        typer.echo(dump_yaml(document), nl=False)
    for problem in found["problems"]:
        hint = f" ({problem['suggestion']})" if problem["suggestion"] else ""
        place = f"{problem['path']}: " if problem["path"] else ""
        said = f"{problem['severity']}: {place}{problem['message']}{hint}"
        talk.print(said, markup=False, highlight=False, soft_wrap=True)
    if found["text"]:
        talk.print(found["text"], markup=False, highlight=False)
    if stored is not None:
        _tell_next(stored, found)


def _id_of(stored: dict[str, Any] | None, found: dict[str, Any]) -> Any:
    return stored["id"] if stored is not None else found["workflow_id"]


def _tell_next(stored: dict[str, Any], found: dict[str, Any]) -> None:
    first = "repair it in the designer, then " if _errors(found) else "look at it, then "
    talk.print(
        f"Stored as {stored['name']!r} ({stored['id']}), not published: {first}"
        f"`pastetrader workflow publish {stored['id']}` and `pastetrader run {stored['id']}`.",
        markup=False,
        soft_wrap=True,
    )


def _refuse_unfinished(found: dict[str, Any]) -> None:
    """Raises `CommandError` with exit code 1 unless there is a draft without errors."""
    if found["error"] is not None:
        error = found["error"]
        raise CommandError(f"{error['message']} [{error['code']}]", ExitCode.FAILED)
    if found["status"] != "completed":
        raise CommandError(f"the draft was {found['status']}", ExitCode.FAILED)
    errors = len(_errors(found))
    if errors:
        raise CommandError(f"the draft has {_count(errors, 'error')}", ExitCode.FAILED)
