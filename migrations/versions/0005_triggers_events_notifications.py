"""Triggers with their firings and deliveries, events, notifications, more than one decision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ME = "NULLIF(current_setting('pastetrader.user_id', true), '')::uuid"
OWNED = ("events", "notifications", "triggers", "notices", "trigger_firings", "webhook_deliveries")
POLICIES = "\n    ".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    f" CREATE POLICY mine ON {table} TO pastetrader_app USING (owner_id = {ME});"
    for table in OWNED
)
MINE = f"EXISTS (SELECT FROM users u WHERE u.id = {ME} AND assignees ?| ARRAY[u.email::text, 'role:' || u.role])"
MY_APPROVAL = "EXISTS (SELECT FROM approvals a WHERE a.id = approval_id)"
MY_EVENT = "EXISTS (SELECT FROM events e WHERE e.id = event_deliveries.event_id)"
MY_TRIGGER = "EXISTS (SELECT FROM triggers t WHERE t.id = trigger_id)"
SECURITY = f"""
DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
    {POLICIES}
    CREATE POLICY assigned ON approvals FOR SELECT TO pastetrader_app USING ({MINE});
    ALTER TABLE approval_links ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON approval_links TO pastetrader_app USING ({MY_APPROVAL});
    ALTER TABLE event_deliveries ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON event_deliveries TO pastetrader_app USING ({MY_EVENT});
    ALTER TABLE hook_clocks ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON hook_clocks TO pastetrader_app USING ({MY_TRIGGER});
    GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(OWNED)}, approval_links, event_deliveries,
        hook_clocks TO pastetrader_app;
END IF; END $do$
"""
# What ended before anybody could ask to be told of it is not told now.
TOLD = (
    "UPDATE workflow_executions SET announced_at = ended_at WHERE ended_at IS NOT NULL",
    "UPDATE approvals SET announced_at = created_at",
)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("correlation_key", sa.String(length=255), server_default="", nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_events_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("owner_id", "event_id", name=op.f("uq_events_owner_id_event_id")),
    )
    op.create_index(
        op.f("ix_events_owner_id_name_correlation_key_received_at"),
        "events",
        ["owner_id", "name", "correlation_key", "received_at"],
        unique=False,
    )
    op.create_index(op.f("ix_events_received_at"), "events", ["received_at"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("occasions", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("config", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
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
        sa.CheckConstraint(
            "channel IN ('webhook', 'email', 'slack', 'discord')",
            name=op.f("ck_notifications_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_notifications_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_notifications_workflow_id_workflows")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_owner_id"), "notifications", ["owner_id"], unique=False)
    op.create_index(
        op.f("ix_notifications_workflow_id"), "notifications", ["workflow_id"], unique=False
    )
    op.create_table(
        "triggers",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("trigger_type", sa.String(length=50), nullable=False),
        sa.Column("config", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("temporal_schedule_id", sa.String(length=255), nullable=True),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
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
            "trigger_type IN ('manual', 'schedule', 'webhook', 'event', 'workflow', 'chat', 'draft')",
            name=op.f("ck_triggers_trigger_type"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_triggers_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_triggers_workflow_id_workflows")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
    )
    op.create_index(
        "ix_triggers_event",
        "triggers",
        ["owner_id", sa.literal_column("(config ->> 'event')")],
        unique=False,
    )
    op.create_index(op.f("ix_triggers_owner_id"), "triggers", ["owner_id"], unique=False)
    op.create_index(op.f("ix_triggers_workflow_id"), "triggers", ["workflow_id"], unique=False)
    op.create_table(
        "event_deliveries",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("node_key", sa.String(length=63), nullable=False),
        sa.Column("path", sa.String(length=200), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
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
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_deliveries_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["workflow_executions.id"],
            name=op.f("fk_event_deliveries_execution_id_workflow_executions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_deliveries")),
        sa.UniqueConstraint(
            "execution_id",
            "node_key",
            "path",
            name=op.f("uq_event_deliveries_execution_id_node_key_path"),
        ),
        sa.UniqueConstraint(
            "event_id", "execution_id", name=op.f("uq_event_deliveries_event_id_execution_id")
        ),
    )
    op.create_index(
        "ix_event_deliveries_unsent",
        "event_deliveries",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "hook_clocks",
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_hook_clocks_trigger_id_triggers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trigger_id", name=op.f("pk_hook_clocks")),
    )
    op.create_table(
        "notices",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("occasion", sa.String(length=50), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
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
            "occasion IN ('completed', 'failed', 'cancelled', 'approval', 'reminder')",
            name=op.f("ck_notices_occasion"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'sent', 'failed')", name=op.f("ck_notices_status")
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["workflow_executions.id"],
            name=op.f("fk_notices_execution_id_workflow_executions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notices_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_notices_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("notification_id", "key", name=op.f("uq_notices_notification_id_key")),
    )
    op.create_index(op.f("ix_notices_execution_id"), "notices", ["execution_id"], unique=False)
    op.create_index(
        op.f("ix_notices_notification_id_created_at"),
        "notices",
        ["notification_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_notices_unsent",
        "notices",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "trigger_firings",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("cause", sa.String(length=50), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", postgresql.JSONB(), nullable=True),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("temporal_run_id", sa.String(length=64), nullable=True),
        sa.Column("temporal_workflow_id", sa.String(length=255), nullable=True),
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
            "cause IN ('schedule', 'backfill', 'manual', 'event')",
            name=op.f("ck_trigger_firings_cause"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'pending', 'started', 'skipped', 'refused', 'withdrawn')",
            name=op.f("ck_trigger_firings_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_trigger_firings_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_trigger_firings_trigger_id_triggers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_firings")),
        sa.UniqueConstraint("trigger_id", "key", name=op.f("uq_trigger_firings_trigger_id_key")),
    )
    op.create_index(
        "ix_trigger_firings_pending",
        "trigger_firings",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'pending')"),
    )
    op.create_index(
        op.f("ix_trigger_firings_trigger_id_scheduled_at"),
        "trigger_firings",
        ["trigger_id", "scheduled_at"],
        unique=False,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.String(length=255), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=True),
        sa.Column("content_type", sa.String(length=255), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
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
            "status IN ('accepted', 'skipped', 'refused')",
            name=op.f("ck_webhook_deliveries_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_webhook_deliveries_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_webhook_deliveries_trigger_id_triggers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "trigger_id", "delivery_id", name=op.f("uq_webhook_deliveries_trigger_id_delivery_id")
        ),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_execution_id"),
        "webhook_deliveries",
        ["execution_id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_deliveries_refused",
        "webhook_deliveries",
        ["trigger_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("status = 'refused'"),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_trigger_id_received_at"),
        "webhook_deliveries",
        ["trigger_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "approval_links",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
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
            ["approval_id"],
            ["approvals.id"],
            name=op.f("fk_approval_links_approval_id_approvals"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_approval_links_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_approval_links_token_hash")),
    )
    op.create_index(
        op.f("ix_approval_links_approval_id"), "approval_links", ["approval_id"], unique=False
    )
    op.add_column(
        "approvals",
        sa.Column(
            "decisions",
            postgresql.JSONB(none_as_null=True),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("approvals", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("approvals", sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_approvals_status_created_at"),
        "approvals",
        ["status", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_approvals_unannounced",
        "approvals",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("announced_at IS NULL OR announced_at < reminded_at"),
    )
    op.create_index(
        "ix_node_executions_awaited",
        "node_executions",
        [sa.literal_column("(output ->> 'event')"), sa.literal_column("(output ->> 'key')")],
        unique=False,
        postgresql_where=sa.text("status = 'waiting' AND node_type = 'event'"),
    )
    op.add_column(
        "workflow_executions", sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_workflow_executions_unannounced",
        "workflow_executions",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL AND announced_at IS NULL"),
    )
    for statement in TOLD:
        op.execute(statement)
    op.execute(SECURITY)


def downgrade() -> None:
    op.execute("DROP POLICY IF EXISTS assigned ON approvals")
    op.drop_index(
        "ix_workflow_executions_unannounced",
        table_name="workflow_executions",
        postgresql_where=sa.text("ended_at IS NOT NULL AND announced_at IS NULL"),
    )
    op.drop_column("workflow_executions", "announced_at")
    op.drop_index(
        "ix_node_executions_awaited",
        table_name="node_executions",
        postgresql_where=sa.text("status = 'waiting' AND node_type = 'event'"),
    )
    op.drop_index(op.f("ix_approvals_status_created_at"), table_name="approvals")
    op.drop_index(
        "ix_approvals_unannounced",
        table_name="approvals",
        postgresql_where=sa.text("announced_at IS NULL OR announced_at < reminded_at"),
    )
    op.drop_column("approvals", "announced_at")
    op.drop_column("approvals", "reminded_at")
    op.drop_column("approvals", "decisions")
    op.drop_index(op.f("ix_approval_links_approval_id"), table_name="approval_links")
    op.drop_table("approval_links")
    op.drop_index(
        op.f("ix_webhook_deliveries_trigger_id_received_at"), table_name="webhook_deliveries"
    )
    op.drop_index(
        "ix_webhook_deliveries_refused",
        table_name="webhook_deliveries",
        postgresql_where=sa.text("status = 'refused'"),
    )
    op.drop_index(op.f("ix_webhook_deliveries_execution_id"), table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_index(op.f("ix_trigger_firings_trigger_id_scheduled_at"), table_name="trigger_firings")
    op.drop_index(
        "ix_trigger_firings_pending",
        table_name="trigger_firings",
        postgresql_where=sa.text("status IN ('waiting', 'pending')"),
    )
    op.drop_table("trigger_firings")
    op.drop_index(
        "ix_notices_unsent", table_name="notices", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_index(op.f("ix_notices_notification_id_created_at"), table_name="notices")
    op.drop_index(op.f("ix_notices_execution_id"), table_name="notices")
    op.drop_table("notices")
    op.drop_table("hook_clocks")
    op.drop_index(
        "ix_event_deliveries_unsent",
        table_name="event_deliveries",
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.drop_table("event_deliveries")
    op.drop_index(op.f("ix_triggers_workflow_id"), table_name="triggers")
    op.drop_index(op.f("ix_triggers_owner_id"), table_name="triggers")
    op.drop_index("ix_triggers_event", table_name="triggers")
    op.drop_table("triggers")
    op.drop_index(op.f("ix_notifications_workflow_id"), table_name="notifications")
    op.drop_index(op.f("ix_notifications_owner_id"), table_name="notifications")
    op.drop_table("notifications")
    op.drop_index(op.f("ix_events_received_at"), table_name="events")
    op.drop_index(op.f("ix_events_owner_id_name_correlation_key_received_at"), table_name="events")
    op.drop_table("events")
