"""What a trigger makes of what came, and the run that it starts with it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound
from api.executions.acceptance import Cause
from api.executions.schemas import StartRequest
from api.executions.service import ExecutionService
from api.triggers.errors import FiringRefused, InvalidTrigger
from models.enums import TriggerType
from models.execution import WorkflowExecution
from models.graph.expression import (
    ExpressionError,
    condition,
    render_condition,
    render_value,
    template_uses,
)
from models.graph.problems import Code
from models.graph.rewriting import Use
from models.graph.values import Json
from models.trigger import Trigger
from models.trigger_config import (
    EventConfig,
    ScheduleConfig,
    StartedRun,
    TriggerConfig,
    WebhookConfig,
)
from models.workflow import Workflow

_CONFIGS: TypeAdapter[ScheduleConfig | WebhookConfig | EventConfig] = TypeAdapter(TriggerConfig)
ROOT = "event"


def config_of(trigger: Trigger) -> ScheduleConfig | WebhookConfig | EventConfig:
    """The settings as they are stored."""
    return _CONFIGS.validate_python(trigger.config)


def check_templates(config: StartedRun) -> None:
    """Raises `InvalidTrigger` for templates that are malformed or read anything but `event`."""
    _check("config.input", lambda field: template_uses(config.input, field=field))
    only_if = config.only_if
    if only_if is not None:
        _check("config.only_if", lambda field: condition(only_if, field=field).uses)


def wanted_run(
    config: ScheduleConfig | WebhookConfig | EventConfig, event: Json
) -> StartRequest | None:
    """The start that `event` leads to, None when `only_if` does not hold.

    Without `input` that is a webhook's `event.body`, an event's `event.payload`, and of a schedule
    an empty object.

    Raises:
        FiringRefused: a template cannot be rendered with this event.
    """
    scope = {ROOT: event}
    try:
        if config.only_if is not None and not render_condition(
            config.only_if, scope, field="config.only_if"
        ):
            return None
        given = config.input
        if given is not None:
            given = render_value(given, scope, field="config.input")
        else:
            given = _handed_on(config, event)
        return StartRequest(input=given, tags=config.tags)
    except ExpressionError as error:
        raise FiringRefused(error.message) from None
    except ValidationError:
        raise FiringRefused("config.input: what it makes cannot be stored") from None


async def start_run(
    session: AsyncSession,
    executions: ExecutionService,
    trigger: Trigger,
    event: Json,
    *,
    execution_id: UUID,
    metadata: dict[str, Any],
) -> WorkflowExecution | None:
    """Start what the trigger says with `event`; None when its `only_if` does not hold.

    Args:
        session: Whose commit accepts the run.
        executions: Around the same session.
        trigger: A row of any type, active or not: whoever calls decides.
        event: What templates see as `event`.
        execution_id: Of the run; the same id starts once.
        metadata: Besides `trigger_id` and `trigger_name`.

    Raises:
        NotFound: the workflow was deleted.
        FiringRefused: a template cannot be rendered with this event.
        As `ExecutionService.start`.
    """
    config = config_of(trigger)
    request = wanted_run(config, event)
    if request is None:
        return None
    workflow = await session.scalar(
        select(Workflow).where(
            Workflow.id == trigger.workflow_id, Workflow.owner_id == trigger.owner_id
        )
    )
    if workflow is None:
        raise NotFound("the workflow was deleted; restore it, or delete this trigger")
    cause = Cause(
        trigger_type=TriggerType(trigger.trigger_type),
        metadata={"trigger_id": str(trigger.id), "trigger_name": trigger.name, **metadata},
        trigger_key=config.node,
        execution_id=execution_id,
    )
    return await executions.start(workflow, request, cause)


def schedule_event(
    trigger: Trigger, cause: str, scheduled_at: datetime, fired_at: datetime
) -> Json:
    """What templates of a schedule see as `event`; times are ISO 8601 in UTC."""
    return {
        "scheduled_at": scheduled_at.isoformat(),
        "fired_at": fired_at.isoformat(),
        "cause": cause,
        "trigger": trigger.name,
    }


def _handed_on(config: ScheduleConfig | WebhookConfig | EventConfig, event: Json) -> Json:
    if isinstance(config, ScheduleConfig):
        return {}
    name = "body" if isinstance(config, WebhookConfig) else "payload"
    return event.get(name) if isinstance(event, dict) else event


def _check(field: str, uses: Callable[[str], Iterable[Use]]) -> None:
    try:
        roots = {use.path.root for use in uses(field)}
    except ExpressionError as error:
        raise InvalidTrigger(error.field or field, error.message, Code.INVALID_EXPRESSION) from None
    for unknown in sorted(roots - {ROOT}):
        message = f"`{unknown}` has no value in a trigger; only `{ROOT}` has"
        raise InvalidTrigger(field, message, Code.UNDEFINED_VARIABLE)
