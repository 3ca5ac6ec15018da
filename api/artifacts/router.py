"""Routes about artifacts."""

import re
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from api.deps import SessionDep, UserDep
from api.errors import APIError, NotFound
from api.ownership import owned
from models.artifacts import ArtifactFile, ArtifactFiles, ArtifactMissing, execution_of
from models.execution import WorkflowExecution

router = APIRouter(prefix="/artifacts", tags=["artifacts"])
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Shown in the browser; everything else is offered as a download.
_SHOWN = frozenset({"text/plain", "text/markdown", "application/json", "image/png", "image/jpeg"})
_SHOWN |= {"image/svg+xml", "image/gif", "image/webp", "text/csv"}
# Whatever an artifact holds, it runs nothing and loads nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class RangeNotSatisfiable(APIError):
    """The range begins after the end."""

    status = 416
    code = "RANGE_NOT_SATISFIABLE"


@router.head("/{artifact_id}", include_in_schema=False)
@router.get("/{artifact_id}", response_class=Response, responses={206: {}, 304: {}, 416: {}})
async def get_artifact(
    artifact_id: Annotated[str, Path(max_length=100)],
    session: SessionDep,
    user: UserDep,
    request: Request,
    range_header: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """The bytes of an artifact of one of your runs; `Range` and `If-None-Match` work."""
    files: ArtifactFiles = request.app.state.artifacts
    try:
        file = await _owned_file(artifact_id, session, user, files)
    except ArtifactMissing:
        raise NotFound(f"there is no artifact {artifact_id}") from None
    headers = _headers(file)
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    start, end = _bounds(range_header, file.size)
    partial = range_header is not None and (start, end) != (0, file.size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.content_type)
    return StreamingResponse(
        files.stream(file.id, start, end),
        status_code=status,
        headers=headers,
        media_type=file.content_type,
    )


async def _owned_file(
    artifact_id: str, session: SessionDep, user: UserDep, files: ArtifactFiles
) -> ArtifactFile:
    execution_id = UUID(execution_of(artifact_id))
    file = await files.head(artifact_id)
    if file.owner == str(user.id):
        return file
    statement = owned(select(WorkflowExecution.id), WorkflowExecution, user)
    if await session.scalar(statement.where(WorkflowExecution.id == execution_id)) is None:
        raise ArtifactMissing(artifact_id)
    return file


def _headers(file: ArtifactFile) -> dict[str, str]:
    how = "inline" if file.content_type.partition(";")[0] in _SHOWN else "attachment"
    name = quote(file.name or file.id, safe="")
    return {
        "ETag": f'"{file.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f"{how}; filename*=UTF-8''{name}",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }


def _bounds(header: str | None, size: int) -> tuple[int, int]:
    """First byte and the one after the last; a header that is no single range is ignored."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found.group(1) == found.group(2) == "":
        return 0, size
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    if int(first) >= size or (last and int(last) < int(first)):
        raise RangeNotSatisfiable(
            f"the artifact has {size} bytes", headers={"Content-Range": f"bytes */{size}"}
        )
    return int(first), min(int(last) + 1, size) if last else size
