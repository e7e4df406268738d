"""A day on which a plugin's rows go, what an idempotency key was used for, and the ways to purge and to erase."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0008"
down_revision = "core_0006"


def upgrade() -> None:
    op.add_column("plugin_switch", sa.Column("purge_on", sa.Date(), nullable=True), schema="core")
    op.add_column("idempotency_key", sa.Column("path", sa.Text(), nullable=True), schema="core")
    # A plugin that is purged takes the figures along that were decided for it.
    op.execute(f"GRANT DELETE ON core.parameter_override TO {policies.APP}")
    # The application changes nothing in the trail; payloads go by this function alone, and only whole.
    op.execute(
        f"CREATE POLICY eraser ON core.audit_payload TO {policies.OWNER} "
        f"USING (tenant_id = {policies.CURRENT_TENANT})"
    )
    op.execute(_ERASE_PAYLOADS)
    op.execute("REVOKE ALL ON FUNCTION core.erase_payloads(uuid[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION core.erase_payloads(uuid[]) TO {policies.APP}")


_ERASE_PAYLOADS = """
CREATE FUNCTION core.erase_payloads(entries uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$
    WITH gone AS (
        DELETE FROM core.audit_payload
        WHERE tenant_id = current_setting('app.tenant_id')::uuid AND entry_id = ANY(entries)
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$
"""


def downgrade() -> None:
    op.execute("DROP FUNCTION core.erase_payloads(uuid[])")
    op.execute("DROP POLICY eraser ON core.audit_payload")
    op.execute(f"REVOKE DELETE ON core.parameter_override FROM {policies.APP}")
    op.drop_column("idempotency_key", "path", schema="core")
    op.drop_column("plugin_switch", "purge_on", schema="core")
