"""A second factor of accounts: what their phones know, sealed, and the recovery codes, hashed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db.policies import protect

revision = "core_0017"
down_revision = "core_0016"


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("recovery_hashes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_second_factor_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("tenant_id", "account_id", name=op.f("uq_second_factor_tenant_id_account_id")),
        schema="core",
    )
    for statement in protect("core.second_factor"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("second_factor", schema="core")
