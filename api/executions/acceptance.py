"""Accepting a start: its row first, then Temporal, so that none gets lost in between."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import Engine, EngineUnavailable, StartRefused, read_start
from api.executions import repository
from api.executions.errors import SnapshotTooLarge, TemporalUnavailable
from models.enums import TriggerType
from models.execution import WorkflowExecution
from temporal_workflows.contracts import AgentInput, GraphInput, workflow_id

_log = structlog.get_logger(__name__)
# Temporal refuses payloads over 2 MB; the run's own state needs the rest.
MAX_START_BYTES = 1_500_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a run starts, and what comes with it.

    `trigger_key` is the trigger node that fires, none the first one; `execution_id` the run's id,
    when whoever starts it chose it before.
    """

    trigger_type: TriggerType = TriggerType.MANUAL
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None
    retry_of: UUID | None = None
    trigger_key: str | None = None
    execution_id: UUID | None = None


async def accept(
    session: AsyncSession,
    engine: Engine,
    start: GraphInput | AgentInput,
    cause: Cause,
    *,
    asked: str,
    tags: list[str] | None = None,
) -> WorkflowExecution | None:
    """Insert the run's row; the start leaves for Temporal after the session's commit.

    Args:
        session: Of the request, whose edge commits it.
        engine: The door to Temporal.
        start: What runs; its execution id is the row's.
        cause: Why it starts.
        asked: Hash of the request, by which the same request is known again.
        tags: Of the run.

    Returns:
        The row, or None when there is one already with this id or idempotency key.

    Raises:
        SnapshotTooLarge: it is more than one start may carry.
    """
    document = start.model_dump(mode="json")
    _check_size(document)
    agent = start.agent_id if isinstance(start, AgentInput) else ""
    values = {
        "id": UUID(start.execution_id),
        "owner_id": UUID(start.owner_id),
        "workflow_id": UUID(start.workflow_id) if start.workflow_id else None,
        "workflow_version": start.workflow_version,
        "agent_id": UUID(agent) if agent else None,
        "graph_hash": start.graph_hash,
        "trigger_type": cause.trigger_type,
        "trigger_metadata": cause.metadata or {},
        "input": start.input,
        "idempotency_key": cause.idempotency_key,
        "request_hash": asked,
        "temporal_workflow_id": workflow_id(start.execution_id),
        "retry_of": cause.retry_of,
        "tags": tags or [],
        "start_input": document,
    }
    if not await repository.insert_once(session, values):
        return None

    async def hand_over() -> None:
        """What fails here is found and repaired by the mirror's sweep."""
        try:
            await engine.start(start)
        except (EngineUnavailable, StartRefused) as error:
            _log.warning("start is left to the sweep", error=str(error), id=start.execution_id)

    session.info.setdefault("after_commit", []).append(hand_over)
    return await session.get_one(WorkflowExecution, values["id"])


async def ensure_started(engine: Engine, execution: WorkflowExecution) -> None:
    """Make sure that Temporal knows a run that was accepted, for whoever wants to tell it something.

    One that can never start stays unknown to it; the mirror's sweep says so in its row.

    Raises:
        TemporalUnavailable: Temporal does not answer.
    """
    if execution.start_input is None:
        return
    try:
        await engine.start(read_start(execution.start_input))
    except StartRefused as error:
        _log.warning("a start is refused", error=str(error), id=str(execution.id))
    except EngineUnavailable as error:
        raise TemporalUnavailable("Temporal does not answer; try again shortly") from error


def fits(start: GraphInput) -> bool:
    """Whether one start may carry it."""
    return _size(start.model_dump(mode="json")) <= MAX_START_BYTES


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode())


def _check_size(document: dict[str, Any]) -> None:
    size = _size(document)
    if size > MAX_START_BYTES:
        raise SnapshotTooLarge(
            f"all that the run carries takes {size} bytes; at most {MAX_START_BYTES} can be started: "
            "make graph, tools, sub-workflows, agents or input smaller"
        )
