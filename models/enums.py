"""Closed vocabularies shared by tables, workflow code and the API, with the legal status moves."""

from enum import StrEnum


class NodeType(StrEnum):
    """What a node is."""

    TRIGGER = "trigger"
    TOOL = "tool"
    AGENT = "agent"
    CONDITION = "condition"
    ADAPTER = "adapter"
    PARALLEL = "parallel"
    LOOP = "loop"
    AGGREGATOR = "aggregator"
    DELAY = "delay"
    APPROVAL = "approval"
    EVENT = "event"
    WORKFLOW = "workflow"


class ToolType(StrEnum):
    """How a tool runs."""

    HTTP = "http"
    MCP = "mcp"
    PYTHON = "python"
    SHELL = "shell"
    BUILTIN = "builtin"


class McpTransport(StrEnum):
    """How an MCP server is reached; only the operator's own are programs."""

    HTTP = "http"
    STDIO = "stdio"


class ModelProvider(StrEnum):
    """Who serves a language model."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GLM = "glm"
    OPENAI_COMPATIBLE = "openai_compatible"


class AuthMode(StrEnum):
    """How an agent authenticates to its provider."""

    API_KEY = "api_key"
    NONE = "none"


class TriggerType(StrEnum):
    """What started an execution."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"
    EVENT = "event"
    WORKFLOW = "workflow"
    CHAT = "chat"
    DRAFT = "draft"


class ApprovalStatus(StrEnum):
    """Where a question to people stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class ScheduleType(StrEnum):
    """How a schedule names its times."""

    CRON = "cron"
    INTERVAL = "interval"
    DATE = "date"


class Overlap(StrEnum):
    """What a firing does while a run of the same schedule still goes on."""

    SKIP = "skip"
    BUFFER_ONE = "buffer_one"
    BUFFER_ALL = "buffer_all"
    CANCEL_OTHER = "cancel_other"
    ALLOW_ALL = "allow_all"


class FiringCause(StrEnum):
    """Why a trigger fired."""

    SCHEDULE = "schedule"
    BACKFILL = "backfill"
    MANUAL = "manual"
    EVENT = "event"


class FiringStatus(StrEnum):
    """What became of a firing; `skipped` is by `only_if`, `withdrawn` before it could start.

    One that is `waiting` was asked for, and is not to overlap with a run of the same schedule.
    """

    WAITING = "waiting"
    PENDING = "pending"
    STARTED = "started"
    SKIPPED = "skipped"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Verification(StrEnum):
    """How whoever calls a webhook proves to know its secret."""

    HMAC = "hmac"
    GITHUB = "github"
    STRIPE = "stripe"
    SLACK = "slack"
    NONE = "none"


class DeliveryStatus(StrEnum):
    """What became of a call to a webhook."""

    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    REFUSED = "refused"


class NotificationChannel(StrEnum):
    """How people are told."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    SLACK = "slack"
    DISCORD = "discord"


class Occasion(StrEnum):
    """What people are told of."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    APPROVAL = "approval"
    REMINDER = "reminder"


class NoticeStatus(StrEnum):
    """Whether people were told."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class LogLevel(StrEnum):
    """Severity of an execution log line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class OnError(StrEnum):
    """What a node's failure means for the graph."""

    FAIL = "fail"
    CONTINUE = "continue"
    BRANCH = "branch"


class FailureMode(StrEnum):
    """What the first failed node means for the branches still running."""

    FINISH_BRANCHES = "finish_branches"
    FAIL_FAST = "fail_fast"


class ExecutionStatus(StrEnum):
    """Where an execution or a node execution stands; `skipped` is for nodes only."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def is_terminal(self) -> bool:
        """Whether a row with this status never changes again."""
        return self in TERMINAL_STATUSES

    def can_become(self, other: "ExecutionStatus") -> bool:
        """Whether a row may move from this status to `other`: forward only, never out of the end."""
        if self.is_terminal or other is ExecutionStatus.PENDING:
            return False
        return self is not other


TERMINAL_STATUSES = frozenset(
    {
        ExecutionStatus.COMPLETED,
        ExecutionStatus.FAILED,
        ExecutionStatus.CANCELLED,
        ExecutionStatus.SKIPPED,
    }
)
