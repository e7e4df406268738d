"""Attachments of records: what is known of each file; its content is in the object store."""

import sqlalchemy as sa
from alembic import op

from gonghui.db import policies

revision = "core_0011"
down_revision = "core_0010"


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_attachment_tenant_id_account_id"),
            ondelete="SET NULL (account_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("tenant_id", "object_name", name=op.f("uq_attachment_tenant_id_object_name")),
        schema="core",
    )
    op.create_index(
        "ix_attachment_record", "attachment", ["tenant_id", "record_id", "uploaded_at"], schema="core"
    )
    op.create_index("ix_attachment_removed", "attachment", ["tenant_id", "removed_at"], schema="core")
    for statement in policies.protect("core.attachment"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("attachment", schema="core")
