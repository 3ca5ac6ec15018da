"""What a trigger is told: when, by whom, or by which event its workflow starts."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from models.enums import Overlap, ScheduleType, TriggerType, Verification
from models.graph.base import GraphModel, Key
from models.graph.values import Json

MAX_SECONDS = 366 * 86_400
Expression = Annotated[str, Field(min_length=1, max_length=4_096)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class StartedRun(GraphModel):
    """What a trigger starts: `input` is a template over `event`, none hands on what came.

    `node` is the trigger node that fires, none the first one. `only_if` must be true, if given.
    """

    node: Key | None = None
    input: Json = None
    only_if: Expression | None = None
    tags: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=20
    )


class ScheduleConfig(StartedRun):
    """Times at which a workflow starts.

    `cron` has five fields (Sunday is 0; names of months and days may be used) in `time_zone`;
    `every_seconds` counts from the epoch plus `offset_seconds`; `at` is once. `jitter_seconds`
    delays each firing by up to so long. What fell into an outage is caught up when it is not older
    than `catch_up_seconds`.
    """

    type: Literal[TriggerType.SCHEDULE] = TriggerType.SCHEDULE
    schedule_type: ScheduleType
    cron: str | None = Field(None, max_length=200)
    every_seconds: float | None = Field(None, ge=1, le=MAX_SECONDS)
    offset_seconds: float = Field(0, ge=0, le=MAX_SECONDS)
    at: AwareDatetime | None = None
    time_zone: str = Field("UTC", min_length=1, max_length=100)
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None
    jitter_seconds: float = Field(0, ge=0, le=86_400)
    overlap: Overlap = Overlap.SKIP
    catch_up_seconds: float = Field(3_600, ge=10, le=MAX_SECONDS)

    @model_validator(mode="after")
    def _one_time(self) -> "ScheduleConfig":
        given: dict[ScheduleType, object] = {
            ScheduleType.CRON: self.cron,
            ScheduleType.INTERVAL: self.every_seconds,
            ScheduleType.DATE: self.at,
        }
        names = {
            ScheduleType.CRON: "cron",
            ScheduleType.INTERVAL: "every_seconds",
            ScheduleType.DATE: "at",
        }
        for kind, value in given.items():
            if (kind is self.schedule_type) != (value is not None):
                raise ValueError(
                    f"a schedule of type `{self.schedule_type}` takes "
                    f"`{names[self.schedule_type]}` and neither of the others"
                )
        if self.start_at and self.end_at and self.end_at <= self.start_at:
            raise ValueError("`end_at` must be later than `start_at`")
        return self


class CallLimit(GraphModel):
    """At most `calls` in `seconds`."""

    calls: int = Field(60, ge=1, le=10_000)
    seconds: float = Field(60, ge=1, le=86_400)


class WebhookConfig(StartedRun):
    """How a call to `/hooks/{id}` is proven, and how it is answered.

    `secret` is the name of the owner's secret that signs. `wait_seconds` 0 answers at once with
    202, more waits so long for the run's output. `event` is {body, headers, query, delivery_id}.
    """

    type: Literal[TriggerType.WEBHOOK] = TriggerType.WEBHOOK
    verification: Verification = Verification.HMAC
    secret: SecretName | None = None
    rate_limit: CallLimit = Field(default_factory=CallLimit)
    max_body_bytes: int = Field(256 * 1024, ge=1, le=1024 * 1024)
    wait_seconds: float = Field(0, ge=0, le=60)

    @model_validator(mode="after")
    def _with_secret(self) -> "WebhookConfig":
        if (self.verification is Verification.NONE) != (self.secret is None):
            raise ValueError("`secret` goes with every verification but `none`")
        return self


class EventConfig(StartedRun):
    """Starts with each event called `event`; `key` takes those with this correlation key only.

    In templates, `event` is {name, key, id, payload, received_at}.
    """

    type: Literal[TriggerType.EVENT] = TriggerType.EVENT
    event: str = Field(min_length=1, max_length=200)
    key: str | None = Field(None, min_length=1, max_length=255)


TriggerConfig = Annotated[ScheduleConfig | WebhookConfig | EventConfig, Field(discriminator="type")]
