"""Routes about webhooks: the one that anybody may call, and those of the owner."""

import json
import shlex
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import select

from api.deps import KeyringDep, SessionDep, SettingsDep, UserDep, get_editor
from api.errors import APIError, NotFound, problem
from api.hooks import repository
from api.hooks.event import FORM
from api.hooks.sample import Tried, try_out
from api.hooks.schemas import DeliveryList, DeliveryOut, HookAnswer, Sample, SampleAnswer
from api.hooks.service import HookService, Incoming
from api.ownership import owned
from api.pagination import cut, decode_cursor, encode_cursor
from api.settings import Settings
from models.enums import DeliveryStatus, TriggerType
from models.trigger import Trigger

router = APIRouter(tags=["webhooks"])
PATH = "/hooks/{hook_id}"
ANY: dict[str, Any] = {"schema": {}}
TAKES = {
    "requestBody": {
        "content": {
            "application/json": ANY,
            FORM: {"schema": {"type": "object"}},
            "text/plain": {"schema": {"type": "string"}},
        }
    }
}


def get_service(request: Request, keyring: KeyringDep) -> HookService:
    """Use cases with transactions of their own."""
    state = request.app.state
    return HookService(state.sessions, state.engine, state.artifacts, state.channel, keyring)


ServiceDep = Annotated[HookService, Depends(get_service)]


async def get_webhook(
    trigger_id: Annotated[UUID, Path()], session: SessionDep, user: UserDep
) -> Trigger:
    """The trigger in the path.

    Raises:
        NotFound: it does not exist, is no webhook, or is somebody else's.
    """
    statement = owned(select(Trigger), Trigger, user).where(
        Trigger.id == trigger_id, Trigger.trigger_type == TriggerType.WEBHOOK
    )
    found = await session.scalar(statement)
    if found is None:
        raise NotFound(f"there is no webhook {trigger_id}")
    return found


WebhookDep = Annotated[Trigger, Depends(get_webhook)]


@router.post(
    PATH,
    responses={202: {"model": HookAnswer}},
    response_model_exclude_unset=True,
    openapi_extra=TAKES,
)
async def call_webhook(
    hook_id: UUID, request: Request, service: ServiceDep, response: Response
) -> HookAnswer:
    """Start what the webhook starts; the call proves itself by its signature.

    200 tells how the run ended, when the webhook waits for that; 202 that it was taken.
    """
    headers = {name: ", ".join(request.headers.getlist(name)) for name in request.headers}
    incoming = Incoming(headers, request.url.query, request.stream())
    answer = await service.receive(hook_id, incoming)
    response.status_code = _status(answer)
    return answer


@router.get("/triggers/{trigger_id}/deliveries")
async def list_deliveries(
    trigger: WebhookDep,
    session: SessionDep,
    status: DeliveryStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> DeliveryList:
    """Calls to a webhook, newest first; of those that were refused only the newest."""
    before = None
    if cursor:
        moment, last = decode_cursor(cursor, datetime, UUID)
        before = (moment, last)
    rows = await repository.page(session, trigger, status=status, before=before, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: encode_cursor(row[0].received_at, row[0].id))
    return DeliveryList(items=[DeliveryOut.of(*row) for row in page], next_cursor=following)


@router.post("/triggers/{trigger_id}/test", dependencies=[Depends(get_editor)])
async def try_webhook(
    trigger: WebhookDep,
    sample: Sample,
    service: ServiceDep,
    session: SessionDep,
    settings: SettingsDep,
    request: Request,
) -> SampleAnswer:
    """Sign a body with the webhook's secret and take it as if it had come: it starts a run."""
    await session.close()  # the call has transactions of its own
    tried = await try_out(service, trigger.id, sample)
    answer = tried.answer
    if isinstance(answer, APIError):
        status, shown = answer.status, json.loads(bytes(problem(request, answer).body))
    else:
        status, shown = _status(answer), answer.model_dump(mode="json", exclude_unset=True)
    return SampleAnswer(
        status=status,
        answer=shown,
        headers=tried.headers,
        curl=_curl(_url(request, settings, trigger), sample.body, tried),
        delivery=tried.delivery,
    )


def _status(answer: HookAnswer) -> int:
    return 200 if answer.is_final else 202


def _url(request: Request, settings: Settings, trigger: Trigger) -> str:
    """Where the webhook is called from outside."""
    base = settings.public_url or str(request.base_url)
    path = request.app.url_path_for("call_webhook", hook_id=trigger.id)
    return f"{base.rstrip('/')}{path}"


def _curl(url: str, body: str, tried: Tried) -> str:
    headers = [("-H", f"{name}: {value}") for name, value in tried.headers.items()]
    words = ["curl", "-X", "POST", url, *(word for pair in headers for word in pair)]
    # Unlike `--data-binary`, it reads no file for a body that begins with `@`.
    return shlex.join([*words, "--data-raw", body])
