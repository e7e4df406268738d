"""One index finds persons by the whole number of their document and by its tail, as one does for phones."""

import sqlalchemy as sa
from alembic import op

revision = "core_0022"
down_revision = "core_0021"


def upgrade() -> None:
    op.create_check_constraint(
        "id_number_tail", "person", "(id_number_tail IS NULL) = (id_number_index IS NULL)", schema="core"
    )
    op.drop_index("uq_person_document", "person", schema="core")
    op.drop_index("ix_person_id_number_tail", "person", schema="core")
    op.create_index(
        "uq_person_document",
        "person",
        ["tenant_id", "id_number_tail", "id_number_index", "document_kind"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("id_number_tail IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_person_document", "person", schema="core")
    op.create_index(
        "uq_person_document",
        "person",
        ["tenant_id", "id_number_index", "document_kind"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )
    op.create_index("ix_person_id_number_tail", "person", ["tenant_id", "id_number_tail"], schema="core")
    op.drop_constraint(op.f("ck_person_id_number_tail"), "person", schema="core")
