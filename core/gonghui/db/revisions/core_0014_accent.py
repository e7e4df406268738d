"""A tenant has a colour, which every request learns with the tenant."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0014"
down_revision = "core_0013"


def upgrade() -> None:
    op.add_column(
        "tenant", sa.Column("accent", sa.Text(), nullable=False, server_default="red"), schema="core"
    )
    op.alter_column("tenant", "accent", server_default=None, schema="core")
    op.create_check_constraint(
        op.f("ck_tenant_accent"),
        "tenant",
        "accent IN ('red', 'blue', 'green', 'teal', 'purple', 'brown')",
        schema="core",
    )
    _replace_tenant_at(", accent text", ", t.accent")


def downgrade() -> None:
    _replace_tenant_at("", "")
    op.drop_constraint(op.f("ck_tenant_accent"), "tenant", schema="core")
    op.drop_column("tenant", "accent", schema="core")


def _replace_tenant_at(declared: str, selected: str) -> None:
    """The function's columns are its type, so it is made anew, with its rights."""
    op.execute("DROP FUNCTION core.tenant_at(text)")
    op.execute(f"""
CREATE FUNCTION core.tenant_at(wanted text)
RETURNS TABLE (id uuid, code text, name text, jurisdiction text, is_demo boolean, plugins text[]{declared})
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT t.id, t.code, t.name, t.jurisdiction, t.is_demo,
           ARRAY(
               SELECT s.plugin FROM core.plugin_switch s
               WHERE s.tenant_id = t.id AND s.is_on AND s.is_planned ORDER BY s.plugin
           ){selected}
    FROM core.tenant_host h JOIN core.tenant t ON t.id = h.tenant_id
    WHERE h.host = wanted
$$
""")  # noqa: S608 - the columns are one of the two above
    op.execute("REVOKE ALL ON FUNCTION core.tenant_at(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION core.tenant_at(text) TO {policies.APP}")
