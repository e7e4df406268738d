"""One index finds a phone by its last characters and as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"


def upgrade() -> None:
    op.drop_index("ix_person_phone_tail", table_name="person", schema="core")
    op.drop_index("ix_person_phone_index", table_name="person", schema="core")
    op.create_index(
        "ix_person_phone",
        "person",
        ["tenant_id", "phone_tail", "phone_index"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("phone_tail IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_person_phone", table_name="person", schema="core")
    op.create_index(
        "ix_person_phone_index", "person", ["tenant_id", "phone_index"], unique=False, schema="core"
    )
    op.create_index(
        "ix_person_phone_tail", "person", ["tenant_id", "phone_tail"], unique=False, schema="core"
    )
