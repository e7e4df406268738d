"""What an idempotency key was used for, and the ways to purge and to erase."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    op.add_column("idempotency_key", sa.Column("path", sa.Text(), nullable=True), schema="core")
    # The application deletes neither what the trail holds nor what a federation has decided. Payloads go by one
    # function, and only whole; figures by another, with a plugin that is off.
    for table in _TABLES:
        op.execute(
            f"CREATE POLICY eraser ON core.{table} TO {policies.OWNER} "
            f"USING (tenant_id = {policies.CURRENT_TENANT})"
        )
    op.execute(_ERASE_PAYLOADS)
    op.execute(_PURGE_OVERRIDES)
    for function in _FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION core.{function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION core.{function} TO {policies.APP}")


_TABLES = ("audit_payload", "parameter_override")
_FUNCTIONS = ("erase_payloads(uuid[])", "purge_overrides(text)")


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

_PURGE_OVERRIDES = """
CREATE FUNCTION core.purge_overrides(of_plugin text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$
    WITH gone AS (
        DELETE FROM core.parameter_override p
        WHERE p.tenant_id = current_setting('app.tenant_id')::uuid AND p.code ^@ (of_plugin || '.')
          AND NOT EXISTS (
            SELECT FROM core.plugin_switch s
            WHERE s.tenant_id = p.tenant_id AND s.plugin = of_plugin AND s.is_on
          )
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$
"""


def downgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION core.{function}")
    for table in _TABLES:
        op.execute(f"DROP POLICY eraser ON core.{table}")
    op.drop_column("idempotency_key", "path", schema="core")
