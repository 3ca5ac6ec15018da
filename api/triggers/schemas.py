"""What clients send and get."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.schemas import Closed, Name, StoredJson, Text, Version
from models.enums import ExecutionStatus, FiringCause, FiringStatus, Overlap, TriggerType
from models.graph.values import check_json
from models.trigger_config import ScheduleConfig, TriggerConfig

MAX_PREVIEW = 100
# What Temporal's calendars know.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


def _known(moment: datetime) -> datetime:
    if not FIRST_MOMENT <= moment < LAST_MOMENT:
        raise ValueError("must be from the year 2000 to 2099")
    return moment


def _storable(config: TriggerConfig) -> TriggerConfig:
    check_json(config.model_dump(mode="json"))
    return config


Moment = Annotated[AwareDatetime, AfterValidator(_known)]
Config = Annotated[TriggerConfig, AfterValidator(_storable)]
PauseNote = Annotated[Text, Field(max_length=1_000)]


class NewTrigger(Closed):
    """Something that starts a workflow's published version by itself."""

    workflow_id: UUID
    name: Name
    config: Config
    is_active: bool = True


class TriggerChange(Closed):
    """What to change; what is left out stays. `version` is for the optimistic lock."""

    version: Version
    name: Name | None = None
    config: Config | None = None


class NoteIn(Closed):
    """Why a trigger is paused, or goes on."""

    note: PauseNote | None = None


class Fire(Closed):
    """Fires now; `event` is what came, as templates see it."""

    event: StoredJson = None


class Backfill(Closed):
    """Fires for the times of a window, ends included; those that fired already do not again.

    `overlap` says whether these runs follow one another or run at the same time.
    """

    start_at: Moment
    end_at: Moment
    overlap: Literal[Overlap.BUFFER_ALL, Overlap.ALLOW_ALL] = Overlap.BUFFER_ALL


class Times(BaseModel):
    """Times in UTC, in order."""

    times: list[datetime]


class Preview(Closed):
    """Asks for the next `count` times after a moment, none: after now."""

    config: ScheduleConfig
    count: int = Field(10, ge=1, le=MAX_PREVIEW)
    after: Moment | None = None


class PreviewOut(Times):
    """Times in UTC at which a schedule would fire, without its jitter."""

    time_zone: str


class TriggerOut(BaseModel):
    """A trigger; `note` says why it is paused, `url` where a webhook is called.

    `missed` counts the firings that were older than the catch-up window when they could be made
    up for, `skipped_overlap` those that another run stood against. They are None while Temporal
    does not answer.
    """

    id: UUID
    workflow_id: UUID
    workflow_name: str
    name: str
    trigger_type: TriggerType
    config: TriggerConfig
    is_active: bool
    note: str | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    url: str | None
    missed: int | None
    skipped_overlap: int | None
    version: int
    created_at: datetime
    updated_at: datetime


class TriggerList(BaseModel):
    """A page of triggers."""

    items: list[TriggerOut]
    next_cursor: str | None


class FiringOut(BaseModel):
    """One firing; `execution_id` is the run that it started, `error` why it started none."""

    id: UUID
    cause: FiringCause
    scheduled_at: datetime
    fired_at: datetime
    status: FiringStatus
    error: str | None
    execution_id: UUID | None
    execution_status: ExecutionStatus | None


class FiringList(BaseModel):
    """A page of firings, newest first."""

    items: list[FiringOut]
    next_cursor: str | None
