"""Memberships and their transfers; a union's phone."""

import sqlalchemy as sa
from alembic import op

from gonghui.sdk import protect

revision = "organising_0002"
down_revision = "organising_0001"


def upgrade() -> None:
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("first_joined_on", sa.Date(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("employment_form", sa.Text(), nullable=True),
        sa.Column("new_form_group", sa.Text(), nullable=True),
        sa.Column("union_office", sa.Text(), nullable=True),
        sa.Column("card_number", sa.LargeBinary(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "employment_form IN ('contract', 'labour_dispatch', 'part_time', 'flexible', 'platform', 'rehired')",
            name=op.f("ck_membership_employment_form"),
        ),
        sa.CheckConstraint(
            "state IN ('applied', 'active', 'transferring', 'retained', 'refused', 'withdrawn', 'deemed_withdrawn', 'expelled', 'deceased', 'transferred_out', 'voided')",
            name=op.f("ck_membership_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_membership_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_membership_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_membership_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_membership")),
        schema="organising",
    )
    op.create_index(
        "ix_membership_employer",
        "membership",
        ["tenant_id", "employer_id"],
        unique=False,
        schema="organising",
        postgresql_where=sa.text("employer_id IS NOT NULL"),
    )
    op.create_index(
        "ix_membership_org_unit",
        "membership",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_membership_person", "membership", ["tenant_id", "person_id"], unique=False, schema="organising"
    )
    op.create_index(
        "uq_membership_live",
        "membership",
        ["tenant_id", "person_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state IN ('applied', 'active', 'transferring', 'retained')"),
    )
    op.create_table(
        "membership_transfer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("counterpart", sa.Text(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lapses_on", sa.Date(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("from_unit_id", sa.Uuid(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('within', 'out', 'in')", name=op.f("ck_membership_transfer_kind")),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'refused', 'cancelled', 'lapsed')",
            name=op.f("ck_membership_transfer_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_membership_transfer_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "from_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_membership_transfer_tenant_id_from_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["organising.membership.tenant_id", "organising.membership.id"],
            name=op.f("fk_membership_transfer_tenant_id_membership_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_membership_transfer_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_membership_transfer")),
        schema="organising",
    )
    op.create_index(
        "ix_membership_transfer_org_unit",
        "membership_transfer",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "uq_membership_transfer_pending",
        "membership_transfer",
        ["tenant_id", "membership_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column(
        "grassroots_union", sa.Column("contact_phone", sa.LargeBinary(), nullable=True), schema="organising"
    )
    op.add_column("grassroots_union", sa.Column("run_id", sa.Uuid(), nullable=True), schema="organising")
    for table in ("membership", "membership_transfer"):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_column("grassroots_union", "run_id", schema="organising")
    op.drop_column("grassroots_union", "contact_phone", schema="organising")
    op.drop_index(
        "uq_membership_transfer_pending",
        table_name="membership_transfer",
        schema="organising",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_index("ix_membership_transfer_org_unit", table_name="membership_transfer", schema="organising")
    op.drop_table("membership_transfer", schema="organising")
    op.drop_index(
        "uq_membership_live",
        table_name="membership",
        schema="organising",
        postgresql_where=sa.text("state IN ('applied', 'active', 'transferring', 'retained')"),
    )
    op.drop_index("ix_membership_person", table_name="membership", schema="organising")
    op.drop_index("ix_membership_employer", table_name="membership", schema="organising")
    op.drop_index("ix_membership_org_unit", table_name="membership", schema="organising")
    op.drop_table("membership", schema="organising")
