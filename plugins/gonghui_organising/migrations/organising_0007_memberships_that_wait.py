"""Memberships that wait for somebody are found without those that do not."""

import sqlalchemy as sa
from alembic import op

revision = "organising_0007"
down_revision = "organising_0006"


def upgrade() -> None:
    op.create_index(
        "ix_membership_state",
        "membership",
        ["tenant_id", "state", "id"],
        schema="organising",
        postgresql_where=sa.text("state <> 'active'"),
    )


def downgrade() -> None:
    op.drop_index("ix_membership_state", "membership", schema="organising")
