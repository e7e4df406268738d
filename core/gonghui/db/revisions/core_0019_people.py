"""Deputies, what a federation left out of a role, and codes by which accounts are opened."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db.policies import protect

revision = "core_0019"
down_revision = "core_0018"


def upgrade() -> None:
    op.add_column("role_assignment", sa.Column("deputy_for_id", sa.Uuid(), nullable=True), schema="core")
    op.create_foreign_key(
        op.f("fk_role_assignment_tenant_id_deputy_for_id"),
        "role_assignment",
        "account",
        ["tenant_id", "deputy_for_id"],
        ["tenant_id", "id"],
        source_schema="core",
        referent_schema="core",
        ondelete="RESTRICT",
    )
    op.add_column(
        "role",
        sa.Column(
            "declined",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'"),
        ),
        schema="core",
    )
    op.alter_column("role", "declined", server_default=None, schema="core")
    op.create_index("ix_role_assignment_unit", "role_assignment", ["tenant_id", "org_unit_id"], schema="core")
    op.create_index("ix_auth_session_account", "auth_session", ["tenant_id", "account_id"], schema="core")
    op.create_index("ix_api_token_account", "api_token", ["tenant_id", "account_id"], schema="core")
    op.create_table(
        "sign_in_code",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name=op.f("ck_sign_in_code_purpose")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_sign_in_code_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sign_in_code")),
        schema="core",
    )
    op.create_index("ix_sign_in_code_account", "sign_in_code", ["tenant_id", "account_id"], schema="core")
    for statement in protect("core.sign_in_code"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("sign_in_code", schema="core")
    op.drop_index("ix_api_token_account", "api_token", schema="core")
    op.drop_index("ix_auth_session_account", "auth_session", schema="core")
    op.drop_index("ix_role_assignment_unit", "role_assignment", schema="core")
    op.drop_column("role", "declined", schema="core")
    op.drop_column("role_assignment", "deputy_for_id", schema="core")
