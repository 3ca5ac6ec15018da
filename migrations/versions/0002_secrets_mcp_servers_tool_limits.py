"""Secrets, MCP servers, tool limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


ME = "NULLIF(current_setting('pastetrader.user_id', true), '')::uuid"
SECURITY = f"""
DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pastetrader_app') THEN
    ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
    ALTER TABLE mcp_servers ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON secrets TO pastetrader_app USING (owner_id = {ME});
    CREATE POLICY mine ON mcp_servers TO pastetrader_app USING (owner_id = {ME});
    CREATE POLICY operator ON mcp_servers FOR SELECT TO pastetrader_app USING (owner_id IS NULL);
    GRANT SELECT, INSERT, UPDATE, DELETE ON secrets, mcp_servers TO pastetrader_app;
END IF; END $do$
"""


def upgrade() -> None:
    op.create_table('mcp_servers',
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('transport', sa.String(length=50), nullable=False),
    sa.Column('url', sa.String(length=8192), nullable=True),
    sa.Column('headers', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('tools', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('error', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("transport IN ('http', 'stdio')", name=op.f('ck_mcp_servers_transport')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_mcp_servers_owner_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mcp_servers')),
    sa.UniqueConstraint('owner_id', 'name', name=op.f('uq_mcp_servers_owner_id_name'), postgresql_nulls_not_distinct=True)
    )
    op.create_table('secrets',
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('description', sa.String(length=1000), nullable=True),
    sa.Column('ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('wrapped_key', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.String(length=32), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_secrets_owner_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_secrets')),
    sa.UniqueConstraint('owner_id', 'name', name=op.f('uq_secrets_owner_id_name'))
    )
    op.create_index(op.f('ix_secrets_key_id'), 'secrets', ['key_id'], unique=False)
    op.create_table('tool_clocks',
    sa.Column('tool_id', sa.Uuid(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tool_id'], ['tools.id'], name=op.f('fk_tool_clocks_tool_id_tools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tool_id', name=op.f('pk_tool_clocks'))
    )
    op.create_table('tool_leases',
    sa.Column('tool_id', sa.Uuid(), nullable=False),
    sa.Column('holder', sa.String(length=500), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['tool_id'], ['tools.id'], name=op.f('fk_tool_leases_tool_id_tools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tool_leases')),
    sa.UniqueConstraint('tool_id', 'holder', name=op.f('uq_tool_leases_tool_id_holder'))
    )
    op.execute(SECURITY)


def downgrade() -> None:
    op.drop_table('tool_leases')
    op.drop_table('tool_clocks')
    op.drop_index(op.f('ix_secrets_key_id'), table_name='secrets')
    op.drop_table('secrets')
    op.drop_table('mcp_servers')
