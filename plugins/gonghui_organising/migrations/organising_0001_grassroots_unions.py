"""Grassroots unions with their covered units, terms and papers."""

import sqlalchemy as sa
from alembic import op

from gonghui.sdk import protect

revision = "organising_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "grassroots_union",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("chair_name", sa.Text(), nullable=True),
        sa.Column("headcount", sa.BigInteger(), nullable=True),
        sa.Column("women_staff", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("women_members", sa.BigInteger(), nullable=True),
        sa.Column("migrant_members", sa.BigInteger(), nullable=True),
        sa.Column("employer_informed_on", sa.Date(), nullable=True),
        sa.Column("preparatory_group_size", sa.BigInteger(), nullable=True),
        sa.Column("near_relatives_excluded", sa.Boolean(), nullable=False),
        sa.Column("approval_no", sa.Text(), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('independent', 'joint')", name=op.f("ck_grassroots_union_kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'approved')", name=op.f("ck_grassroots_union_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_grassroots_union_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_grassroots_union")),
        sa.UniqueConstraint(
            "tenant_id", "org_unit_id", name=op.f("uq_grassroots_union_tenant_id_org_unit_id")
        ),
        schema="organising",
    )
    op.create_index(
        "ix_grassroots_union_name",
        "grassroots_union",
        ["tenant_id", "name"],
        unique=False,
        schema="organising",
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(
        "ix_grassroots_union_name_key",
        "grassroots_union",
        ["tenant_id", "name_key"],
        unique=False,
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_grassroots_union_state",
        "grassroots_union",
        ["tenant_id", "state", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "uq_grassroots_union_uscc",
        "grassroots_union",
        ["tenant_id", "uscc"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("uscc IS NOT NULL AND state IN ('submitted', 'approved')"),
    )
    op.create_table(
        "committee_term",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("years", sa.BigInteger(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=True),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_committee_term_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_committee_term")),
        sa.UniqueConstraint(
            "tenant_id",
            "union_id",
            "started_on",
            name=op.f("uq_committee_term_tenant_id_union_id_started_on"),
        ),
        schema="organising",
    )
    op.create_table(
        "covered_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_covered_unit_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_covered_unit_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_covered_unit")),
        sa.UniqueConstraint(
            "tenant_id",
            "union_id",
            "employer_id",
            name=op.f("uq_covered_unit_tenant_id_union_id_employer_id"),
        ),
        schema="organising",
    )
    op.create_index(
        "ix_covered_unit_employer_id",
        "covered_unit",
        ["tenant_id", "employer_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "union_paper",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('request', 'member_roster', 'preparatory_group_notice', 'minutes', 'attendance', 'ballot_count', 'result_report', 'official_reply', 'chair_id', 'employer_licence')",
            name=op.f("ck_union_paper_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_union_paper_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_union_paper")),
        schema="organising",
    )
    op.create_index(
        "ix_union_paper_union_id", "union_paper", ["tenant_id", "union_id"], unique=False, schema="organising"
    )
    for table in ("grassroots_union", "covered_unit", "committee_term", "union_paper"):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_union_paper_union_id", table_name="union_paper", schema="organising")
    op.drop_table("union_paper", schema="organising")
    op.drop_index("ix_covered_unit_employer_id", table_name="covered_unit", schema="organising")
    op.drop_table("covered_unit", schema="organising")
    op.drop_table("committee_term", schema="organising")
    op.drop_index(
        "uq_grassroots_union_uscc",
        table_name="grassroots_union",
        schema="organising",
        postgresql_where=sa.text("uscc IS NOT NULL"),
    )
    op.drop_index("ix_grassroots_union_state", table_name="grassroots_union", schema="organising")
    op.drop_index(
        "ix_grassroots_union_name_key",
        table_name="grassroots_union",
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.drop_index(
        "ix_grassroots_union_name",
        table_name="grassroots_union",
        schema="organising",
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.drop_table("grassroots_union", schema="organising")
