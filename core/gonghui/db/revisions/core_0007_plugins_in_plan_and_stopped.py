"""A plugin is in the plan of a tenant or not, says why it was stopped and when its data goes; failures are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    op.add_column(
        "plugin_switch",
        sa.Column("is_planned", sa.Boolean(), nullable=False, server_default=sa.true()),
        schema="core",
    )
    op.alter_column("plugin_switch", "is_planned", server_default=None, schema="core")
    op.add_column(
        "plugin_switch",
        sa.Column("stopped_reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        schema="core",
    )
    op.add_column("plugin_switch", sa.Column("purge_on", sa.Date(), nullable=True), schema="core")
    op.create_table(
        "plugin_failure",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_plugin_failure")),
        schema="core",
    )
    for statement in policies.protect("core.plugin_failure"):
        op.execute(statement)
    op.execute(_tenant_at("s.is_on AND s.is_planned"))


def downgrade() -> None:
    op.execute(_tenant_at("s.is_on"))
    op.drop_table("plugin_failure", schema="core")
    for column in ("purge_on", "stopped_reason", "is_planned"):
        op.drop_column("plugin_switch", column, schema="core")


def _tenant_at(is_effective: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION core.tenant_at(wanted text)
RETURNS TABLE (id uuid, code text, name text, jurisdiction text, is_demo boolean, plugins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT t.id, t.code, t.name, t.jurisdiction, t.is_demo,
           ARRAY(
               SELECT s.plugin FROM core.plugin_switch s
               WHERE s.tenant_id = t.id AND {is_effective} ORDER BY s.plugin
           )
    FROM core.tenant_host h JOIN core.tenant t ON t.id = h.tenant_id
    WHERE h.host = wanted
$$
"""  # noqa: S608 - the condition is one of the two above
