"""Temporal's codec protocol: payloads in, the same payloads decrypted or encrypted out.

https://docs.temporal.io/codec-server describes it.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security.http import HTTPAuthorizationCredentials
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payloads

from api.audit import note
from api.auth.sign_in import Principal, by_access_token
from api.auth.tokens import issue_access_token
from api.deps import (
    AdminDep,
    KeyringDep,
    SessionDep,
    SettingsDep,
    api_key_scheme,
    bearer_scheme,
    get_principal,
)
from api.errors import Forbidden, ValidationFailed
from api.settings import Settings
from models.enums import Role
from temporal_workflows.payloads import EncryptionCodec, PayloadUnreadable

router = APIRouter(prefix="/codec", tags=["codec"])
COOKIE = "pastetrader_codec"
COOKIE_SECONDS = 12 * 3600
_PATH = "/api/v1/codec"


async def get_reader(
    session: SessionDep,
    settings: SettingsDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
    api_key: Annotated[str | None, Depends(api_key_scheme)],
    cookie: Annotated[str | None, Cookie(alias=COOKIE, max_length=4_000)] = None,
) -> Principal:
    """An administrator, by token or key, or by the cookie that Temporal Web's requests carry.

    Raises:
        Unauthorized: nothing that holds is given.
        Forbidden: the account is no administrator: Temporal Web shows everybody's runs.
    """
    found = None
    if cookie is not None and bearer is None and api_key is None:
        found = await by_access_token(session, _key(settings), cookie)
    found = found or await get_principal(session, settings, bearer, api_key)
    if not found.may(Role.ADMIN):
        raise Forbidden("only administrators may read everybody's values")
    return found


ReaderDep = Annotated[Principal, Depends(get_reader)]


@router.post("/session", status_code=204)
async def open_session(
    admin: AdminDep, settings: SettingsDep, session: SessionDep, request: Request
) -> Response:
    """Let this browser's Temporal Web show encrypted values for twelve hours."""
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        issue_access_token(_key(settings), admin.id, COOKIE_SECONDS),
        max_age=COOKIE_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )
    note(session, request, "codec.session", actor_id=admin.id)
    return response


@router.post("/decode")
async def decode(
    request: Request, reader: ReaderDep, settings: SettingsDep, _keyring: KeyringDep
) -> JSONResponse:
    """Payloads as they were before they were encrypted."""
    codec = EncryptionCodec(settings.keys)
    try:
        payloads = codec.decrypted((await _payloads(request)).payloads)
    except PayloadUnreadable as error:
        raise ValidationFailed(f"a payload cannot be decrypted: {error}") from error
    return _answer(Payloads(payloads=payloads), request, settings)


@router.post("/encode")
async def encode(
    request: Request, reader: ReaderDep, settings: SettingsDep, _keyring: KeyringDep
) -> JSONResponse:
    """Payloads as workers read them: for inputs that are given to Temporal by hand."""
    codec = EncryptionCodec(settings.keys)
    payloads = codec.encrypted((await _payloads(request)).payloads)
    return _answer(Payloads(payloads=payloads), request, settings)


@router.options("/decode", include_in_schema=False)
@router.options("/encode", include_in_schema=False)
async def preflight(request: Request, settings: SettingsDep) -> Response:
    """Tells Temporal Web's browser that it may ask; nobody else's may."""
    return Response(status_code=204, headers=_cors(request, settings))


async def _payloads(request: Request) -> Payloads:
    try:
        found = json.loads(await request.body())
        if isinstance(found, dict):
            return ParseDict(found, Payloads(), ignore_unknown_fields=True)
    except (ParseError, ValueError, RecursionError):
        pass
    raise ValidationFailed("the body is no JSON of Temporal's `payloads`")


def _answer(payloads: Payloads, request: Request, settings: Settings) -> JSONResponse:
    headers = {"Cache-Control": "no-store", **_cors(request, settings)}
    return JSONResponse(MessageToDict(payloads), headers=headers)


def _cors(request: Request, settings: Settings) -> dict[str, str]:
    allowed = (settings.temporal_ui or "").rstrip("/")
    if not allowed or request.headers.get("origin") != allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type, x-namespace, authorization",
        "Vary": "Origin",
    }


def _key(settings: Settings) -> str:
    """Signs these cookies only: an access token is none, and the other way round."""
    return f"codec {settings.secret_key.get_secret_value()}"
