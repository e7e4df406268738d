"""Targets of the federation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.sdk import protect

revision = "organising_0004"
down_revision = "organising_0003"


def upgrade() -> None:
    op.create_table(
        "street_quota",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_street_quota_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_street_quota")),
        schema="organising",
    )
    op.create_index(
        "uq_street_quota",
        "street_quota",
        ["tenant_id", "org_unit_id", "period", "indicator"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "venue",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("built_on", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_venue_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_venue")),
        schema="organising",
    )
    op.create_index(
        "ix_venue_name_key",
        "venue",
        ["tenant_id", "name_key"],
        unique=False,
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_table(
        "hang_point",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("leader_name", sa.Text(), nullable=False),
        sa.Column("leader_office", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_hang_point_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leader_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_hang_point_tenant_id_leader_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_hang_point_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hang_point")),
        schema="organising",
    )
    op.create_table(
        "prospect",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("headcount", sa.BigInteger(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("lists", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("set_aside_reason", sa.Text(), nullable=True),
        sa.Column("set_aside_until", sa.Date(), nullable=True),
        sa.Column("union_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_prospect_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_prospect_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_prospect_tenant_id_owner_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_prospect_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_prospect")),
        schema="organising",
    )
    op.create_index(
        "uq_prospect_employer_id",
        "prospect",
        ["tenant_id", "employer_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state <> 'founded'"),
    )
    op.create_table(
        "union_assessment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("headcount", sa.BigInteger(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("lacking", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=True),
        sa.Column("scheme_version", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_union_assessment_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_union_assessment_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_union_assessment")),
        schema="organising",
    )
    op.create_index(
        "ix_union_assessment_union_id",
        "union_assessment",
        ["tenant_id", "union_id", "valid_from"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "assessment_result",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assessment_id"],
            ["organising.union_assessment.tenant_id", "organising.union_assessment.id"],
            name=op.f("fk_assessment_result_tenant_id_assessment_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_assessment_result")),
        sa.UniqueConstraint(
            "tenant_id",
            "assessment_id",
            "criterion",
            name=op.f("uq_assessment_result_tenant_id_assessment_id_criterion"),
        ),
        schema="organising",
    )
    op.create_table(
        "issue",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hang_point_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "hang_point_id"],
            ["organising.hang_point.tenant_id", "organising.hang_point.id"],
            name=op.f("fk_issue_tenant_id_hang_point_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_issue_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_issue_tenant_id_owner_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_issue")),
        schema="organising",
    )
    op.create_table(
        "prospect_visit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prospect_id", sa.Uuid(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visitor", sa.Text(), nullable=False),
        sa.Column("met", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "prospect_id"],
            ["organising.prospect.tenant_id", "organising.prospect.id"],
            name=op.f("fk_prospect_visit_tenant_id_prospect_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_prospect_visit")),
        schema="organising",
    )
    op.create_index(
        "ix_prospect_visit_prospect_id",
        "prospect_visit",
        ["tenant_id", "prospect_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "supervised_visit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hang_point_id", sa.Uuid(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "hang_point_id"],
            ["organising.hang_point.tenant_id", "organising.hang_point.id"],
            name=op.f("fk_supervised_visit_tenant_id_hang_point_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_supervised_visit")),
        schema="organising",
    )
    op.create_index(
        "ix_supervised_visit_hang_point_id",
        "supervised_visit",
        ["tenant_id", "hang_point_id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_supervised_visit_visited_on",
        "supervised_visit",
        ["tenant_id", "visited_on"],
        unique=False,
        schema="organising",
    )
    for table in (
        "street_quota",
        "venue",
        "hang_point",
        "prospect",
        "union_assessment",
        "assessment_result",
        "issue",
        "prospect_visit",
        "supervised_visit",
    ):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_supervised_visit_visited_on", table_name="supervised_visit", schema="organising")
    op.drop_index("ix_supervised_visit_hang_point_id", table_name="supervised_visit", schema="organising")
    op.drop_table("supervised_visit", schema="organising")
    op.drop_index("ix_prospect_visit_prospect_id", table_name="prospect_visit", schema="organising")
    op.drop_table("prospect_visit", schema="organising")
    op.drop_table("issue", schema="organising")
    op.drop_table("assessment_result", schema="organising")
    op.drop_index("ix_union_assessment_union_id", table_name="union_assessment", schema="organising")
    op.drop_table("union_assessment", schema="organising")
    op.drop_index(
        "uq_prospect_employer_id",
        table_name="prospect",
        schema="organising",
        postgresql_where=sa.text("state <> 'founded'"),
    )
    op.drop_table("prospect", schema="organising")
    op.drop_table("hang_point", schema="organising")
    op.drop_index(
        "ix_venue_name_key",
        table_name="venue",
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.drop_table("venue", schema="organising")
    op.drop_index(
        "uq_street_quota",
        table_name="street_quota",
        schema="organising",
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.drop_table("street_quota", schema="organising")
