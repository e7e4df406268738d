"""Seals over the trail and signed heads, which the application reads and only the sealer writes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0013"
down_revision = "core_0012"


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("tenant_id", "entry_id", name=op.f("uq_audit_seal_tenant_id_entry_id")),
        schema="core",
    )
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_head")),
        schema="core",
    )
    op.create_index(
        "ix_audit_head_seq", "audit_head", ["tenant_id", "seq", "at"], unique=False, schema="core"
    )
    op.create_table(
        "audit_progress",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("holders", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stored_seq", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_progress")),
        schema="core",
    )
    op.create_index("ix_platform_entry_number", "platform_entry", ["number"], unique=False, schema="core")
    for table, privileges in (
        ("audit_seal", policies.APPEND_ONLY),
        ("audit_head", policies.APPEND_ONLY),
        ("audit_progress", "SELECT, INSERT, UPDATE"),
    ):
        _run(policies.protect(f"core.{table}", app=policies.READ_ONLY))
        _run(policies.open_to(policies.SEALER, f"core.{table}", privileges))
    for table in _SEALED:
        _run(policies.open_to(policies.SEALER, f"core.{table}", policies.READ_ONLY))
    _run(policies.open_schema("core", (policies.SEALER,)))


_SEALED = ("audit_entry", "platform_entry")


def downgrade() -> None:
    for table in _SEALED:
        op.execute(f"DROP POLICY sealer ON core.{table}")
        op.execute(f"REVOKE ALL ON core.{table} FROM {policies.SEALER}")
    op.execute(f"REVOKE ALL ON SCHEMA core FROM {policies.SEALER}")
    op.drop_index("ix_platform_entry_number", table_name="platform_entry", schema="core")
    for table in ("audit_progress", "audit_head", "audit_seal"):
        op.drop_table(table, schema="core")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)
