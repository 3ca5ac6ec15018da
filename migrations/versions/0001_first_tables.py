"""The first tables: accounts, workflows, tools, executions, logs, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LOG_PARTITIONS = """
CREATE FUNCTION ensure_execution_log_partitions(ahead integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date;
    name text;
BEGIN
    FOR step IN 0..ahead LOOP
        first := date_trunc('month', now() AT TIME ZONE 'UTC')::date + make_interval(months => step);
        name := 'execution_logs_' || to_char(first, 'YYYY_MM');
        IF to_regclass(name) IS NULL AND NOT EXISTS (
            SELECT FROM execution_logs_default
            WHERE timestamp >= first AT TIME ZONE 'UTC'
              AND timestamp < (first + interval '1 month') AT TIME ZONE 'UTC'
        ) THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF execution_logs FOR VALUES FROM (%L) TO (%L)',
                name, first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
            );
        END IF;
    END LOOP;
END $$
"""
# The role that requests act as: row-level security lets it see its account's rows only. Made where
# the database's user may make roles; elsewhere the owner filter in the queries stands alone.
ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
        CREATE ROLE pastetrader_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT pastetrader_app TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'no right to create roles: row-level security is left out';
END $$
"""
ME = "NULLIF(current_setting('pastetrader.user_id', true), '')::uuid"
MINE = {
    "workflows": f"owner_id = {ME}",
    "nodes": "EXISTS (SELECT FROM workflows w WHERE w.id = workflow_id)",
    "edges": "EXISTS (SELECT FROM workflows w WHERE w.id = workflow_id)",
    "workflow_versions": "EXISTS (SELECT FROM workflows w WHERE w.id = workflow_id)",
    "tools": f"owner_id = {ME}",
    "workflow_executions": f"owner_id = {ME}",
    "node_executions": "EXISTS (SELECT FROM workflow_executions e WHERE e.id = execution_id)",
    "execution_logs": "EXISTS (SELECT FROM workflow_executions e WHERE e.id = execution_id)",
    "api_keys": f"user_id = {ME}",
    "refresh_tokens": f"user_id = {ME}",
}


def _secure_rows() -> None:
    statements = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in MINE]
    for table, mine in MINE.items():
        statements.append(f"CREATE POLICY mine ON {table} TO pastetrader_app USING ({mine})")
        statements.append(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO pastetrader_app")
    statements += [
        "CREATE POLICY public ON tools FOR SELECT TO pastetrader_app USING (is_public)",
        "GRANT SELECT, INSERT, UPDATE ON users TO pastetrader_app",
        "GRANT SELECT, INSERT ON audit_log TO pastetrader_app",
    ]
    body = "; ".join(statements)
    op.execute(ROLE)
    op.execute(
        "DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') "
        f"THEN {body}; END IF; END $do$"
    )


APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("resource", sa.String(length=300), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ip", sa.String(length=64), nullable=True),
        sa.Column(
            "detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_table(
        "execution_logs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("node_execution_id", sa.Uuid(), nullable=True),
        sa.Column("node_key", sa.String(length=63), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=50), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "level IN ('debug', 'info', 'warning', 'error')", name=op.f("ck_execution_logs_level")
        ),
        sa.PrimaryKeyConstraint("id", "timestamp", name=op.f("pk_execution_logs")),
        postgresql_partition_by="RANGE (timestamp)",
    )
    op.create_index(
        "ix_execution_logs_execution_id_timestamp",
        "execution_logs",
        ["execution_id", "timestamp"],
        unique=False,
    )
    op.create_table(
        "users",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("hashed_password", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=50), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'editor', 'viewer')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_email_live",
        "users",
        ["email"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "api_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "scopes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_refresh_tokens_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    op.create_index(op.f("ix_refresh_tokens_family"), "refresh_tokens", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_tokens_user_id"), "refresh_tokens", ["user_id"], unique=False)
    op.create_table(
        "tools",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tool_type", sa.String(length=50), nullable=False),
        sa.Column(
            "config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "input_schema",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "output_schema",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "auth", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "rate_limit", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "tool_type IN ('http', 'mcp', 'python', 'shell', 'builtin')",
            name=op.f("ck_tools_tool_type"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_tools_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tools")),
    )
    op.create_index(op.f("ix_tools_owner_id"), "tools", ["owner_id"], unique=False)
    op.create_index(
        "uq_tools_owner_id_name_live",
        "tools",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "workflows",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "variables", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_workflows_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflows")),
    )
    op.create_index(op.f("ix_workflows_owner_id"), "workflows", ["owner_id"], unique=False)
    op.create_index(
        "uq_workflows_owner_id_name_live",
        "workflows",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "edges",
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=63), nullable=False),
        sa.Column("target", sa.String(length=63), nullable=False),
        sa.Column("source_handle", sa.String(length=100), nullable=True),
        sa.Column("target_handle", sa.String(length=100), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("source <> target", name=op.f("ck_edges_no_self_loop")),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_edges_workflow_id_workflows"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workflow_id", "id", name=op.f("pk_edges")),
        sa.UniqueConstraint(
            "workflow_id",
            "source",
            "target",
            "source_handle",
            "target_handle",
            name="uq_edges_ends",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "nodes",
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_nodes_workflow_id_workflows"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workflow_id", "id", name=op.f("pk_nodes")),
        sa.UniqueConstraint("workflow_id", "key", name=op.f("uq_nodes_workflow_id_key")),
    )
    op.create_table(
        "workflow_executions",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_version", sa.Integer(), nullable=False),
        sa.Column("graph_hash", sa.String(length=64), nullable=False),
        sa.Column("trigger_type", sa.String(length=50), nullable=False),
        sa.Column(
            "trigger_metadata",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("input", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("output", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("temporal_workflow_id", sa.String(length=255), nullable=False),
        sa.Column("temporal_run_id", sa.String(length=64), nullable=True),
        sa.Column("parent_execution_id", sa.Uuid(), nullable=True),
        sa.Column("parent_node_key", sa.String(length=200), nullable=True),
        sa.Column("retry_of", sa.Uuid(), nullable=True),
        sa.Column(
            "tags", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "start_input", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "mirror_cursor",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("mirror_lease_holder", sa.Uuid(), nullable=True),
        sa.Column("mirror_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'skipped')",
            name=op.f("ck_workflow_executions_status"),
        ),
        sa.CheckConstraint(
            "trigger_type IN ('manual', 'schedule', 'webhook', 'event', 'workflow')",
            name=op.f("ck_workflow_executions_trigger_type"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_workflow_executions_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_workflow_executions_workflow_id_workflows"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_executions")),
        sa.UniqueConstraint(
            "temporal_workflow_id", name=op.f("uq_workflow_executions_temporal_workflow_id")
        ),
        sa.UniqueConstraint(
            "workflow_id",
            "idempotency_key",
            name=op.f("uq_workflow_executions_workflow_id_idempotency_key"),
        ),
    )
    op.create_index(
        "ix_workflow_executions_live",
        "workflow_executions",
        ["status"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'running', 'waiting', 'paused')"),
    )
    op.create_index(
        "ix_workflow_executions_owner_id_created_at",
        "workflow_executions",
        ["owner_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_workflow_executions_parent_execution_id"),
        "workflow_executions",
        ["parent_execution_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_workflow_executions_retry_of"), "workflow_executions", ["retry_of"], unique=False
    )
    op.create_index(
        "ix_workflow_executions_tags",
        "workflow_executions",
        ["tags"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_workflow_executions_workflow_id"),
        "workflow_executions",
        ["workflow_id"],
        unique=False,
    )
    op.create_table(
        "workflow_versions",
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("graph", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("graph_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_workflow_versions_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_workflow_versions_workflow_id_workflows"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_versions")),
        sa.UniqueConstraint(
            "workflow_id", "version", name=op.f("uq_workflow_versions_workflow_id_version")
        ),
    )
    op.create_table(
        "node_executions",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("node_key", sa.String(length=63), nullable=False),
        sa.Column("node_type", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("input", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("output", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "usage", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("scheduled_event_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "node_type IN ('trigger', 'tool', 'agent', 'condition', 'adapter', 'parallel', 'loop', 'aggregator', 'delay', 'approval', 'event', 'workflow')",
            name=op.f("ck_node_executions_node_type"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'skipped')",
            name=op.f("ck_node_executions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["workflow_executions.id"],
            name=op.f("fk_node_executions_execution_id_workflow_executions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_executions")),
        sa.UniqueConstraint(
            "execution_id",
            "node_key",
            "path",
            "run_id",
            "scheduled_event_id",
            "attempt",
            name="uq_node_executions_attempt",
        ),
    )
    op.create_index(
        "ix_node_executions_waiting_until",
        "node_executions",
        [sa.literal_column("(output ->> 'until')")],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.execute("CREATE TABLE execution_logs_default PARTITION OF execution_logs DEFAULT")
    op.execute(LOG_PARTITIONS)
    op.execute("SELECT ensure_execution_log_partitions(2)")
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "EXECUTE FUNCTION refuse_change()"
    )
    _secure_rows()


def downgrade() -> None:
    # The role stays: it belongs to the whole server.
    op.execute("DROP POLICY IF EXISTS public ON tools")
    for table in MINE:
        op.execute(f"DROP POLICY IF EXISTS mine ON {table}")
    op.execute("DROP TRIGGER append_only ON audit_log")
    op.execute("DROP FUNCTION refuse_change")
    op.execute("DROP FUNCTION ensure_execution_log_partitions")
    op.drop_index(
        "ix_node_executions_waiting_until",
        table_name="node_executions",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_table("node_executions")
    op.drop_table("workflow_versions")
    op.drop_index(op.f("ix_workflow_executions_workflow_id"), table_name="workflow_executions")
    op.drop_index(
        "ix_workflow_executions_tags", table_name="workflow_executions", postgresql_using="gin"
    )
    op.drop_index(op.f("ix_workflow_executions_retry_of"), table_name="workflow_executions")
    op.drop_index(
        op.f("ix_workflow_executions_parent_execution_id"), table_name="workflow_executions"
    )
    op.drop_index("ix_workflow_executions_owner_id_created_at", table_name="workflow_executions")
    op.drop_index(
        "ix_workflow_executions_live",
        table_name="workflow_executions",
        postgresql_where=sa.text("status IN ('pending', 'running', 'waiting', 'paused')"),
    )
    op.drop_table("workflow_executions")
    op.drop_table("nodes")
    op.drop_table("edges")
    op.drop_index(
        "uq_workflows_owner_id_name_live",
        table_name="workflows",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_workflows_owner_id"), table_name="workflows")
    op.drop_table("workflows")
    op.drop_index(
        "uq_tools_owner_id_name_live",
        table_name="tools",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_tools_owner_id"), table_name="tools")
    op.drop_table("tools")
    op.drop_index(op.f("ix_refresh_tokens_user_id"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_refresh_tokens_family"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index(op.f("ix_api_keys_user_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index(
        "uq_users_email_live", table_name="users", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("users")
    op.drop_index("ix_execution_logs_execution_id_timestamp", table_name="execution_logs")
    op.drop_table("execution_logs")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_table("audit_log")
