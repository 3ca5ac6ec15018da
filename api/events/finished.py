"""The end of a run is an event too: `execution.finished`."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.events.publishing import Happening, publish
from models.enums import TriggerType
from models.execution import WorkflowExecution
from models.graph.values import Json, encoded_size
from models.trigger import TriggerFiring

NAME = "execution.finished"
MAX_OUTPUT_BYTES = 64 * 1024
MAX_ERROR_BYTES = 16 * 1024


async def publish_end(session: AsyncSession, execution: WorkflowExecution) -> None:
    """Publish the end of a run that no other run is above of; the same end once."""
    if execution.parent_execution_id is not None:
        return
    await publish(
        session,
        Happening(
            owner_id=execution.owner_id,
            name=NAME,
            key=str(execution.id),
            payload=_payload(execution),
            event_id=f"{NAME}:{execution.id}",
            depth=await _depth(session, execution),
        ),
    )


async def _depth(session: AsyncSession, execution: WorkflowExecution) -> int:
    """How many runs events started one after the other, up to this one."""
    if execution.trigger_type != TriggerType.EVENT:
        return 0
    firing = await session.get(TriggerFiring, execution.id)
    event = firing.event if firing else None
    found = event.get("depth") if isinstance(event, dict) else None
    return found if isinstance(found, int) else 0


def _payload(execution: WorkflowExecution) -> Json:
    """What is told; an output or error that is too large is null, and is read from the run."""
    return {
        "execution_id": str(execution.id),
        "workflow_id": str(execution.workflow_id) if execution.workflow_id else None,
        "workflow_name": execution.workflow_name,
        "status": execution.status,
        "output": _capped(execution.output, MAX_OUTPUT_BYTES),
        "error": _capped(execution.error, MAX_ERROR_BYTES),
        "trigger_type": execution.trigger_type,
    }


def _capped(value: Json, limit: int) -> Json:
    return value if encoded_size(value) <= limit else None
