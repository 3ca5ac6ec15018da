"""Use cases about drafts: runs of agents whose conversation is the draft."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.service import AgentService
from api.drafts.base import account_base
from api.drafts.prompt import SYSTEM, asked
from api.drafts.schemas import DraftError, DraftOut, DraftProblem, DraftUsage
from api.engine import Engine
from api.errors import APIError, NotFound, ValidationFailed
from api.executions.acceptance import Cause, accept
from api.executions.errors import IdempotencyKeyReused
from api.ownership import owned
from api.workflows.drafts import Document, read_draft
from api.workflows.service import WorkflowService
from models.agent import Agent, AgentMessage
from models.artifacts import PREVIEW_BYTES, ArtifactFiles, ArtifactMissing, reference
from models.base import new_id
from models.enums import ExecutionStatus, TriggerType
from models.execution import WorkflowExecution
from models.graph.agent import AgentSettings, AgentSpec, Budgets
from models.graph.draft_tools import (
    DraftBase,
    draft_tools,
    edits_of,
)
from models.graph.drafting import Draft, fold
from models.graph.expression import ExpressionError
from models.graph.problems import Problem
from models.graph.values import ARTIFACT_KEY, Json, encoded_size, is_artifact
from models.overflow import JSON_TYPE, Put, by_reference
from models.user import User
from temporal_workflows.agent_inputs import Surroundings, agent_child
from temporal_workflows.contracts import AgentInput, AgentToolSpec

# The base goes with every call of the drafting tools into the history.
_INLINE_BASE_BYTES = 4 * 1024
_MAX_TURNS = 60
_MAX_TOKENS = 2_000_000
_MAX_SECONDS = 3_600.0
_LONGEST_ERROR = 500


class DraftGone(APIError):
    """What the draft began with was removed, as large values of old runs are."""

    status = 410
    code = "DRAFT_GONE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drafted: the text of a method, the file that it came from, by which agent."""

    text: str
    agent_id: UUID
    workflow_id: UUID | None = None
    file_name: str | None = None

    @property
    def digest(self) -> str:
        """By which the same request is known again."""
        parts = [self.text, str(self.agent_id), str(self.workflow_id)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class DraftService:
    """What one account has drafted, in one transaction."""

    def __init__(
        self, session: AsyncSession, user: User, engine: Engine, artifacts: ArtifactFiles
    ) -> None:
        self._session = session
        self._user = user
        self._engine = engine
        self._artifacts = artifacts

    # Starting ------------------------------------------------------------------------------------

    async def begin(self, wanted: Wanted, key: str | None) -> WorkflowExecution:
        """Accept a draft; with the same idempotency key, the one that was accepted first.

        Raises:
            NotFound: the account has no such agent or workflow.
            IdempotencyKeyReused: the key came with another request.
            ValidationFailed: the agent's settings cannot be used.
            SnapshotTooLarge: text and settings are more than a run may carry.
        """
        agent = await AgentService(self._session, self._user).get(wanted.agent_id)
        base = await self._document(wanted.workflow_id)
        chosen = new_id() if key is None else uuid5(self._user.id, f"draft/{key}")
        known = await self._begun(chosen, wanted)
        if known is not None:
            return known
        start = await self._start(agent, wanted, base, str(chosen))
        cause = Cause(TriggerType.DRAFT)
        made = await accept(self._session, self._engine, start, cause, asked=wanted.digest)
        made = made or await self._begun(chosen, wanted)
        if made is None:
            raise IdempotencyKeyReused("this Idempotency-Key is in use; use a new key")
        return made

    async def _begun(self, chosen: UUID, wanted: Wanted) -> WorkflowExecution | None:
        found: WorkflowExecution | None = await self._session.scalar(self._chosen(chosen))
        if found is not None and found.request_hash != wanted.digest:
            raise IdempotencyKeyReused(
                "this Idempotency-Key came before with another request; use a new key"
            )
        return found

    def _chosen(self, execution_id: UUID) -> Select[WorkflowExecution]:
        row = WorkflowExecution
        mine = owned(select(row), row, self._user).where(row.trigger_type == TriggerType.DRAFT)
        return mine.where(row.id == execution_id)

    async def _document(self, workflow_id: UUID | None) -> Document | None:
        if workflow_id is None:
            return None
        workflow = await WorkflowService(self._session, self._user).get(workflow_id)
        return await read_draft(self._session, workflow)

    async def _start(
        self, agent: Agent, wanted: Wanted, document: Document | None, execution_id: str
    ) -> AgentInput:
        [spec] = await AgentService(self._session, self._user).specs([agent])
        prompt = asked(wanted.text, uuid4().hex[:8], changes=document is not None)
        try:
            start = agent_child(
                _drafting(spec),
                prompt,
                Surroundings(),
                uuid4().hex,
                execution_id=execution_id,
                owner_id=str(self._user.id),
                title=agent.name,
            )
        except ExpressionError as error:
            raise ValidationFailed(f"the agent cannot run: {error}; change the agent") from error
        base = await self._stored(
            await account_base(self._session, self._user, document), execution_id
        )
        given: dict[str, Json] = {
            "prompt": prompt,
            "file": wanted.file_name,
            "workflow_id": str(wanted.workflow_id) if wanted.workflow_id else None,
            "base": base,
        }
        update = {
            "system": SYSTEM,
            "tools": _tools(),
            "draft_base": base,
            "input": await by_reference(given, self._put(execution_id)),
        }
        return start.model_copy(update=update)

    async def _stored(self, base: DraftBase, execution_id: str) -> Json:
        document: Json = base.model_dump(mode="json")
        if encoded_size(document) <= _INLINE_BASE_BYTES:
            return document
        return await self._put(execution_id)(orjson.dumps(document))

    def _put(self, execution_id: str) -> Put:
        async def put(data: bytes) -> Json:
            file = await self._artifacts.put(
                execution_id, data, content_type=JSON_TYPE, owner=str(self._user.id)
            )
            return reference(file, data[:PREVIEW_BYTES])

        return put

    # Reading -------------------------------------------------------------------------------------

    async def get(self, execution_id: UUID) -> WorkflowExecution:
        """A draft of the account; raises `NotFound`."""
        found: WorkflowExecution | None = await self._session.scalar(self._chosen(execution_id))
        if found is None:
            raise NotFound(f"there is no draft {execution_id}")
        return found

    async def shown(self, run: WorkflowExecution) -> DraftOut:
        """The draft as its conversation makes it; raises `DraftGone`."""
        base = await self._read_base(run)
        messages = await self._answers(run)
        calls = [
            (str(call.get("name")), str(call.get("arguments")))
            for message in messages
            for call in message.tool_calls
        ]
        # In a thread: it may be thousands of operations.
        draft: Draft = await asyncio.to_thread(fold, base.document, edits_of(calls))
        workflows = WorkflowService(self._session, self._user)
        _, problems = await workflows.validate(draft.document)
        given = run.input if isinstance(run.input, dict) else {}
        return DraftOut(
            id=run.id,
            status=ExecutionStatus(run.status),
            agent_id=run.agent_id,
            agent_name=run.agent_name,
            workflow_id=given.get("workflow_id"),
            created_at=run.created_at,
            document=draft.document,
            base=base.document,
            reasons=draft.reasons,
            problems=[_problem(each) for each in problems],
            text=messages[-1].content if messages else "",
            error=_error(run),
            usage=_usage(messages),
        )

    async def _read_base(self, run: WorkflowExecution) -> DraftBase:
        given: Any = run.input.get("base") if isinstance(run.input, dict) else None
        if is_artifact(given):
            try:
                given = orjson.loads(await self._artifacts.get(str(given[ARTIFACT_KEY]["id"])))
            except ArtifactMissing:
                raise DraftGone(
                    "what this draft began with was removed with its run's large values; draft anew"
                ) from None
        return DraftBase.model_validate(given or {})

    async def _answers(self, run: WorkflowExecution) -> Sequence[AgentMessage]:
        row = AgentMessage
        mine = (row.conversation_id == run.id) & (row.owner_id == run.owner_id)
        statement = select(row).where(mine, row.role == "assistant").order_by(row.seq)
        return (await self._session.scalars(statement)).all()


def _tools() -> list[AgentToolSpec]:
    return [
        AgentToolSpec(
            name=tool.name, description=tool.description, parameters=tool.parameters, draft=True
        )
        for tool in draft_tools()
    ]


def _drafting(spec: AgentSpec) -> AgentSpec:
    """The agent with its model, key and parameters; what it is and does otherwise is left out."""
    given = spec.config
    kept = given.model_dump(
        include={"provider", "model", "base_url", "auth_mode", "api_key", "parameters"},
        exclude_unset=True,
    )
    budgets = Budgets(
        max_turns=min(given.budgets.max_turns, _MAX_TURNS),
        max_tokens=min(given.budgets.max_tokens or _MAX_TOKENS, _MAX_TOKENS),
        max_cost_usd=given.budgets.max_cost_usd,
        max_seconds=min(given.budgets.max_seconds or _MAX_SECONDS, _MAX_SECONDS),
    )
    config = AgentSettings.model_validate(kept | {"budgets": budgets.model_dump()})
    return AgentSpec(id=spec.id, config=config)


def _problem(found: Problem) -> DraftProblem:
    return DraftProblem(
        severity=found.severity,
        code=found.code,
        message=found.message,
        path=found.path,
        nodes=found.node_keys,
        suggestion=found.suggestion,
    )


def _error(run: WorkflowExecution) -> DraftError | None:
    """Why the run did not come to its end, or ended before the model was done."""
    if run.error:
        message = str(run.error.get("message", ""))[:_LONGEST_ERROR]
        return DraftError(code=str(run.error.get("code", "Failed")), message=message)
    output = run.output if isinstance(run.output, dict) else {}
    ended = output.get("ended")
    if ended == "budget":
        return DraftError(
            code="BudgetSpent",
            message=f"the agent's budget ({output.get('budget')}) is spent; this is the draft as it "
            "was then",
        )
    if ended is not None and ended != "answer":
        return DraftError(code="NotFinished", message=f"the model stopped early: {ended}")
    return None


def _usage(messages: Sequence[AgentMessage]) -> DraftUsage:
    found = DraftUsage(turns=len(messages))
    for message in messages:
        reply = message.reply or {}
        tokens = reply.get("usage") or {}
        found.tokens_in += int(tokens.get("input") or 0)
        found.tokens_out += int(tokens.get("output") or 0)
        found.cost_usd += float(reply.get("cost_usd") or 0)
    return found
