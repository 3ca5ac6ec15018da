"""Routes about workflows."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from sqlalchemy import Select, select, tuple_

from api.audit import note
from api.deps import EditorDep, SessionDep, UserDep
from api.ownership import owned
from api.pagination import InvalidCursor, cut, decode_cursor, encode_cursor
from api.schemas import StoredJson
from api.workflows import drafts
from api.workflows.deps import EditableDep, IfMatch, ServiceDep, WorkflowDep
from api.workflows.diff import compare
from api.workflows.errors import InvalidDocument, InvalidGraph, NotInBin, as_errors
from api.workflows.schemas import (
    Batch,
    Diff,
    DraftEdge,
    DraftGraph,
    DraftNode,
    DuplicateRequest,
    GraphOut,
    NewWorkflow,
    Operation,
    Published,
    PublishRequest,
    Report,
    Topology,
    VersionDetail,
    VersionList,
    VersionOut,
    WorkflowChange,
    WorkflowDetail,
    WorkflowList,
    WorkflowOut,
)
from api.workflows.service import WorkflowService
from models.graph.document import DocumentProblem, dump_json, dump_yaml, parse_document
from models.graph.validation import errors_in, topology, validate_document
from models.workflow import Workflow, WorkflowVersion

router = APIRouter(prefix="/workflows", tags=["workflows"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
ItemId = Annotated[str, Path(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
OnConflict = Annotated[
    Literal["fail", "rename", "replace"], Query(description="When the name is taken.")
]
Format = Literal["yaml", "json"]
_MEDIA = {"yaml": "application/yaml", "json": "application/json"}
_DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


# The collection ----------------------------------------------------------------------------------


@router.get("")
async def list_workflows(
    session: SessionDep,
    user: UserDep,
    text: Annotated[str | None, Query(max_length=200)] = None,
    active: bool | None = None,
    published: bool | None = None,
    sort: Literal["-created_at", "-updated_at", "name"] = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> WorkflowList:
    """Your workflows; `text` looks into name and description."""
    statement = owned(select(Workflow), Workflow, user)
    if text is not None:
        words = text.replace("\x00", "")
        statement = statement.where(
            Workflow.name.icontains(words, autoescape=True)
            | Workflow.description.icontains(words, autoescape=True)
        )
    if active is not None:
        statement = statement.where(Workflow.is_active == active)
    if published is not None:
        statement = statement.where(Workflow.published_version.is_not(None) == published)
    rows = (await session.scalars(_after(statement, sort, cursor).limit(limit + 1))).all()
    name = sort.removeprefix("-")
    page, following = cut(rows, limit, lambda row: encode_cursor(sort, getattr(row, name), row.id))
    items = [WorkflowOut.model_validate(row) for row in page]
    return WorkflowList(items=items, next_cursor=following)


def _after(statement: Select[Workflow], sort: str, cursor: str | None) -> Select[Workflow]:
    down = sort.startswith("-")
    order = (getattr(Workflow, sort.removeprefix("-")), Workflow.id)
    if cursor:
        kind = datetime if down else str
        given, *place = decode_cursor(cursor, str, kind, UUID)
        if given != sort:
            raise InvalidCursor
        here = tuple_(*order)
        statement = statement.where(here < tuple_(*place) if down else here > tuple_(*place))
    return statement.order_by(*(part.desc() if down else part.asc() for part in order))


@router.post("", status_code=201)
async def create_workflow(
    body: NewWorkflow, service: ServiceDep, session: SessionDep, editor: EditorDep
) -> WorkflowDetail:
    """Make an empty workflow."""
    workflow = await service.create(body.name, body.description, body.variables)
    await session.refresh(workflow)
    return await _detail(session, workflow)


@router.post("/import", status_code=201, openapi_extra=_DOCUMENT_BODY)
async def import_workflow(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    response: Response,
    on_conflict: OnConflict = "fail",
    content_type: Annotated[str, Header(max_length=200)] = "application/yaml",
) -> WorkflowDetail:
    """Store a graph document; it may have errors, which `validate` and `publish` name."""
    document = _parsed(await request.body(), content_type)
    workflow = await service.bring(document, on_conflict)
    note(session, request, "workflow.import", actor_id=editor.id, resource=str(workflow.id))
    response.headers["Location"] = f"/api/v1/workflows/{workflow.id}"
    return await _detail(session, workflow)


@router.post("/validate", openapi_extra=_DOCUMENT_BODY)
async def validate_text(
    request: Request,
    service: ServiceDep,
    content_type: Annotated[str, Header(max_length=200)] = "application/yaml",
) -> Report:
    """What is wrong with a graph document that is stored nowhere."""
    _, problems = await service.validate(_parsed(await request.body(), content_type))
    return Report(valid=not errors_in(problems), problems=problems)


def _parsed(body: bytes, content_type: str) -> dict[str, Any]:
    """A document with a name; raises `InvalidDocument` with line and column."""
    try:
        document: dict[str, Any] = parse_document(body, content_type)
    except DocumentProblem as problem:
        place = {"line": problem.line, "column": problem.column}
        where = f"line {problem.line}" if problem.line else "body"
        raise InvalidDocument(
            problem.message,
            errors=[{"path": where, "message": problem.message, "code": "INVALID_DOCUMENT"}],
            extra=place,
        ) from None
    name = document.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 200:
        raise InvalidDocument("name: the document needs a `name` of at most 200 characters")
    for field, kind in (("nodes", list), ("edges", list), ("variables", dict)):
        if not isinstance(document.get(field, kind()), kind):
            what = "a list" if kind is list else "an object"
            raise InvalidDocument(f"{field}: must be {what}")
    if not isinstance(document.get("description"), str | None):
        raise InvalidDocument("description: must be text")
    return document


# One workflow ------------------------------------------------------------------------------------


@router.get("/{workflow_id}")
async def get_workflow(workflow: WorkflowDep, session: SessionDep) -> WorkflowDetail:
    """A workflow with its draft."""
    return await _detail(session, workflow)


@router.patch("/{workflow_id}")
async def change_workflow(
    body: WorkflowChange,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> WorkflowOut:
    """Change name, description or whether triggers may start it."""
    await drafts.lock(session, workflow, body.version or if_match)
    if body.name is not None:
        await service.rename(workflow, body.name)
    if "description" in body.model_fields_set:
        workflow.description = body.description
    if body.is_active is not None:
        workflow.is_active = body.is_active
    workflow.version += 1
    await session.flush()
    await session.refresh(workflow)
    return WorkflowOut.model_validate(workflow)


@router.delete("/{workflow_id}", status_code=204)
async def delete_workflow(
    workflow: EditableDep, session: SessionDep, request: Request, editor: EditorDep
) -> None:
    """Put it into the bin; its runs go on and stay visible."""
    workflow.soft_delete()
    note(session, request, "workflow.delete", actor_id=editor.id, resource=str(workflow.id))


@router.post("/{workflow_id}/restore")
async def restore_workflow(
    workflow_id: UUID, service: ServiceDep, session: SessionDep, editor: EditorDep
) -> WorkflowOut:
    """Take it out of the bin."""
    workflow = await service.get(workflow_id, deleted=True)
    if not workflow.is_deleted:
        raise NotInBin("this workflow is not deleted")
    await service.refuse_taken(workflow.name)
    workflow.restore()
    await session.flush()
    await session.refresh(workflow)
    return WorkflowOut.model_validate(workflow)


@router.post("/{workflow_id}/duplicate", status_code=201)
async def duplicate_workflow(
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    body: DuplicateRequest | None = None,
) -> WorkflowDetail:
    """A new workflow with the same draft."""
    document = await drafts.read_draft(session, workflow)
    wanted = body.name if body else None
    name = wanted or await service.free_name(workflow.name)
    return await _detail(session, await service.bring(document | {"name": name}, "fail"))


# The draft ---------------------------------------------------------------------------------------


@router.get("/{workflow_id}/graph")
async def get_graph(workflow: WorkflowDep, session: SessionDep) -> GraphOut:
    """The draft, with the ids of its nodes and edges."""
    graph = await drafts.read_draft(session, workflow, ids=True)
    return GraphOut(version=workflow.version, graph=graph)


@router.put("/{workflow_id}/graph")
async def put_graph(
    body: DraftGraph, workflow: EditableDep, service: ServiceDep, session: SessionDep
) -> GraphOut:
    """Replace the whole draft, or nothing."""
    document = body.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    await service.save(workflow, document, body.version)
    return await get_graph(workflow, session)


@router.post("/{workflow_id}/batch")
async def change_graph(
    body: Batch,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Make up to 100 changes to the draft, all or none."""
    await _operate(workflow, service, session, body.operations, body.version or if_match)
    return await get_graph(workflow, session)


@router.post("/{workflow_id}/nodes", status_code=201)
async def add_node(
    body: DraftNode,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Add a node to the draft."""
    operation = Operation(op="add_node", value=body.model_dump(mode="json", exclude_unset=True))
    await _operate(workflow, service, session, [operation], if_match)
    return await get_graph(workflow, session)


@router.put("/{workflow_id}/nodes/{item_id}")
async def put_node(
    item_id: ItemId,
    body: DraftNode,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Replace a node of the draft."""
    value = body.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    operation = Operation(op="put_node", id=item_id, value=value)
    await _operate(workflow, service, session, [operation], if_match)
    return await get_graph(workflow, session)


@router.delete("/{workflow_id}/nodes/{item_id}", status_code=204)
async def delete_node(
    item_id: ItemId,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> None:
    """Remove a node of the draft, and its edges."""
    operation = Operation(op="delete_node", id=item_id)
    await _operate(workflow, service, session, [operation], if_match)


@router.post("/{workflow_id}/edges", status_code=201)
async def add_edge(
    body: DraftEdge,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Add an edge to the draft."""
    operation = Operation(op="add_edge", value=body.model_dump(mode="json", exclude_unset=True))
    await _operate(workflow, service, session, [operation], if_match)
    return await get_graph(workflow, session)


@router.put("/{workflow_id}/edges/{item_id}")
async def put_edge(
    item_id: ItemId,
    body: DraftEdge,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Replace an edge of the draft."""
    value = body.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    operation = Operation(op="put_edge", id=item_id, value=value)
    await _operate(workflow, service, session, [operation], if_match)
    return await get_graph(workflow, session)


@router.delete("/{workflow_id}/edges/{item_id}", status_code=204)
async def delete_edge(
    item_id: ItemId,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> None:
    """Remove an edge of the draft."""
    operation = Operation(op="delete_edge", id=item_id)
    await _operate(workflow, service, session, [operation], if_match)


async def _operate(
    workflow: Workflow,
    service: WorkflowService,
    session: SessionDep,
    operations: list[Operation],
    expected: int | None,
) -> None:
    await drafts.lock(session, workflow, expected)
    document = await drafts.read_draft(session, workflow, ids=True)
    await service.save(workflow, drafts.apply(document, operations), expected)


# Meaning -----------------------------------------------------------------------------------------


@router.post("/{workflow_id}/validate")
async def validate_workflow(
    workflow: WorkflowDep,
    service: ServiceDep,
    session: SessionDep,
    document: Annotated[dict[str, StoredJson] | None, Body()] = None,
) -> Report:
    """What is wrong with the draft, or with the document that is sent; its nodes may have ids."""
    sent = None if document is None else drafts.without_ids(document)
    found = sent if sent is not None else await drafts.read_draft(session, workflow)
    _, problems = await service.validate(found)
    return Report(valid=not errors_in(problems), problems=problems)


@router.get("/{workflow_id}/topology")
async def get_topology(workflow: WorkflowDep, session: SessionDep) -> Topology:
    """The draft's nodes in the order in which they can run."""
    graph, problems = validate_document(await drafts.read_draft(session, workflow))
    if graph is None:
        raise InvalidGraph("the draft is not a graph yet; see `errors`", errors=as_errors(problems))
    return Topology(layers=topology(graph))


@router.post("/{workflow_id}/publish")
async def publish_workflow(
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    request: Request,
    editor: EditorDep,
    body: PublishRequest | None = None,
) -> Published:
    """Freeze the draft as the version that runs; an unchanged draft makes no new one."""
    number, created, problems = await service.publish(workflow, body.comment if body else None)
    if created:
        note(
            session,
            request,
            "workflow.publish",
            actor_id=editor.id,
            resource=str(workflow.id),
            detail={"version": number},
        )
    return Published(version=number, created=created, problems=problems)


# Versions and documents --------------------------------------------------------------------------


@router.get("/{workflow_id}/versions")
async def list_versions(
    workflow: WorkflowDep, session: SessionDep, limit: Limit = 20, cursor: Cursor = None
) -> VersionList:
    """Published versions, newest first."""
    row = WorkflowVersion
    statement = select(row).where(row.workflow_id == workflow.id).order_by(row.version.desc())
    if cursor:
        statement = statement.where(row.version < decode_cursor(cursor, int)[0])
    rows = (await session.scalars(statement.limit(limit + 1))).all()
    page, following = cut(rows, limit, lambda found: encode_cursor(found.version))
    return VersionList(
        items=[VersionOut.model_validate(found) for found in page], next_cursor=following
    )


@router.get("/{workflow_id}/versions/{number}")
async def get_version(number: Number, workflow: WorkflowDep, service: ServiceDep) -> VersionDetail:
    """A published version with its graph."""
    return VersionDetail.model_validate(await service.need_version(workflow, number))


@router.get("/{workflow_id}/versions/{number}/diff/{other}")
async def diff_versions(
    number: Number, other: Number, workflow: WorkflowDep, service: ServiceDep
) -> Diff:
    """What changed from one version to the other."""
    before = await service.need_version(workflow, number)
    after = await service.need_version(workflow, other)
    return compare(before.graph, after.graph)


@router.post("/{workflow_id}/versions/{number}/restore")
async def restore_version(
    number: Number,
    workflow: EditableDep,
    service: ServiceDep,
    session: SessionDep,
    if_match: IfMatch = None,
) -> GraphOut:
    """Make a published version the draft again; its name stays what it is now."""
    version = await service.need_version(workflow, number)
    await service.save(workflow, version.graph | {"name": workflow.name}, if_match)
    return await get_graph(workflow, session)


@router.get("/{workflow_id}/export", response_class=Response)
async def export_workflow(
    workflow: WorkflowDep,
    service: ServiceDep,
    session: SessionDep,
    format: Format = "yaml",  # noqa: A002 - the parameter's name in the API
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The draft, or a version, as a document that `import` reads."""
    if version is None:
        document = await drafts.read_draft(session, workflow)
    else:
        document = (await service.need_version(workflow, version)).graph
    text = dump_yaml(document) if format == "yaml" else dump_json(document)
    safe = "".join(char if char.isascii() and char.isalnum() else "-" for char in workflow.name)
    disposition = f'attachment; filename="{safe}.{format}"'
    return Response(text, media_type=_MEDIA[format], headers={"Content-Disposition": disposition})


async def _detail(session: SessionDep, workflow: Workflow) -> WorkflowDetail:
    graph = await drafts.read_draft(session, workflow)
    return WorkflowDetail(**WorkflowOut.model_validate(workflow).model_dump(), graph=graph)
