"""Trying a webhook out: a body, signed with its own secret, taken as if it had come."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from api.errors import APIError, ValidationFailed
from api.hooks.errors import SignatureInvalid
from api.hooks.repository import Hook
from api.hooks.schemas import DeliveryOut, HookAnswer, Sample
from api.hooks.service import HookService, Incoming
from api.hooks.verification import Call, sign, verify


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent, what the caller would have got, and what is kept of it."""

    headers: dict[str, str]
    answer: HookAnswer | APIError
    delivery: DeliveryOut | None


async def try_out(service: HookService, trigger_id: UUID, sample: Sample) -> Tried:
    """Take a signed sample.

    Raises:
        NotFound: there is no such webhook, or nobody could start its workflow.
        ValidationFailed: its secret is missing, so that nothing can be signed.
    """
    hook = await service.hook(trigger_id)
    body, began = sample.body.encode(), datetime.now(UTC)
    signed, delivery_id = _signed(service, hook, body)
    headers = {"Content-Type": sample.content_type, **signed}
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        answer: HookAnswer | APIError = await service.receive(
            trigger_id, Incoming(lower, "", _once(body))
        )
    except APIError as error:
        answer = error
    found = await service.delivery(hook, delivery_id, began)
    return Tried(headers, answer, found and DeliveryOut.of(*found))


def _signed(service: HookService, hook: Hook, body: bytes) -> tuple[dict[str, str], str]:
    """The headers that prove `body`, and the id that its delivery will have."""
    scheme, now = hook.config.verification, time.time()
    try:
        secret = service.secret(hook)
    except SignatureInvalid as error:
        raise ValidationFailed(f"config.secret: {error.reason}") from error
    headers = sign(scheme, secret, body, f"test-{uuid4().hex}", now)
    lower = {name.lower(): value for name, value in headers.items()}
    return headers, verify(scheme, secret, Call(lower, "", body), now)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
