"""Union life and legal persons."""

import sqlalchemy as sa
from alembic import op

from gonghui.sdk import protect

revision = "organising_0006"
down_revision = "organising_0005"


def upgrade() -> None:
    op.create_table(
        "legal_person",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("representative", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_legal_person_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_legal_person_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_legal_person")),
        schema="organising",
    )
    op.create_index(
        "uq_legal_person_union",
        "legal_person",
        ["tenant_id", "union_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "registration_paper",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "legal_person_id"],
            ["organising.legal_person.tenant_id", "organising.legal_person.id"],
            name=op.f("fk_registration_paper_tenant_id_legal_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_registration_paper")),
        schema="organising",
    )
    op.create_index(
        "ix_registration_paper_legal_person",
        "registration_paper",
        ["tenant_id", "legal_person_id"],
        unique=False,
        schema="organising",
    )
    op.add_column("grassroots_union", sa.Column("sealed_on", sa.Date(), nullable=True), schema="organising")
    op.add_column(
        "grassroots_union", sa.Column("bank_opened_on", sa.Date(), nullable=True), schema="organising"
    )
    op.add_column(
        "grassroots_union", sa.Column("bank_account", sa.LargeBinary(), nullable=True), schema="organising"
    )
    op.add_column("grassroots_union", sa.Column("ended_as", sa.Text(), nullable=True), schema="organising")
    _let_states_be("draft", "submitted", "returned", "approved", "dissolved")
    for table in ("legal_person", "registration_paper"):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def _let_states_be(*states: str) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    name = op.f("ck_grassroots_union_state")
    op.drop_constraint(name, "grassroots_union", schema="organising")
    op.create_check_constraint(name, "grassroots_union", f"state IN ({listed})", schema="organising")


def downgrade() -> None:
    _let_states_be("draft", "submitted", "returned", "approved")
    op.drop_column("grassroots_union", "ended_as", schema="organising")
    op.drop_column("grassroots_union", "bank_account", schema="organising")
    op.drop_column("grassroots_union", "bank_opened_on", schema="organising")
    op.drop_column("grassroots_union", "sealed_on", schema="organising")
    op.drop_index("ix_registration_paper_legal_person", table_name="registration_paper", schema="organising")
    op.drop_table("registration_paper", schema="organising")
    op.drop_index(
        "uq_legal_person_union",
        table_name="legal_person",
        schema="organising",
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.drop_table("legal_person", schema="organising")
