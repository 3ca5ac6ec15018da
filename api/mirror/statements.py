"""The SQL of the mirror's hot path: an execution is claimed, and any number written, in one trip."""

from collections.abc import Iterable
from dataclasses import fields

from sqlalchemy import ARRAY, Boolean, String, Table, bindparam, make_url, text

from api.mirror.rows import ExecutionRow
from models.approval import Approval
from models.enums import TERMINAL_STATUSES, ApprovalStatus, ExecutionStatus
from models.execution import ExecutionLog, NodeExecution, WorkflowExecution
from models.user import User

EXECUTION_CHANNEL = "pastetrader_execution"
EVENT_CHANNEL = "pastetrader_events"  # a node waits for an event, or one was published
LEASE_SECONDS = 15
LEASE_LOCK = 0x70747264  # first key of the advisory locks that living mirrors hold
LIVE = sorted(set(ExecutionStatus) - TERMINAL_STATUSES)
EXECUTIONS, NODES, LOGS, APPROVALS = (
    WorkflowExecution.metadata.tables[model.__tablename__]
    for model in (WorkflowExecution, NodeExecution, ExecutionLog, Approval)
)
# What a later event may change of a node's row, besides `started_at`; a call that waited is scheduled when it may run.
CHANGING = (
    *("status", "input", "output", "error", "reason", "usage", "ended_at"),
    "scheduled_event_id",
)
_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()


def _rows(parameter: str, table: Table, *more: str) -> str:
    """The rows of a JSON parameter as `r`, typed as the table's columns."""
    columns = [f"{column.name} {column.type.compile(_DIALECT)}" for column in table.columns]
    return f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS r({', '.join([*columns, *more])})"


def _names(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name in columns)


_TIMES = ("created_at", "updated_at", "accepted_at")
_NODE = [column.name for column in NODES.columns if column.name not in _TIMES]
_LOG = [column.name for column in LOGS.columns]
_CHILD = (
    *("id", "workflow_id", "workflow_version", "graph_hash", "trigger_type", "trigger_metadata"),
    *("status", "input", "tags", "temporal_workflow_id", "parent_execution_id", "parent_node_key"),
    "agent_id",
)
_ASKED = (
    "id",
    "execution_id",
    "node_key",
    "path",
    "title",
    "request",
    "created_at",
    "expires_at",
    "form_schema",
    "assignees",
    "required",
)
_ANSWER = ("status", "comment", "decided_at", "decisions", "reminded_at")
# One statement for any number of executions: one round trip, and all of it or nothing.
WRITE = text(
    f"""
    WITH moved AS (
        UPDATE workflow_executions AS e
        SET status = r.status, output = r.output, error = r.error,
            started_at = r.started_at, ended_at = r.ended_at,
            temporal_run_id = r.temporal_run_id, start_input = NULL,
            workflow_version = r.workflow_version, graph_hash = r.graph_hash,
            mirror_cursor = r.mirror_cursor,
            mirror_lease_until = now() + interval '{LEASE_SECONDS} seconds',
            -- Later than the last change, whatever the server's clock does.
            updated_at = greatest(clock_timestamp(), e.updated_at + interval '1 microsecond')
        FROM {_rows("executions", EXECUTIONS, "before jsonb")}
        WHERE e.id = r.id AND (
            :again OR e.mirror_cursor IS NOT DISTINCT FROM r.before AND e.status = ANY(:live)
        )
        RETURNING e.id, e.owner_id, e.created_at, e.updated_at
    ), nodes AS (
        INSERT INTO node_executions ({_names(_NODE)}, updated_at, accepted_at)
        SELECT {_names(_NODE, "r.")}, m.updated_at, m.created_at
        FROM {_rows("nodes", NODES)} JOIN moved AS m ON m.id = r.execution_id
        ON CONFLICT (id, accepted_at) DO UPDATE
        SET updated_at = excluded.updated_at,
            -- History tells when the last attempt began, of one before only who was there to see it.
            started_at = coalesce(excluded.started_at, node_executions.started_at),
            {", ".join(f"{name} = excluded.{name}" for name in CHANGING)}
        WHERE :again OR node_executions.status = ANY(:live)
    ), logs AS (
        INSERT INTO execution_logs ({_names(_LOG)})
        SELECT {_names(_LOG, "r.")}
        FROM {_rows("logs", LOGS)} JOIN moved AS m ON m.id = r.execution_id
        ON CONFLICT DO NOTHING
    ), children AS (
        INSERT INTO workflow_executions ({_names(_CHILD)}, owner_id)
        SELECT {_names(_CHILD, "r.")}, m.owner_id
        FROM {_rows("children", EXECUTIONS)} JOIN moved AS m ON m.id = r.parent_execution_id
        ON CONFLICT DO NOTHING
    ), asked AS (
        INSERT INTO approvals
            ({_names(_ASKED)}, {_names(_ANSWER)}, decided_by, owner_id, updated_at)
        SELECT {_names(_ASKED, "r.")}, {_names(_ANSWER, "r.")},
            -- History may name an account that this database does not have.
            (SELECT u.id FROM {User.__tablename__} AS u WHERE u.id = r.decided_by), m.owner_id, m.updated_at
        FROM {_rows("approvals", APPROVALS)} JOIN moved AS m ON m.id = r.execution_id
        ON CONFLICT (id) DO UPDATE
        SET updated_at = excluded.updated_at, decided_by = excluded.decided_by,
            {", ".join(f"{name} = excluded.{name}" for name in _ANSWER)}
        WHERE :again OR approvals.status = '{ApprovalStatus.PENDING}'
    )
    SELECT id, pg_notify('{EXECUTION_CHANNEL}', CAST(id AS text)) FROM moved
    """  # noqa: S608 - names of our own columns
).bindparams(bindparam("again", type_=Boolean), bindparam("live", LIVE, ARRAY(String)))
STATE = [
    *(EXECUTIONS.c.id, EXECUTIONS.c.temporal_workflow_id, EXECUTIONS.c.mirror_cursor),
    *(EXECUTIONS.c[found.name] for found in fields(ExecutionRow) if found.name != "id"),
]
# A lease counts only as long as its holder lives: living mirrors hold an advisory lock.
CLAIM = text(
    f"""
    UPDATE workflow_executions AS e
    SET mirror_lease_holder = :me, mirror_lease_until = now() + make_interval(secs => :seconds)
    WHERE e.id = :id AND e.status = ANY(:live) AND (
        e.mirror_lease_holder IS NULL OR e.mirror_lease_holder = :me
        OR e.mirror_lease_until < now()
        OR NOT EXISTS (
            SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.classid = :lock
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND l.objid = (
                ('x' || right(e.mirror_lease_holder::text, 8))::bit(32)::int & 2147483647
            )::oid
        )
    )
    RETURNING {_names([column.name for column in STATE], "e.")}
    """  # noqa: S608 - names of our own columns
).columns(*STATE)
