"""Record shares."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0004"
down_revision = "core_0003"


def upgrade() -> None:
    op.create_table(
        "record_share",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_record_share_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_record_share")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "record_id",
            "permission",
            name=op.f("uq_record_share_tenant_id_account_id_record_id_permission"),
        ),
        schema="core",
    )
    op.create_index(
        "ix_record_share_record", "record_share", ["tenant_id", "record_id"], unique=False, schema="core"
    )
    for statement in policies.protect("core.record_share"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_record_share_record", table_name="record_share", schema="core")
    op.drop_table("record_share", schema="core")
