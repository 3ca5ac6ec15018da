"""Registered agents, decisions of people, and runs without a workflow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True)
ME = "NULLIF(current_setting('pastetrader.user_id', true), '')::uuid"
MY_TOOLS = f"EXISTS (SELECT FROM agents a WHERE a.id = agent_id AND a.owner_id = {ME})"
SECURITY = f"""
DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
    ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
    ALTER TABLE agent_tools ENABLE ROW LEVEL SECURITY;
    ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON agents TO pastetrader_app USING (owner_id = {ME});
    CREATE POLICY public ON agents FOR SELECT TO pastetrader_app USING (is_public);
    CREATE POLICY mine ON agent_tools TO pastetrader_app USING ({MY_TOOLS});
    CREATE POLICY public ON agent_tools FOR SELECT TO pastetrader_app
        USING (EXISTS (SELECT FROM agents a WHERE a.id = agent_id AND a.is_public));
    CREATE POLICY mine ON approvals TO pastetrader_app USING (owner_id = {ME});
    GRANT SELECT, INSERT, UPDATE, DELETE ON agents, agent_tools, approvals TO pastetrader_app;
END IF; END $do$
"""


def _times() -> list[sa.Column[object]]:
    return [
        sa.Column(
            name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        )
        for name in ("created_at", "updated_at")
    ]


def _create_agents() -> None:
    op.create_table(
        "agents",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("model_provider", sa.String(length=50), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("base_url", sa.String(length=8192), nullable=True),
        sa.Column("auth_mode", sa.String(length=50), nullable=True),
        sa.Column("api_key", sa.Text(), nullable=True),
        sa.Column("system_prompt", sa.Text(), nullable=True),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("memory", sa.String(length=50), nullable=False),
        sa.Column("window", sa.Integer(), nullable=True),
        sa.Column("output_schema", JSON, nullable=True),
        sa.Column("budgets", JSON, nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_times(),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "model_provider IN ('openai', 'anthropic', 'glm', 'openai_compatible')",
            name=op.f("ck_agents_model_provider"),
        ),
        sa.CheckConstraint("auth_mode IN ('api_key', 'none')", name=op.f("ck_agents_auth_mode")),
        sa.CheckConstraint(
            "memory IN ('window', 'summary', 'none')", name=op.f("ck_agents_memory")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_agents_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_index(op.f("ix_agents_owner_id"), "agents", ["owner_id"])
    op.create_index(
        "uq_agents_owner_id_name_live",
        "agents",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "agent_tools",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_agent_tools_agent_id_agents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent_id", "name", name=op.f("pk_agent_tools")),
    )


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("node_key", sa.String(length=63), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("form_schema", JSON, nullable=True),
        sa.Column("assignees", JSON, nullable=False),
        sa.Column("required", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_times(),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'rejected', 'expired', 'cancelled')",
            name=op.f("ck_approvals_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_approvals_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["workflow_executions.id"],
            name=op.f("fk_approvals_execution_id_workflow_executions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_approvals_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(
        op.f("ix_approvals_owner_id_status_created_at"),
        "approvals",
        ["owner_id", "status", "created_at"],
    )
    op.create_index(op.f("ix_approvals_execution_id"), "approvals", ["execution_id"])


def _limit_triggers(*names: str) -> None:
    values = ", ".join(f"'{name}'" for name in names)
    name = op.f("ck_workflow_executions_trigger_type")
    op.drop_constraint(name, "workflow_executions", type_="check")
    op.create_check_constraint(name, "workflow_executions", f"trigger_type IN ({values})")


def upgrade() -> None:
    _create_agents()
    op.add_column("workflow_executions", sa.Column("agent_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_workflow_executions_agent_id_agents"),
        "workflow_executions",
        "agents",
        ["agent_id"],
        ["id"],
    )
    op.create_index(op.f("ix_workflow_executions_agent_id"), "workflow_executions", ["agent_id"])
    op.alter_column("workflow_executions", "workflow_id", nullable=True)
    _limit_triggers("manual", "schedule", "webhook", "event", "workflow", "chat", "draft")
    _create_approvals()
    op.execute(SECURITY)


def downgrade() -> None:
    op.drop_table("approvals")
    op.execute(
        "DELETE FROM workflow_executions "
        "WHERE workflow_id IS NULL OR trigger_type IN ('chat', 'draft')"
    )
    _limit_triggers("manual", "schedule", "webhook", "event", "workflow")
    op.alter_column("workflow_executions", "workflow_id", nullable=False)
    op.drop_index(op.f("ix_workflow_executions_agent_id"), table_name="workflow_executions")
    op.drop_column("workflow_executions", "agent_id")
    op.drop_table("agent_tools")
    op.drop_table("agents")
