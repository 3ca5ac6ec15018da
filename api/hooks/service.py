"""Taking calls: proven by their signature, each delivery once, with its run in one transaction."""

import asyncio
import hashlib
import math
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.engine import Engine
from api.errors import APIError, NotFound
from api.executions.acceptance import Cause
from api.executions.errors import InputInvalid
from api.executions.schemas import StartRequest
from api.executions.service import ExecutionService
from api.hooks import repository
from api.hooks.errors import (
    CannotStart,
    HookBodyTooLarge,
    RateLimited,
    Refusal,
    SignatureInvalid,
    TemplateFailed,
    TriggerPaused,
)
from api.hooks.event import read_event
from api.hooks.repository import Hook, Taken
from api.hooks.schemas import HookAnswer, RunError
from api.hooks.verification import Call, challenge_of, verify
from api.mirror.events import storable
from api.sse import ExecutionChannel
from api.triggers.errors import FiringRefused
from api.triggers.starting import wanted_run
from models.artifacts import ArtifactFiles
from models.base import new_id
from models.enums import DeliveryStatus, ExecutionStatus, TriggerType, Verification
from models.keys import KeyMissing, Keyring, SealBroken, secret_place
from models.session import act_as
from models.trigger import WebhookDelivery
from models.trigger_config import WebhookConfig
from models.workflow import Workflow

# A notification may get lost with its connection.
LOOK_ANYWAY_SECONDS = 2.0
PREVIEW_CHARACTERS = 500
MAX_CONTENT_TYPE = 255
MAX_REASON = 2_000
SKIPPED = "`only_if` does not hold"
# Of their own, so that nothing else waits for the bodies and expressions of strangers.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hooks")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call whose body was not read yet; header names are in lower case."""

    headers: Mapping[str, str]
    query: str
    body: AsyncIterator[bytes]


class HookService:
    """Takes calls, each with transactions of its own: a refusal is noted though it answers 4xx."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        engine: Engine,
        artifacts: ArtifactFiles,
        channel: ExecutionChannel,
        keyring: Keyring,
    ) -> None:
        self._sessions = sessions
        self._engine = engine
        self._artifacts = artifacts
        self._channel = channel
        self._keyring = keyring

    async def receive(self, trigger_id: UUID, incoming: Incoming) -> HookAnswer:
        """Start what the webhook starts, once for each delivery, and say what came of it.

        Raises:
            NotFound: there is no such webhook, or nobody could start its workflow.
            Refusal: the call is not proven, not usable, or one too many; noted for the owner.
            InputInvalid: the input does not satisfy the trigger's JSON Schema; likewise.
        """
        hook = await self.hook(trigger_id)
        call = Call(incoming.headers, incoming.query, b"")
        try:
            call = replace(call, body=await _whole(incoming, hook.config.max_body_bytes))
            return await self._received(hook, call)
        except (Refusal, InputInvalid) as error:
            await self._note_refusal(hook, call, error)
            raise

    async def hook(self, trigger_id: UUID) -> Hook:
        """The webhook of this id; raises `NotFound`."""
        async with self._sessions() as session:
            found = await repository.hook(session, trigger_id)
        if found is None:
            raise NotFound("there is no such webhook")
        return found

    def secret(self, hook: Hook) -> str:
        """The value that signs. Raises `SignatureInvalid` when nobody can know it."""
        if hook.config.verification is Verification.NONE:
            return ""
        name, detail = hook.config.secret, "the signature cannot be checked now"
        if hook.sealed is None:
            reason = f"there is no secret named {name!r}; add it under Secrets"
            raise SignatureInvalid(detail, reason=reason)
        try:
            place = secret_place(hook.owner_id, str(name))
            return self._keyring.open(hook.sealed, place).decode()
        except (KeyMissing, SealBroken) as error:
            reason = f"the secret {name!r} cannot be opened: {error}; set it again"
            raise SignatureInvalid(detail, reason=reason) from error

    async def delivery(
        self, hook: Hook, delivery_id: str, since: datetime
    ) -> tuple[WebhookDelivery, str | None] | None:
        """The delivery of this id, or what was refused since then, with where its run stands."""
        async with self._sessions() as session:
            await act_as(session, hook.owner_id)
            return await repository.newest(session, hook, delivery_id, since)

    # One call ------------------------------------------------------------------------------------

    async def _received(self, hook: Hook, call: Call) -> HookAnswer:
        delivery_id = verify(hook.config.verification, self.secret(hook), call, now=time.time())
        challenge = challenge_of(hook.config.verification, call.body)
        if challenge is not None:
            return HookAnswer(status=ExecutionStatus.SKIPPED, challenge=challenge)
        async with self._sessions() as session:
            # In this order: a count that is seen is never one of this delivery unseen.
            wait = await repository.seconds_to_wait(session, hook)
            known = await repository.taken(session, hook, delivery_id)
        if known is None:
            if not hook.is_active:
                raise TriggerPaused("this webhook is paused; its owner can resume it")
            if wait is not None:
                raise _limited(hook, wait)
            wanted = await asyncio.get_running_loop().run_in_executor(
                _threads, _wanted, hook.config, call, delivery_id
            )
            known = await self._take(hook, call, delivery_id, wanted)
        return await self._answer(hook, known)

    async def _take(
        self, hook: Hook, call: Call, delivery_id: str, wanted: StartRequest | None
    ) -> Taken:
        """Take the delivery, or learn what became of the same one."""
        execution_id = None if wanted is None else new_id()
        async with self._sessions() as session:
            async with session.begin():
                await act_as(session, hook.owner_id)
                values = _noted(call) | {
                    "delivery_id": delivery_id,
                    "execution_id": execution_id,
                    "status": DeliveryStatus.ACCEPTED if wanted else DeliveryStatus.SKIPPED,
                    "detail": None if wanted else SKIPPED,
                }
                if not await repository.take(session, hook, values):
                    known = await repository.taken(session, hook, delivery_id)
                    if known is None:
                        raise NotFound("there is no such webhook any more")
                    return known
                if wanted is not None:
                    await self._start(session, hook, delivery_id, wanted, execution_id)
                await repository.note_use(session, hook, ran=wanted is not None)
                await self._count(session, hook)
            for job in session.info.pop("after_commit", []):
                await job()
        return Taken(execution_id, ExecutionStatus.PENDING if wanted else None)

    async def _start(
        self,
        session: AsyncSession,
        hook: Hook,
        delivery_id: str,
        wanted: StartRequest,
        execution_id: UUID | None,
    ) -> None:
        cause = Cause(
            trigger_type=TriggerType.WEBHOOK,
            metadata={
                "trigger_id": str(hook.id),
                "trigger_name": hook.name,
                "delivery_id": delivery_id,
            },
            trigger_key=hook.config.node,
            execution_id=execution_id,
        )
        workflow = await session.get(Workflow, hook.workflow_id)
        if workflow is None:
            raise NotFound("there is no such webhook any more")
        executions = ExecutionService(session, self._engine, self._artifacts)
        try:
            await executions.start(workflow, wanted, cause)
        except InputInvalid:
            raise
        except APIError as error:
            raise CannotStart(error) from error

    async def _count(self, session: AsyncSession, hook: Hook) -> None:
        if not await repository.count(session, hook):
            raise _limited(hook, await repository.seconds_to_wait(session, hook) or 0)

    # Answering -----------------------------------------------------------------------------------

    async def _answer(self, hook: Hook, known: Taken) -> HookAnswer:
        if known.execution_id is None:
            return HookAnswer(status=ExecutionStatus.SKIPPED)
        if not hook.config.wait_seconds:
            return HookAnswer(id=known.execution_id, status=known.run)
        return await self._ended(hook, known.execution_id)

    async def _ended(self, hook: Hook, execution_id: UUID) -> HookAnswer:
        """What became of the run once it ended, or where it stands when it takes too long."""
        until = time.monotonic() + hook.config.wait_seconds
        with self._channel.subscribe(execution_id) as wake:
            while True:
                wake.clear()
                async with self._sessions() as session:
                    found = await repository.outcome(session, hook, execution_id)
                left = until - time.monotonic()
                if found is None or found[0].is_terminal or left <= 0:
                    return _told(execution_id, found)
                try:
                    await asyncio.wait_for(wake.wait(), min(left, LOOK_ANYWAY_SECONDS))
                except TimeoutError:
                    continue

    # Refusing ------------------------------------------------------------------------------------

    async def _note_refusal(self, hook: Hook, call: Call, error: APIError) -> None:
        reason = error.reason if isinstance(error, Refusal) else error.detail
        places = "; ".join(f"{each['path']}: {each['message']}" for each in error.errors)
        detail = f"{error.status} {error.code}: {reason}" + (f" ({places})" if places else "")
        values = _noted(call) | {"detail": storable(detail[:MAX_REASON])}
        async with self._sessions.begin() as session:
            await act_as(session, hook.owner_id)
            await repository.note_refusal(session, hook, values)


def _noted(call: Call) -> dict[str, Any]:
    """What a delivery's row keeps of its call."""
    beginning = call.body[: 4 * PREVIEW_CHARACTERS].decode(errors="replace")
    content_type = call.headers.get("content-type")
    return {
        "body_hash": hashlib.sha256(call.body).hexdigest(),
        "received_at": datetime.now(UTC),
        "preview": storable(beginning[:PREVIEW_CHARACTERS]),
        "content_type": content_type and storable(content_type[:MAX_CONTENT_TYPE]),
    }


def _wanted(config: WebhookConfig, call: Call, delivery_id: str) -> StartRequest | None:
    """The start that a call leads to, None when `only_if` does not hold."""
    event = read_event(call, delivery_id)
    try:
        wanted = wanted_run(config, event)
    except FiringRefused as error:
        raise TemplateFailed(
            "this webhook cannot use what was sent; its owner finds the reason among the trigger's "
            "deliveries",
            reason=error.detail,
        ) from error
    if wanted is not None and config.input is None and not isinstance(wanted.input, dict):
        return wanted.model_copy(update={"input": {"body": wanted.input}})
    return wanted


async def _whole(incoming: Incoming, limit: int) -> bytes:
    """The body; raises `HookBodyTooLarge` without reading on."""
    announced = incoming.headers.get("content-length", "0")
    too_large = HookBodyTooLarge(f"the body is over the {limit} bytes that this webhook takes")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise too_large
    parts, size = [], 0
    async for part in incoming.body:
        parts.append(part)
        size += len(part)
        if size > limit:
            raise too_large
    return b"".join(parts)


def _limited(hook: Hook, wait: float) -> RateLimited:
    limit = hook.config.rate_limit
    seconds = max(1, math.ceil(wait))
    return RateLimited(
        f"at most {limit.calls} calls in {limit.seconds:g} seconds; try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


def _told(
    execution_id: UUID, found: tuple[ExecutionStatus, Any, dict[str, Any] | None] | None
) -> HookAnswer:
    if found is None:
        return HookAnswer(id=execution_id, status=None)
    status, output, error = found
    if not status.is_terminal:
        return HookAnswer(id=execution_id, status=status)
    if status is ExecutionStatus.COMPLETED:
        return HookAnswer(id=execution_id, status=status, output=output)
    told = error or {"code": status.upper(), "message": f"the run is {status}"}
    why = RunError(code=str(told.get("code")), message=str(told.get("message")))
    return HookAnswer(id=execution_id, status=status, error=why)
