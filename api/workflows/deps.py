"""What the routes about workflows need."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path

from api.deps import EditorDep, SessionDep, UserDep
from api.errors import ValidationFailed
from api.workflows.service import WorkflowService
from models.workflow import Workflow


def get_service(session: SessionDep, user: UserDep) -> WorkflowService:
    """Use cases in the request's transaction."""
    return WorkflowService(session, user)


ServiceDep = Annotated[WorkflowService, Depends(get_service)]


async def get_workflow(workflow_id: Annotated[UUID, Path()], service: ServiceDep) -> Workflow:
    """The workflow in the path, to look at."""
    return await service.get(workflow_id)


async def get_editable(
    workflow_id: Annotated[UUID, Path()], service: ServiceDep, _editor: EditorDep
) -> Workflow:
    """The workflow in the path, to change."""
    return await service.get(workflow_id)


def get_if_match(if_match: Annotated[str | None, Header(max_length=30)] = None) -> int | None:
    """The draft's version that an `If-Match` header asks for.

    Raises:
        ValidationFailed: it is no version.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 10:
        raise ValidationFailed("`If-Match` holds the draft's version, such as 3")
    return int(text)


WorkflowDep = Annotated[Workflow, Depends(get_workflow)]
EditableDep = Annotated[Workflow, Depends(get_editable)]
IfMatch = Annotated[int | None, Depends(get_if_match)]
