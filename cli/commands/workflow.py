"""`pastetrader workflow`: the stored workflows."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.documents import import_file, read_workflow_file
from cli.exits import BadInput
from cli.lookup import find_workflow
from cli.options import AsJson, DataDir, Limit, data_folder
from cli.output import print_json, print_table, talk
from cli.sign_in import connect
from models.graph.document import DocumentProblem, parse_document
from models.graph.validation import errors_in, validate_document

app = typer.Typer(no_args_is_help=True, help="List, move, check and publish workflows.")
WorkflowFile = Annotated[
    Path, typer.Argument(help="Workflow document: .yaml, .yml or .json.", show_default=False)
]
Reference = Annotated[str, typer.Argument(help="Id or name of a workflow.", show_default=False)]


@app.command("list")
def list_workflows(limit: Limit = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Your workflows, newest first."""
    with connect(data_folder(data_dir)) as client:
        found = list(client.items("/workflows", limit))
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "name", "published", "updated"],
        (
            (w["id"], w["name"], str(w.get("published_version") or "–"), w.get("updated_at") or "")
            for w in found
        ),
    )


@app.command()
def export(
    workflow: Reference,
    as_format: Annotated[
        Literal["yaml", "json"], typer.Option("--format", help="Document format.")
    ] = "yaml",
    to: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a workflow's draft as a document that `import` reads."""
    with connect(data_folder(data_dir)) as client:
        found = find_workflow(client, workflow)
        text = client.get_text(f"/workflows/{found['id']}/export", format=as_format)
    if to is None:
        typer.echo(text, nl=not text.endswith("\n"))
    else:
        to.write_text(text, encoding="utf-8")


@app.command("import")
def import_workflow(
    file: WorkflowFile,
    on_conflict: Annotated[
        Literal["fail", "rename", "replace"], typer.Option(help="When the name is taken.")
    ] = "fail",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store a workflow document."""
    with connect(data_folder(data_dir)) as client:
        workflow = import_file(client, file, on_conflict)
    if as_json:
        print_json(workflow)
    else:
        talk.print(f"Imported {workflow['name']} as {workflow['id']}.", soft_wrap=True)


@app.command()
def show(workflow: Reference, data_dir: DataDir = None) -> None:
    """A workflow and its versions, as JSON."""
    with connect(data_folder(data_dir)) as client:
        found = client.get(f"/workflows/{find_workflow(client, workflow)['id']}")
        found["versions"] = client.get(f"/workflows/{found['id']}/versions")["items"]
    print_json(found)


@app.command()
def validate(file: WorkflowFile, as_json: AsJson = False) -> None:
    """Check a workflow document without a server; exit code 2 when it cannot run.

    Names of registered tools and of other workflows are not checked here.
    """
    text, content_type = read_workflow_file(file)
    try:
        _, problems = validate_document(parse_document(text, content_type))
    except DocumentProblem as problem:
        place = f":{problem.line}" if problem.line else ""
        raise BadInput(f"{file}{place}: {problem.message}") from problem
    if as_json:
        print_json([found.model_dump(mode="json") for found in problems])
    for found in () if as_json else problems:
        hint = f" ({found.suggestion})" if found.suggestion else ""
        place = f"{found.path}: " if found.path else ""
        talk.print(f"{found.severity}: {place}{found.message}{hint}", markup=False)
    errors = len(errors_in(problems))
    if errors:
        raise BadInput(f"{file} has {errors} {'errors' if errors > 1 else 'error'}")
    talk.print(f"{file} can run.", markup=False)


@app.command()
def publish(workflow: Reference, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Freeze the draft as the version that triggers and callers run."""
    with connect(data_folder(data_dir)) as client:
        found = find_workflow(client, workflow)
        answer = client.post(f"/workflows/{found['id']}/publish")
    if as_json:
        print_json(answer)
    else:
        talk.print(f"Published {found['name']} as version {answer['version']}.")
