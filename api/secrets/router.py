"""Routes about secrets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy import select

from api.audit import note
from api.deps import AdminDep, EditorDep, KeyringDep, SessionDep, UserDep
from api.ownership import owned
from api.pagination import cut, decode_cursor, encode_cursor
from api.secrets.schemas import Rotated, SecretIn, SecretList, SecretName, SecretOut
from api.secrets.service import SecretService, rotate
from models.secret import Secret

router = APIRouter(prefix="/secrets", tags=["secrets"])


def get_service(session: SessionDep, user: UserDep, keyring: KeyringDep) -> SecretService:
    """Use cases in the request's transaction."""
    return SecretService(session, user, keyring)


ServiceDep = Annotated[SecretService, Depends(get_service)]


@router.get("")
async def list_secrets(
    session: SessionDep,
    user: UserDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> SecretList:
    """Names of your secrets and when each was last used; their values are never told."""
    statement = owned(select(Secret), Secret, user)
    if cursor:
        statement = statement.where(Secret.name > decode_cursor(cursor, str, UUID)[0])
    rows = (await session.scalars(statement.order_by(Secret.name).limit(limit + 1))).all()
    page, following = cut(rows, limit, lambda row: encode_cursor(row.name, row.id))
    return SecretList(items=[SecretOut.model_validate(row) for row in page], next_cursor=following)


@router.put("/{name}", responses={201: {"model": SecretOut}})
async def put_secret(
    name: SecretName,
    body: SecretIn,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
    response: Response,
    if_none_match: Annotated[str | None, Header(max_length=10)] = None,
) -> SecretOut:
    """Keep a value under a name, or replace it; running tools get the new one at their next try.

    With `If-None-Match: *` an older value is never replaced.
    """
    row, is_new = await service.put(name, body, only_new=if_none_match == "*")
    response.status_code = 201 if is_new else 200
    note(session, request, "secret.set", actor_id=editor.id, resource=name)
    return SecretOut.model_validate(row)


@router.delete("/{name}", status_code=204)
async def delete_secret(
    name: SecretName,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> None:
    """Forget a secret for good; tools that name it fail from then on."""
    await service.delete(name)
    note(session, request, "secret.delete", actor_id=editor.id, resource=name)


@router.post("/rotate")
async def rotate_secrets(
    session: SessionDep, admin: AdminDep, keyring: KeyringDep, request: Request
) -> Rotated:
    """Put everybody's secrets under the server's current key, which may then be the only one."""
    rotated = await rotate(session, keyring)
    note(session, request, "secret.rotate", actor_id=admin.id, resource=keyring.current)
    return Rotated(key_id=keyring.current, rotated=rotated)
