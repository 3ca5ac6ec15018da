"""Messages of agents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ME = "NULLIF(current_setting('pastetrader.user_id', true), '')::uuid"
SECURITY = f"""
DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
    ALTER TABLE agent_messages ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON agent_messages TO pastetrader_app USING (owner_id = {ME});
    GRANT SELECT ON agent_messages TO pastetrader_app;
END IF; END $do$
"""


def upgrade() -> None:
    op.create_table(
        "agent_messages",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=50), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("tool_calls", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("tool_call_id", sa.String(length=200), nullable=True),
        sa.Column("native", postgresql.JSONB(), nullable=True),
        sa.Column("reply", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_agent_messages_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_agent_messages")),
    )
    op.create_index(op.f("ix_agent_messages_owner_id"), "agent_messages", ["owner_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE ON agent_messages EXECUTE FUNCTION refuse_change()"
    )
    op.execute(SECURITY)


def downgrade() -> None:
    op.drop_table("agent_messages")
