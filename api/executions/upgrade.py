"""Letting a run that goes on take up a newer version of its workflow."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import Engine, EngineUnavailable, NotRunning, UpdateRefused
from api.executions import repository
from api.executions.acceptance import MAX_START_BYTES, ensure_started
from api.executions.errors import (
    AlreadyEnded,
    NoWorkflow,
    SnapshotTooLarge,
    TemporalUnavailable,
    UpgradeRefused,
)
from api.executions.schemas import UpgradeReport
from api.executions.snapshot import take_snapshot
from models.enums import ExecutionStatus
from models.execution import WorkflowExecution
from models.graph.compatibility import Reason
from models.graph.values import encoded_size
from temporal_workflows.contracts import Upgrade

_ENDED = "the execution has ended; run it again with the newer version instead"


async def report(
    session: AsyncSession, engine: Engine, execution: WorkflowExecution, version: int | None
) -> UpgradeReport:
    """What the run itself says about going on with `version`, none the published one, now.

    Raises:
        NoWorkflow: the run has no graph.
        AlreadyEnded: it does not go on.
        NotPublished, SnapshotInvalid, SnapshotTooLarge: that version cannot run.
        TemporalUnavailable: Temporal, or every worker, does not answer.
    """
    upgrade = await _upgrade(session, engine, execution, version)
    return await _report(engine, execution, upgrade)


async def upgrade(
    session: AsyncSession, engine: Engine, execution: WorkflowExecution, version: int
) -> None:
    """Let the run go on with `version` as soon as what runs now has ended.

    Raises:
        UpgradeRefused: what began in it differs there; `errors` say what.
        As `report` otherwise.
    """
    chosen = await _upgrade(session, engine, execution, version)
    found = await _report(engine, execution, chosen)
    if not found.possible:
        raise _refused(found.reasons)
    try:
        await engine.upgrade(execution.temporal_workflow_id, chosen)
    except UpdateRefused as error:
        raise UpgradeRefused(str(error)) from error
    except NotRunning as error:
        raise AlreadyEnded(_ENDED) from error
    except EngineUnavailable as error:
        raise TemporalUnavailable(str(error)) from error
    await repository.hint(session, execution.id)


async def _upgrade(
    session: AsyncSession, engine: Engine, execution: WorkflowExecution, version: int | None
) -> Upgrade:
    if await repository.is_of_agent(session, execution):
        raise NoWorkflow("an agent's run has no graph: upgrade the run above it")
    if ExecutionStatus(execution.status).is_terminal:
        raise AlreadyEnded(_ENDED)
    workflow = await repository.workflow_of(session, execution)
    snapshot = await take_snapshot(session, workflow, version)
    await ensure_started(engine, execution)
    found = Upgrade(
        workflow_version=snapshot.version,
        graph=snapshot.graph,
        graph_hash=snapshot.graph_hash,
        tools=snapshot.tools,
        workflows=snapshot.workflows,
        agents=snapshot.agents,
    )
    if encoded_size(found.model_dump(mode="json")) > MAX_START_BYTES:
        raise SnapshotTooLarge(
            f"version {snapshot.version} with all it refers to is over the limit"
        )
    return found


async def _report(engine: Engine, execution: WorkflowExecution, upgrade: Upgrade) -> UpgradeReport:
    try:
        found = await engine.compatibility(execution.temporal_workflow_id, upgrade)
    except NotRunning as error:
        raise AlreadyEnded(_ENDED) from error
    except EngineUnavailable as error:
        raise TemporalUnavailable(str(error)) from error
    if upgrade.workflow_version == execution.workflow_version:
        message = f"the run is of version {execution.workflow_version} already"
        found.reasons.insert(0, Reason(code="SAME_VERSION", message=message))
    return UpgradeReport(
        **found.model_dump(),
        from_version=execution.workflow_version,
        to_version=upgrade.workflow_version,
        possible=not found.reasons,
    )


def _refused(reasons: list[Reason]) -> UpgradeRefused:
    errors: list[dict[str, Any]] = [
        {"path": found.node_key or "version", "message": found.message, "code": found.code}
        for found in reasons
    ]
    return UpgradeRefused("the run cannot go on with that version", errors=errors)
