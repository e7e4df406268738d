"""Keys of operators, and the one function by which the application lets an operator into a tenant, on record."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0009"
down_revision = "core_0008"


def upgrade() -> None:
    op.create_table(
        "operator_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_operator_key_secret_hash")),
        schema="core",
    )
    for statement in (
        *policies.force("core.operator_key"),
        *policies.open_to(policies.OPERATOR, "core.operator_key", "SELECT, INSERT, UPDATE"),
        f"CREATE POLICY look_up ON core.operator_key FOR SELECT TO {policies.OWNER} USING (true)",
        f"CREATE POLICY entering ON core.platform_entry FOR INSERT TO {policies.OWNER} WITH CHECK (true)",
        _ENTERS,
        "REVOKE ALL ON FUNCTION core.operator_enters(text, uuid, uuid, text, text) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION core.operator_enters(text, uuid, uuid, text, text) TO {policies.APP}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION core.operator_enters(text, uuid, uuid, text, text)")
    op.execute("DROP POLICY entering ON core.platform_entry")
    op.drop_table("operator_key", schema="core")


_ENTERS = """
CREATE FUNCTION core.operator_enters(hash text, entry uuid, wanted uuid, why text, what text)
RETURNS TABLE (operator text)
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$
    WITH known AS (
        SELECT k.operator FROM core.operator_key k
        WHERE k.secret_hash = hash AND k.revoked_at IS NULL AND k.expires_at > now()
    ), noted AS (
        INSERT INTO core.platform_entry (id, at, operator, reason, action, tenant_id, detail)
        SELECT entry, now(), known.operator, why, 'tenant.entered', wanted, jsonb_build_object('request', what)
        FROM known
    )
    SELECT known.operator FROM known
$$
"""
