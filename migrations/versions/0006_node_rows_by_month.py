"""Node rows in a partition for each month in which their runs were accepted."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# All rows of a run share its month, so that old runs go by dropping whole partitions.
PARTITIONS = """
CREATE FUNCTION ensure_node_execution_partitions(since timestamptz, ahead integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', least(since, now()) AT TIME ZONE 'UTC')::date;
    last date := date_trunc('month', now() AT TIME ZONE 'UTC')::date + make_interval(months => ahead);
    name text;
BEGIN
    WHILE first <= last LOOP
        name := 'node_executions_' || to_char(first, 'YYYY_MM');
        IF to_regclass(name) IS NULL AND NOT EXISTS (
            SELECT FROM node_executions_default
            WHERE accepted_at >= first AT TIME ZONE 'UTC'
              AND accepted_at < (first + interval '1 month') AT TIME ZONE 'UTC'
        ) THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF node_executions FOR VALUES FROM (%L) TO (%L)',
                name, first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
            );
        END IF;
        first := (first + interval '1 month')::date;
    END LOOP;
END $$
"""
KEYS = """
ALTER TABLE node_executions
    ADD CONSTRAINT pk_node_executions PRIMARY KEY ({key}),
    ADD CONSTRAINT uq_node_executions_attempt
        UNIQUE (execution_id, node_key, path, run_id, scheduled_event_id, attempt{more}),
    ADD CONSTRAINT fk_node_executions_execution_id_workflow_executions
        FOREIGN KEY (execution_id) REFERENCES workflow_executions (id) ON DELETE CASCADE
"""
INDEXES = (
    "CREATE INDEX ix_node_executions_waiting_until ON node_executions ((output ->> 'until')) "
    "WHERE status = 'waiting'",
    "CREATE INDEX ix_node_executions_awaited ON node_executions "
    "((output ->> 'event'), (output ->> 'key')) WHERE status = 'waiting' AND node_type = 'event'",
)
SECURITY = """
DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
    ALTER TABLE node_executions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON node_executions TO pastetrader_app
        USING (EXISTS (SELECT FROM workflow_executions e WHERE e.id = execution_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON node_executions TO pastetrader_app;
END IF; END $do$
"""


def _finish(key: str, more: str) -> None:
    op.execute("DROP TABLE node_executions")
    op.execute("ALTER TABLE node_executions_moved RENAME TO node_executions")
    op.execute(KEYS.format(key=key, more=more))
    for index in INDEXES:
        op.execute(index)
    op.execute(SECURITY)


def upgrade() -> None:
    op.execute(
        "CREATE TABLE node_executions_moved (LIKE node_executions INCLUDING DEFAULTS"
        " INCLUDING CONSTRAINTS, accepted_at timestamptz NOT NULL) PARTITION BY RANGE (accepted_at)"
    )
    op.execute(
        "CREATE TABLE node_executions_default PARTITION OF node_executions_moved DEFAULT"
    )
    op.execute(PARTITIONS.replace("OF node_executions ", "OF node_executions_moved "))
    op.execute(
        "SELECT ensure_node_execution_partitions(coalesce(min(created_at), now()), 2)"
        " FROM workflow_executions"
    )
    op.execute(
        "INSERT INTO node_executions_moved SELECT n.*, e.created_at"
        " FROM node_executions AS n JOIN workflow_executions AS e ON e.id = n.execution_id"
    )
    _finish("id, accepted_at", ", accepted_at")
    op.execute("DROP FUNCTION ensure_node_execution_partitions")
    op.execute(PARTITIONS)


def downgrade() -> None:
    op.execute("DROP FUNCTION ensure_node_execution_partitions")
    op.execute(
        "CREATE TABLE node_executions_moved"
        " (LIKE node_executions INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    )
    op.execute("INSERT INTO node_executions_moved SELECT * FROM node_executions")
    op.execute("ALTER TABLE node_executions_moved DROP COLUMN accepted_at")
    _finish("id", "")
