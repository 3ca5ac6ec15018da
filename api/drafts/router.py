"""Routes about drafts."""

import json
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from api.deps import EditorDep, SessionDep, UserDep, get_user
from api.drafts.schemas import DraftAccepted, DraftLinks, DraftOut, DraftRequest, DraftUpload
from api.drafts.service import DraftService, Wanted
from api.drafts.text import MAX_FILE_BYTES, PdfReader, checked_text, text_of
from api.errors import ValidationFailed
from api.executions.deps import EngineDep
from models.graph.values import ValueProblem, check_json

router = APIRouter(prefix="/workflows", tags=["drafts"])
PATH = "/workflows/draft"
# A file with the form around it.
MAX_BODY_BYTES = MAX_FILE_BYTES + 64 * 1024
_MAX_NAME = 200
Model = TypeVar("Model", bound=BaseModel)
_FORM = "multipart/form-data"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DraftRequest.model_json_schema()},
            _FORM: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "agent_id": {"type": "string", "format": "uuid"},
                        "workflow_id": {"type": "string", "format": "uuid"},
                    },
                    "required": ["file", "agent_id"],
                }
            },
        },
    }
}
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="Asking again with it is the same draft."),
]


def get_drafts(
    session: SessionDep, user: UserDep, engine: EngineDep, request: Request
) -> DraftService:
    """Use cases in the request's transaction."""
    return DraftService(session, user, engine, request.app.state.artifacts)


def get_pdfs(request: Request) -> PdfReader:
    """The process's reader of PDFs."""
    found: PdfReader = request.app.state.pdfs
    return found


DraftsDep = Annotated[DraftService, Depends(get_drafts)]
PdfsDep = Annotated[PdfReader, Depends(get_pdfs)]


@router.post("/draft", status_code=202, openapi_extra=_BODY)
async def draft_workflow(
    request: Request,
    editor: EditorDep,
    drafts: DraftsDep,
    pdfs: PdfsDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DraftAccepted:
    """Have an agent's model draft a workflow from a text; nothing is stored nor published."""
    run = await drafts.begin(await _wanted(request, pdfs), idempotency_key)
    link, execution = f"/api/v1/workflows/drafts/{run.id}", f"/api/v1/executions/{run.id}"
    response.headers["Location"] = link
    links = DraftLinks(
        self=link,
        execution=execution,
        events=f"{execution}/events",
        messages=f"{execution}/messages",
    )
    return DraftAccepted(id=run.id, links=links)


@router.get("/drafts/{execution_id}", dependencies=[Depends(get_user)])
async def get_draft(execution_id: UUID, drafts: DraftsDep) -> DraftOut:
    """A draft as it stands, also while it is being made."""
    return await drafts.shown(await drafts.get(execution_id))


# The body ----------------------------------------------------------------------------------------


async def _wanted(request: Request, pdfs: PdfReader) -> Wanted:
    """What is asked for, in JSON or as a form; raises what `api.drafts.text` raises, and 422."""
    if request.headers.get("content-type", "").lower().startswith(_FORM):
        return await _from_form(request, pdfs)
    found = _checked(DraftRequest, _json(await request.body()))
    return Wanted(checked_text(found.text, "text"), found.agent_id, found.workflow_id)


def _json(body: bytes) -> Any:
    try:
        return check_json(json.loads(body))
    except ValueProblem as problem:
        raise ValidationFailed(f"body.{problem.path}: {problem.message}") from None
    except (ValueError, RecursionError) as problem:
        raise ValidationFailed(
            f"body: send JSON, or {_FORM} with a `file`; this is no JSON: {problem}"
        ) from None


async def _from_form(request: Request, pdfs: PdfReader) -> Wanted:
    async with request.form(max_files=1, max_fields=10) as form:
        return await _from_fields(form, pdfs)


async def _from_fields(form: FormData, pdfs: PdfReader) -> Wanted:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise ValidationFailed("file: send a text, Markdown or PDF file in the field `file`")
    fields = {name: value for name, value in form.multi_items() if name != "file" and value != ""}
    found = _checked(DraftUpload, fields)
    text = await text_of(await file.read(), file.filename, pdfs)
    return Wanted(text, found.agent_id, found.workflow_id, _name(file.filename))


def _name(given: str | None) -> str | None:
    """What a file is called, as far as it can be kept."""
    plain = "".join(char for char in given or "" if char.isprintable())
    return plain.encode(errors="replace").decode()[:_MAX_NAME] or None


def _checked(kind: type[Model], given: Any) -> Model:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [found | {"loc": ("body", *found["loc"])} for found in error.errors()]
        ) from None
